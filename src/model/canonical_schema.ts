// The canonical event as a JSON Schema (draft 07), version 1: the envelope exactly, and of the
// resources what FHIR R4 requires of those that the base mappings make. Other resource types need
// their type and their id.
import { kinds } from './event.ts'

type Schema = { readonly [keyword: string]: unknown }

const text: Schema = { type: 'string', minLength: 1 }
const code = (...values: readonly string[]): Schema => ({ enum: values })
const list = (items: Schema): Schema => ({ type: 'array', minItems: 1, items })
const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
})
const exact = (properties: Schema): Schema => ({
  ...object(properties, Object.keys(properties)),
  additionalProperties: false,
})

// Lexical forms of FHIR R4 datatypes.html#primitive.
const YEAR = '([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)'
const MONTH = '(0[1-9]|1[0-2])'
const DAY = '(0[1-9]|[1-2][0-9]|3[0-1])'
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?'
const ZONE = '(Z|(\\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))'
const pattern = (form: string): Schema => ({ type: 'string', pattern: `^${form}$` })
const date = pattern(`${YEAR}(-${MONTH}(-${DAY})?)?`)
const dateTime = pattern(`${YEAR}(-${MONTH}(-${DAY}(T${CLOCK}${ZONE})?)?)?`)
const instant = pattern(`${YEAR}-${MONTH}-${DAY}T${CLOCK}${ZONE}`)
const id = pattern('[A-Za-z0-9.-]{1,64}')
const uri: Schema = { type: 'string', pattern: '^\\S+$' }
const flag: Schema = { type: 'boolean' }
const number: Schema = { type: 'number' }

const coding = object({ system: uri, code: text, display: text, version: text })
const concept = object({ coding: list(coding), text })
const period = object({ start: dateTime, end: dateTime })
const identifier = object({ type: concept, system: uri, value: text, period })
const reference = object({ reference: text, type: text, identifier, display: text })
const quantity = object({
  value: number,
  comparator: code('<', '<=', '>=', '>'),
  unit: text,
  system: uri,
  code: text,
})
const name = object({
  use: code('usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'),
  family: text,
  given: list(text),
  prefix: list(text),
  suffix: list(text),
  period,
})
const telecom = object({
  system: code('phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'),
  value: text,
  use: code('home', 'work', 'temp', 'old', 'mobile'),
})
const address = object({
  use: code('home', 'work', 'temp', 'old', 'billing'),
  type: code('postal', 'physical', 'both'),
  line: list(text),
  city: text,
  district: text,
  state: text,
  postalCode: text,
  country: text,
  period,
})
const gender = code('male', 'female', 'other', 'unknown')

const patient = object({
  identifier: list(identifier),
  active: flag,
  name: list(name),
  telecom: list(telecom),
  gender,
  birthDate: date,
  deceasedBoolean: flag,
  deceasedDateTime: dateTime,
  address: list(address),
  maritalStatus: concept,
  multipleBirthBoolean: flag,
  multipleBirthInteger: { type: 'integer' },
  contact: list(
    object({ relationship: list(concept), name, telecom: list(telecom), address, gender }),
  ),
  communication: list(object({ language: concept }, ['language'])),
  generalPractitioner: list(reference),
  managingOrganization: reference,
})

const encounter = object(
  {
    identifier: list(identifier),
    status: code(
      'planned',
      'arrived',
      'triaged',
      'in-progress',
      'onleave',
      'finished',
      'cancelled',
      'entered-in-error',
      'unknown',
    ),
    class: { ...coding, required: ['code'] },
    type: list(concept),
    serviceType: concept,
    subject: reference,
    participant: list(object({ type: list(concept), period, individual: reference })),
    period,
    reasonCode: list(concept),
    hospitalization: object({ dischargeDisposition: concept, admitSource: concept }),
    location: list(
      object(
        { location: reference, status: code('planned', 'active', 'reserved', 'completed'), period },
        ['location'],
      ),
    ),
  },
  ['status', 'class'],
)

const diagnosticReport = object(
  {
    identifier: list(identifier),
    basedOn: list(reference),
    status: code(
      'registered',
      'partial',
      'preliminary',
      'final',
      'amended',
      'corrected',
      'appended',
      'cancelled',
      'entered-in-error',
      'unknown',
    ),
    category: list(concept),
    code: object({ coding: list(coding), text }),
    subject: reference,
    encounter: reference,
    effectiveDateTime: dateTime,
    effectivePeriod: period,
    issued: instant,
    performer: list(reference),
    resultsInterpreter: list(reference),
    result: list(reference),
    presentedForm: list(object({ contentType: text, data: text, title: text })),
  },
  ['status', 'code'],
)

const values = {
  valueQuantity: quantity,
  valueCodeableConcept: concept,
  valueString: text,
  valueBoolean: flag,
  valueInteger: { type: 'integer' },
  valueRange: object({ low: quantity, high: quantity }),
  valueRatio: object({ numerator: quantity, denominator: quantity }),
  valueTime: pattern(CLOCK),
  valueDateTime: dateTime,
  valuePeriod: period,
}

const observation = object(
  {
    identifier: list(identifier),
    status: code(
      'registered',
      'preliminary',
      'final',
      'amended',
      'corrected',
      'cancelled',
      'entered-in-error',
      'unknown',
    ),
    code: object({ coding: list(coding), text }),
    subject: reference,
    encounter: reference,
    effectiveDateTime: dateTime,
    effectivePeriod: period,
    issued: instant,
    performer: list(reference),
    ...values,
    dataAbsentReason: concept,
    interpretation: list(concept),
    note: list(object({ text }, ['text'])),
    bodySite: concept,
    method: concept,
    device: reference,
    referenceRange: list(object({ low: quantity, high: quantity, text })),
    component: list(object({ code: concept, ...values, dataAbsentReason: concept }, ['code'])),
  },
  ['status', 'code'],
)

const byType = {
  Patient: patient,
  Encounter: encounter,
  DiagnosticReport: diagnosticReport,
  Observation: observation,
}

const resource: Schema = {
  ...object({ resourceType: pattern('[A-Z][A-Za-z]{1,63}'), id }, ['resourceType', 'id']),
  allOf: Object.entries(byType).map(([resourceType, schema]) => ({
    if: { properties: { resourceType: { const: resourceType } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: schema,
  })),
}

const businessId = { ...exact({ system: uri, value: text }), type: ['object', 'null'] }
const snake = pattern('[a-z][a-z0-9_]*')

export const canonicalSchema: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:firth:canonical_event:1',
  title: 'A canonical event of Firth',
  ...exact({
    id: pattern('[0-9a-f]{32}'),
    kind: code(...kinds),
    schema_version: { const: 1 },
    tenant: snake,
    channel: snake,
    occurred_at: dateTime,
    recorded_at: instant,
    patient: businessId,
    visit: businessId,
    resources: exact({
      resourceType: { const: 'Bundle' },
      type: { const: 'collection' },
      entry: list(exact({ fullUrl: uri, resource })),
    }),
    source: exact({
      raw_id: text,
      index: { type: 'integer', minimum: 0 },
      topic: text,
      control_id: { type: 'string' },
      message_type: { type: 'string' },
      hl7_version: { type: 'string' },
      sha256: pattern('[0-9a-f]{64}'),
    }),
    deployment: text,
    warnings: {
      type: 'array',
      items: {
        ...object({ code: text, place: text, text, slot: text }, ['code', 'place', 'text']),
        additionalProperties: false,
      },
    },
  }),
}
