// Results as ORU^R01 (HL7 v2.5.1 chapter 7.3): each report with its order numbers and observations;
// where there is no report, each observation under an order of its own.
import { Failure } from '../../../model/errors.ts'
import type { Resource } from '../../../model/event.ts'
import type { SetValue } from '../edit.ts'
import type { Built } from './adt.ts'
import { observationStatus, own, reportStatus } from './codes.ts'
import { code, cwe, ei, time, typeOf, xcn } from './datatypes.ts'
import { type Json, object, objects, text } from './fhir_tree.ts'
import { documentObx, obx, UNVERIFIED } from './obx.ts'
import { ownIdentifiers, patientOf, pid, practitionerOf } from './pid.ts'
import { pv1 } from './pv1.ts'
import type { Building, BuiltSegment } from './segments.ts'

/** Throws Failure('event_unbuildable') where the event holds no patient or no result. */
export function oru(building: Building): Built {
  const { tree, intent } = building
  const patient = patientOf(building)
  const [encounter] = tree.ofType('Encounter')
  const reports = tree.ofType('DiagnosticReport')
  // Beside a report stand observations of its specimens: no results, and no orders of their own.
  const loose = reports.length > 0 ? [] : tree.ofType('Observation')
  if (patient === undefined || reports.length + loose.length === 0) {
    const path = patient === undefined ? 'Patient' : 'DiagnosticReport'
    throw new Failure('event_unbuildable', { kind: intent.event_kind, path })
  }
  const orders = [...reports, ...loose].flatMap((one, i) => order(one, { nth: i + 1, building }))
  return {
    type: ['ORU', 'R01', 'ORU_R01'],
    segments: [
      pid(patient, building),
      ...(encounter === undefined ? [] : [pv1(encounter, building)]),
      ...orders,
    ],
  }
}

const resultsOf = (report: Json, { tree }: Building): readonly Resource[] =>
  objects(report.result).flatMap(one => (tree.follow(one, report) as Resource | undefined) ?? [])

/** ORC, OBR and what stands below them, of a report or of an observation that has none. */
function order(
  made: Resource,
  { nth, building }: { readonly nth: number; readonly building: Building },
): readonly BuiltSegment[] {
  const { authorities } = building
  const isReport = made.resourceType === 'DiagnosticReport'
  const request = requestOf(made, building)
  const numbers = [...ownIdentifiers(made), ...ownIdentifiers(request ?? {})]
  const numbered = (type: string) =>
    ei(
      numbers.find(one => typeOf(one) === type),
      authorities,
    )
  const results = isReport ? resultsOf(made, building) : [made]
  const [start, end] = effectiveOf(made)
  const [category] = objects(made.category)
  const placer = numbered('PLAC')
  const filler = numbered('FILL')
  const obr: BuiltSegment = {
    name: 'OBR',
    fields: {
      1: String(nth),
      2: placer,
      3: filler,
      4: cwe(made.code),
      7: time(start),
      8: time(end),
      16: requester(request, building),
      22: time(made.issued),
      24: isReport ? code(category) : undefined,
      25: own(isReport ? reportStatus : observationStatus, text(made.status)) ?? UNVERIFIED,
    },
  }
  const documents = objects(made.presentedForm)
  return [
    { name: 'ORC', fields: { 1: 'RE', 2: placer, 3: filler } },
    obr,
    ...obx(results, building),
    ...documents.map((document, i) => documentObx(document, { nth: results.length + i + 1, made })),
  ]
}

function requestOf(made: Json, { tree }: Building): Json | undefined {
  const found = objects(made.basedOn).map(one => tree.follow(one, made))
  return found.find(one => one?.resourceType === 'ServiceRequest')
}

function requester(request: Json | undefined, { tree, authorities }: Building): SetValue {
  if (request === undefined) return undefined
  const found = tree.follow(request.requester, request)
  const practitioner = practitionerOf(found, { tree, holder: request })
  return practitioner && xcn(practitioner, authorities)
}

function effectiveOf(made: Json): readonly [unknown, unknown] {
  const period = object(made.effectivePeriod)
  return [made.effectiveDateTime ?? period?.start, period?.end]
}
