// Elements of the FHIR R4 resources that events hold, and of their data types, for whoever checks a
// path before a message comes (https://hl7.org/fhir/R4/resourcelist.html). A test holds the table
// to the official definitions. `name`: a primitive; `name:Type`; `name:`: its own elements below;
// `name:*`: anything below.
import { nearest } from '../../kit/nearest.ts'

/** Of every resource. */
const COMMON = 'id meta:* language text:* contained:* extension:* modifierExtension:* implicitRules'
/** Of every data type. */
const TYPE_COMMON = 'id extension:* modifierExtension:*'

/** Undefined where an element of this path may stand, or nothing is known of its type. */
export function unknownElement(
  steps: readonly unknown[],
): { readonly name: string; readonly meant: string | undefined } | undefined {
  const found = elementAt(steps)
  return found.is === 'unknown' ? { name: found.name, meant: found.meant } : undefined
}

/** What may stand at a path. `unchecked`: nothing is known there. */
export type ElementAt =
  | { readonly is: 'value' | 'unchecked' }
  /** An element with others below it; `value`: the path of the likeliest one that is a value. */
  | { readonly is: 'whole'; readonly value: string }
  | { readonly is: 'unknown'; readonly name: string; readonly meant: string | undefined }

export function elementAt(steps: readonly unknown[]): ElementAt {
  const [head, ...names] = steps.filter(step => typeof step === 'string')
  let type = head ?? ''
  for (const name of names) {
    const table = elementsOf(type)
    if (table === undefined) return { is: 'unchecked' }
    const below = table.get(name)
    if (below === undefined) return { is: 'unknown', name, meant: nearest(name, [...table.keys()]) }
    type = below
  }
  if (type === '') return { is: 'value' }
  const value = likeliestValue(type)
  return value === undefined ? { is: 'unchecked' } : { is: 'whole', value }
}

/** What people mean who name the whole. */
const LIKELIEST = ['coding', 'code', 'value', 'family', 'reference', 'start', 'text', 'status']

function likeliestValue(type: string): string | undefined {
  const table = elementsOf(type)
  if (table === undefined) return undefined
  const values = [...table].filter(([, below]) => below === '').map(([name]) => name)
  const name = LIKELIEST.find(one => table.has(one)) ?? values[0] ?? 'id'
  return table.get(name) === '' ? name : `${name}.${likeliestValue(table.get(name) ?? '')}`
}

/** Name → type; '' for a primitive. Undefined where nothing is known of the elements. */
function elementsOf(type: string): ReadonlyMap<string, string> | undefined {
  if (type === '') return new Map()
  if (!Object.hasOwn(elements, type)) return undefined
  const common = /^[A-Z][A-Za-z]*$/.test(type) && !dataTypes.has(type) ? COMMON : TYPE_COMMON
  const words = `${elements[type]} ${common}`.trim().split(/\s+/)
  return new Map(
    words.map(word => {
      const [name = '', below] = word.split(':')
      return [name, below === '' ? `${type}.${name}` : (below ?? '')]
    }),
  )
}

const dataTypes: ReadonlySet<string> = new Set([
  ...['HumanName', 'Address', 'ContactPoint', 'Identifier', 'CodeableConcept', 'Coding', 'Period'],
  ...['Quantity', 'Range', 'Ratio', 'Reference', 'Attachment', 'Annotation'],
])

