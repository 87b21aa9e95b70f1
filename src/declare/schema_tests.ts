// The file that stands beside a channel, `<channel>.test.yaml`, declared once: messages in, and
// what must come of them. Its check, its types and the editors' schema come from here.
import { approvals } from '../model/plan.ts'
import {
  type Config,
  choice,
  type Field,
  flag,
  group,
  type JsonSchema,
  list,
  record,
  text,
} from './field.ts'
import { closed } from './schema_documents.ts'

/** What stands at a path of an event: one value, several in their order, or null for nothing. */
export type PathValue = string | number | boolean | null | readonly (string | number | boolean)[]

const pathValue: Field<PathValue, 'required'> = {
  schema: {
    type: ['string', 'number', 'boolean', 'null', 'array'],
    items: { type: ['string', 'number', 'boolean'] },
  },
  doc: 'A value, a list of all the values there, or null for nothing.',
  presence: 'required',
  secret: false,
}

const CODE_PATTERN = '^[a-z][a-z0-9_]*$'
/** `code`, or `code PLACE` with the place as findings write it, e.g. `PV1-2` or `OBX[3]-5`. */
const FINDING_PATTERN = '^[a-z][a-z0-9_]*( \\S.*)?$'

const intent = group(
  {
    target: text({ doc: 'Name of the target.', optional: true, example: 'chart' }),
    route: text({ doc: 'Name of the route.', optional: true, example: 'chart' }),
    resource: text({ doc: 'Type of the resource.', optional: true, example: 'Encounter' }),
    operation: choice(['create', 'update', 'patch', 'amend', 'link', 'retract'], {
      doc: 'What is done to it.',
      optional: true,
    }),
    risk: text({ doc: 'Risk class of the write.', optional: true, example: 'demographics' }),
    approval: choice(approvals, {
      doc: 'Who has to approve it.',
      optional: true,
    }),
    state: text({
      doc: 'Where it stands once it has been judged: accepted, awaiting_approval or denied.',
      pattern: CODE_PATTERN,
      optional: true,
      example: 'accepted',
    }),
    reason: text({
      doc: 'Why it is denied.',
      pattern: CODE_PATTERN,
      optional: true,
      example: 'operation_undeclared',
    }),
  },
  { doc: 'One write; only the keys that are written are compared.' },
)

export const expectFields = {
  ack: choice(['AA', 'AE', 'AR', 'CA', 'CE', 'CR', 'none'], {
    doc: 'What the sender is answered (MSA-1); none where it asked for no answer.',
    optional: true,
  }),
  fate: choice(['stored', 'filtered', 'mapped', 'dead'], {
    doc: 'What becomes of the message. stored: the channel maps nothing.',
    optional: true,
  }),
  dead: text({
    doc: 'Code of the dead letter.',
    pattern: CODE_PATTERN,
    optional: true,
    example: 'message_type_unmapped',
  }),
  events: list(
    record(pathValue, {
      doc: 'One event: paths of it with their values, e.g. kind, patient.value, Patient.name.family.',
    }),
    {
      doc: 'The canonical events, all of them and in order; of each only the paths that are written.',
      optional: true,
    },
  ),
  intents: list(intent, {
    doc: 'Writes that must be among those that the routes ask for; [] means that there is none.',
    optional: true,
  }),
  findings: list(text({ doc: 'A code, and the place if wanted.', pattern: FINDING_PATTERN }), {
    doc: 'Findings of the mapping that must be among those reported; [] means that there is none.',
    optional: true,
    example: ['code_unmapped PV1-2'],
  }),
} as const

export const testFields = {
  name: text({ doc: 'A sentence that says what must hold.', example: 'admits an inpatient' }),
  message: text({
    doc: 'The message, one segment a line; or name a file instead.',
    optional: true,
  }),
  file: text({
    doc: 'A file with the message, byte for byte, from the folder of this file.',
    optional: true,
    example: 'samples/admission.hl7',
  }),
  received_at: text({
    doc: 'When it came in, as an instant. Left out: the time of MSH-7.',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,3})?)?(Z|[+-]\\d\\d:\\d\\d)$',
    optional: true,
    example: '2026-03-01T16:15:00Z',
  }),
  exact: flag({
    doc: 'Everything is compared: what is not written must not be there.',
    default: false,
  }),
  expect: group(expectFields, { doc: 'What must come of it.', optional: true }),
} as const

export const channelTestFields = {
  tests: list(group(testFields, { doc: 'One message and what must come of it.' }), {
    doc: 'The tests of the channel, each on its own.',
  }),
} as const

export type ChannelTestFile = Config<typeof channelTestFields>
export type TestEntry = Config<typeof testFields>
export type Expectation = Config<typeof expectFields>
export type ExpectedIntent = Config<(typeof intent)['fields']>

export function channelTestSchema(): JsonSchema {
  return closed(channelTestFields)
}