export const elements: Readonly<Record<string, string>> = {
  MessageHeader: `
    eventCoding:Coding eventUri destination: sender:Reference enterer:Reference
    author:Reference source: responsible:Reference reason:CodeableConcept response:
    focus:Reference definition`,
  'MessageHeader.destination': 'name target:Reference endpoint receiver:Reference',
  'MessageHeader.source': 'name software version contact:ContactPoint endpoint',
  'MessageHeader.response': 'identifier code details:Reference',
  Patient: `
    identifier:Identifier active name:HumanName telecom:ContactPoint gender birthDate
    deceasedBoolean deceasedDateTime address:Address maritalStatus:CodeableConcept
    multipleBirthBoolean multipleBirthInteger photo:Attachment contact: communication:
    generalPractitioner:Reference managingOrganization:Reference link:`,
  'Patient.contact': `
    relationship:CodeableConcept name:HumanName telecom:ContactPoint address:Address gender
    organization:Reference period:Period`,
  'Patient.communication': 'language:CodeableConcept preferred',
  'Patient.link': 'other:Reference type',
  RelatedPerson: `
    identifier:Identifier active patient:Reference relationship:CodeableConcept
    name:HumanName telecom:ContactPoint gender birthDate address:Address photo:Attachment
    period:Period communication:`,
  'RelatedPerson.communication': 'language:CodeableConcept preferred',
  Practitioner: `
    identifier:Identifier active name:HumanName telecom:ContactPoint address:Address gender
    birthDate photo:Attachment qualification: communication:CodeableConcept`,
  'Practitioner.qualification': `
    identifier:Identifier code:CodeableConcept period:Period issuer:Reference`,
  PractitionerRole: `
    identifier:Identifier active period:Period practitioner:Reference organization:Reference
    code:CodeableConcept specialty:CodeableConcept location:Reference
    healthcareService:Reference telecom:ContactPoint availableTime: notAvailable:
    availabilityExceptions endpoint:Reference`,
  'PractitionerRole.availableTime': 'daysOfWeek allDay availableStartTime availableEndTime',
  'PractitionerRole.notAvailable': 'description during:Period',
  Organization: `
    identifier:Identifier active type:CodeableConcept name alias telecom:ContactPoint
    address:Address partOf:Reference contact: endpoint:Reference`,
  'Organization.contact': `
    purpose:CodeableConcept name:HumanName telecom:ContactPoint address:Address`,
  Location: `
    identifier:Identifier status operationalStatus:Coding name alias description mode
    type:CodeableConcept telecom:ContactPoint address:Address physicalType:CodeableConcept
    position: managingOrganization:Reference partOf:Reference hoursOfOperation:
    availabilityExceptions endpoint:Reference`,
  'Location.position': 'longitude latitude altitude',
  'Location.hoursOfOperation': 'daysOfWeek allDay openingTime closingTime',
  Device: `
    identifier:Identifier definition:Reference udiCarrier: status
    statusReason:CodeableConcept distinctIdentifier manufacturer manufactureDate
    expirationDate lotNumber serialNumber deviceName: modelNumber partNumber
    type:CodeableConcept specialization: version: property: patient:Reference
    owner:Reference contact:ContactPoint location:Reference url note:Annotation
    safety:CodeableConcept parent:Reference`,
  'Device.udiCarrier': 'deviceIdentifier issuer jurisdiction carrierAIDC carrierHRF entryType',
  'Device.deviceName': 'name type',
  'Device.specialization': 'systemType:CodeableConcept version',
  'Device.version': 'type:CodeableConcept component:Identifier value',
  'Device.property': 'type:CodeableConcept valueQuantity:Quantity valueCode:CodeableConcept',
  Account: `
    identifier:Identifier status type:CodeableConcept name subject:Reference
    servicePeriod:Period coverage: owner:Reference description guarantor: partOf:Reference`,
  'Account.coverage': 'coverage:Reference priority',
  'Account.guarantor': 'party:Reference onHold period:Period',
  Encounter: `
    identifier:Identifier status statusHistory: class:Coding classHistory:
    type:CodeableConcept serviceType:CodeableConcept priority:CodeableConcept
    subject:Reference episodeOfCare:Reference basedOn:Reference participant:
    appointment:Reference period:Period length:* reasonCode:CodeableConcept
    reasonReference:Reference diagnosis: account:Reference hospitalization: location:
    serviceProvider:Reference partOf:Reference`,
  'Encounter.statusHistory': 'status period:Period',
  'Encounter.classHistory': 'class:Coding period:Period',
  'Encounter.participant': 'type:CodeableConcept period:Period individual:Reference',
  'Encounter.diagnosis': 'condition:Reference use:CodeableConcept rank',
  'Encounter.hospitalization': `
    preAdmissionIdentifier:Identifier origin:Reference admitSource:CodeableConcept
    reAdmission:CodeableConcept dietPreference:CodeableConcept
    specialCourtesy:CodeableConcept specialArrangement:CodeableConcept destination:Reference
    dischargeDisposition:CodeableConcept`,
  'Encounter.location': 'location:Reference status physicalType:CodeableConcept period:Period',
  Coverage: `
    identifier:Identifier status type:CodeableConcept policyHolder:Reference
    subscriber:Reference subscriberId beneficiary:Reference dependent
    relationship:CodeableConcept period:Period payor:Reference class: order network
    costToBeneficiary: subrogation contract:Reference`,
  'Coverage.class': 'type:CodeableConcept value name',
  'Coverage.costToBeneficiary': `
    type:CodeableConcept valueQuantity:Quantity valueMoney:* exception:`,
  'Coverage.costToBeneficiary.exception': 'type:CodeableConcept period:Period',
  CareTeam: `
    identifier:Identifier status category:CodeableConcept name subject:Reference
    encounter:Reference period:Period participant: reasonCode:CodeableConcept
    reasonReference:Reference managingOrganization:Reference telecom:ContactPoint
    note:Annotation`,
  'CareTeam.participant': `
    role:CodeableConcept member:Reference onBehalfOf:Reference period:Period`,
  EpisodeOfCare: `
    identifier:Identifier status statusHistory: type:CodeableConcept diagnosis:
    patient:Reference managingOrganization:Reference period:Period referralRequest:Reference
    careManager:Reference team:Reference account:Reference`,
  'EpisodeOfCare.statusHistory': 'status period:Period',
  'EpisodeOfCare.diagnosis': 'condition:Reference role:CodeableConcept rank',
  AllergyIntolerance: `
    identifier:Identifier clinicalStatus:CodeableConcept verificationStatus:CodeableConcept
    type category criticality code:CodeableConcept patient:Reference encounter:Reference
    onsetDateTime onsetAge:* onsetPeriod:Period onsetRange:Range onsetString recordedDate
    recorder:Reference asserter:Reference lastOccurrence note:Annotation reaction:`,
  'AllergyIntolerance.reaction': `
    substance:CodeableConcept manifestation:CodeableConcept description onset severity
    exposureRoute:CodeableConcept note:Annotation`,
  Condition: `
    identifier:Identifier clinicalStatus:CodeableConcept verificationStatus:CodeableConcept
    category:CodeableConcept severity:CodeableConcept code:CodeableConcept
    bodySite:CodeableConcept subject:Reference encounter:Reference onsetDateTime onsetAge:*
    onsetPeriod:Period onsetRange:Range onsetString abatementDateTime abatementAge:*
    abatementPeriod:Period abatementRange:Range abatementString recordedDate
    recorder:Reference asserter:Reference stage: evidence: note:Annotation`,
  'Condition.stage': 'summary:CodeableConcept assessment:Reference type:CodeableConcept',
  'Condition.evidence': 'code:CodeableConcept detail:Reference',
  Procedure: `
    identifier:Identifier instantiatesCanonical instantiatesUri basedOn:Reference
    partOf:Reference status statusReason:CodeableConcept category:CodeableConcept
    code:CodeableConcept subject:Reference encounter:Reference performedDateTime
    performedPeriod:Period performedString performedAge:* performedRange:Range
    recorder:Reference asserter:Reference performer: location:Reference
    reasonCode:CodeableConcept reasonReference:Reference bodySite:CodeableConcept
    outcome:CodeableConcept report:Reference complication:CodeableConcept
    complicationDetail:Reference followUp:CodeableConcept note:Annotation focalDevice:
    usedReference:Reference usedCode:CodeableConcept`,
  'Procedure.performer': 'function:CodeableConcept actor:Reference onBehalfOf:Reference',
  'Procedure.focalDevice': 'action:CodeableConcept manipulated:Reference',
  ServiceRequest: `
    identifier:Identifier instantiatesCanonical instantiatesUri basedOn:Reference
    replaces:Reference requisition:Identifier status intent category:CodeableConcept
    priority doNotPerform code:CodeableConcept orderDetail:CodeableConcept
    quantityQuantity:Quantity quantityRatio:Ratio quantityRange:Range subject:Reference
    encounter:Reference occurrenceDateTime occurrencePeriod:Period occurrenceTiming:*
    asNeededBoolean asNeededCodeableConcept:CodeableConcept authoredOn requester:Reference
    performerType:CodeableConcept performer:Reference locationCode:CodeableConcept
    locationReference:Reference reasonCode:CodeableConcept reasonReference:Reference
    insurance:Reference supportingInfo:Reference specimen:Reference bodySite:CodeableConcept
    note:Annotation patientInstruction relevantHistory:Reference`,
  Specimen: `
    identifier:Identifier accessionIdentifier:Identifier status type:CodeableConcept
    subject:Reference receivedTime parent:Reference request:Reference collection:
    processing: container: condition:CodeableConcept note:Annotation`,
  'Specimen.collection': `
    collector:Reference collectedDateTime collectedPeriod:Period duration:*
    quantity:Quantity method:CodeableConcept bodySite:CodeableConcept
    fastingStatusCodeableConcept:CodeableConcept fastingStatusDuration:*`,
  'Specimen.processing': `
    description procedure:CodeableConcept additive:Reference timeDateTime timePeriod:Period`,
  'Specimen.container': `
    identifier:Identifier description type:CodeableConcept capacity:Quantity
    specimenQuantity:Quantity additiveCodeableConcept:CodeableConcept
    additiveReference:Reference`,
  Observation: `
    identifier:Identifier basedOn:Reference partOf:Reference status category:CodeableConcept
    code:CodeableConcept subject:Reference focus:Reference encounter:Reference
    effectiveDateTime effectivePeriod:Period effectiveTiming:* effectiveInstant issued
    performer:Reference valueQuantity:Quantity valueCodeableConcept:CodeableConcept
    valueString valueBoolean valueInteger valueRange:Range valueRatio:Ratio
    valueSampledData:* valueTime valueDateTime valuePeriod:Period
    dataAbsentReason:CodeableConcept interpretation:CodeableConcept note:Annotation
    bodySite:CodeableConcept method:CodeableConcept specimen:Reference device:Reference
    referenceRange: hasMember:Reference derivedFrom:Reference component:`,
  'Observation.referenceRange': `
    low:Quantity high:Quantity type:CodeableConcept appliesTo:CodeableConcept age:Range text`,
  'Observation.component': `
    code:CodeableConcept valueQuantity:Quantity valueCodeableConcept:CodeableConcept
    valueString valueBoolean valueInteger valueRange:Range valueRatio:Ratio
    valueSampledData:* valueTime valueDateTime valuePeriod:Period
    dataAbsentReason:CodeableConcept interpretation:CodeableConcept
    referenceRange:Observation.referenceRange`,
  DiagnosticReport: `
    identifier:Identifier basedOn:Reference status category:CodeableConcept
    code:CodeableConcept subject:Reference encounter:Reference effectiveDateTime
    effectivePeriod:Period issued performer:Reference resultsInterpreter:Reference
    specimen:Reference result:Reference imagingStudy:Reference media: conclusion
    conclusionCode:CodeableConcept presentedForm:Attachment`,
  'DiagnosticReport.media': 'comment link:Reference',
  Provenance: `
    target:Reference occurredPeriod:Period occurredDateTime recorded policy
    location:Reference reason:CodeableConcept activity:CodeableConcept agent: entity:
    signature:*`,
  'Provenance.agent': `
    type:CodeableConcept role:CodeableConcept who:Reference onBehalfOf:Reference`,
  'Provenance.entity': 'role what:Reference agent:Provenance.agent',
  DocumentReference: `
    masterIdentifier:Identifier identifier:Identifier status docStatus type:CodeableConcept
    category:CodeableConcept subject:Reference date author:Reference authenticator:Reference
    custodian:Reference relatesTo: description securityLabel:CodeableConcept content:
    context:`,
  'DocumentReference.relatesTo': 'code target:Reference',
  'DocumentReference.content': 'attachment:Attachment format:Coding',
  'DocumentReference.context': `
    encounter:Reference event:CodeableConcept period:Period facilityType:CodeableConcept
    practiceSetting:CodeableConcept sourcePatientInfo:Reference related:Reference`,
  HumanName: 'id use text family given prefix suffix period:Period',
  Address: 'id use type text line city district state postalCode country period:Period',
  ContactPoint: 'id system value use rank period:Period',
  Identifier: 'id use type:CodeableConcept system value period:Period assigner:Reference',
  CodeableConcept: 'id coding:Coding text',
  Coding: 'id system version code display userSelected',
  Period: 'id start end',
  Quantity: 'id value comparator unit system code',
  Range: 'id low:Quantity high:Quantity',
  Ratio: 'id numerator:Quantity denominator:Quantity',
  Reference: 'id reference type identifier:Identifier display',
  Attachment: 'id contentType language data url size hash title creation',
  Annotation: 'id authorReference:Reference authorString time text',
}
