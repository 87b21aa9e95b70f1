// One order of a result message with all that belongs to it: its ServiceRequest, its specimens, its
// results and, where there is an OBR, its report. HL7 v2.5.1 chapter 7.3.1, ORDER_OBSERVATION.
import { type BusinessId, type Kind, own, type Resource, type Segment } from '#sdk'
import { businessId } from './datatypes/identifier.ts'
import type { EarlierResults } from './earlier_results.ts'
import { some } from './json.ts'
import { Parties } from './parties.ts'
import type { ObservedGroup, OrderedGroup } from './result_groups.ts'
import { RESOURCE_SYSTEM, type Scope } from './scope.ts'
import { messageName } from './segments/msh.ts'
import {
  diagnosticReport,
  effectiveOf,
  isDocument,
  kindOf,
  saidStatus,
  statusByResults,
  statusOfResults,
} from './segments/obr.ts'
import { isQuestion, observation, type Surroundings } from './segments/obx.ts'
import { type OrderNumbers, orderNumbers, serviceRequest } from './segments/orc.ts'
import { specimens } from './segments/spm.ts'

export interface OrderAround {
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
  /** Parties of the patient and the visit, which stand in the same event. */
  readonly parties: Parties
  /** Results of the orders before this one. */
  readonly earlier: EarlierResults
}

export interface OrderMade {
  readonly kind: Kind
  /** OBR-22 as a FHIR dateTime. */
  readonly issued: string | undefined
  /** What the report is known by, else the first result; undefined where there is neither. */
  readonly subject: BusinessId | undefined
  /** References before those who refer. */
  readonly resources: readonly Resource[]
}

export function orderMade(order: OrderedGroup, around: OrderAround, scope: Scope): OrderMade {
  const { obr } = order
  const { subject, encounter } = around
  const parties = new Parties(scope, around.parties)
  const numbers = orderNumbers(order, scope)
  const name = nameOf(numbers, scope)
  const id = obr && scope.idOf('DiagnosticReport', [...name, serviceOf(obr)])
  const said = obr && saidStatus(obr, scope)
  const samples = specimens(order, { name, subject }, parties)
  const surroundings: Surroundings = {
    name: id === undefined ? name : [id],
    subject,
    encounter,
    effective: obr ? effectiveOf(obr, scope) : {},
    status: own(statusOfResults, said) ?? 'unknown',
    specimen: samples.length === 1 ? samples[0] : undefined,
    derivedFrom: obr ? around.earlier.parentOf(obr) : [],
  }
  const { answers, questions, documents } = sorted(order)
  const observe = (group: ObservedGroup) => observation(group, surroundings, parties)
  const supporting = questions.map(observe)
  const results = answers.map(observe)
  for (const [i, { obx }] of answers.entries()) {
    const result = results[i] as Resource
    around.earlier.add({ numbers: [numbers.placer, numbers.filler], obx, result })
  }
  const status = said ?? statusByResults(results)
  const orderOf = { numbers, name, subject, encounter, reported: status, supporting }
  const isOrder = obr !== undefined || order.orc !== undefined
  const basedOn = isOrder ? serviceRequest(order, orderOf, parties) : undefined
  const { effective } = surroundings
  const reportOf = { numbers, status, subject, encounter, effective, basedOn, results, documents }
  const report =
    obr === undefined || id === undefined
      ? undefined
      : diagnosticReport({ ...order, obr }, { id, specimens: samples, ...reportOf }, parties)
  const main = report ?? results[0]
  const ofSamples = observationsOfSpecimens(order, { samples, surroundings }, parties)
  reportUnplaced(order, scope)
  return {
    kind: main === undefined ? 'result.empty' : kindOf(status, results),
    issued: obr && scope.time(obr.field(22)),
    subject: main && ownName(main),
    resources: [
      ...parties.resources,
      ...samples,
      ...supporting,
      ...some([basedOn]),
      ...results,
      ...ofSamples,
      ...some([report]),
    ],
  }
}

/** An order is told by its filler's, else its placer's number; without one by its message. */
function nameOf({ placer, filler }: OrderNumbers, scope: Scope): readonly string[] {
  const known = businessId(filler ?? placer)
  return known === undefined ? messageName(scope) : [known.system, known.value]
}

const serviceOf = (obr: Segment): string => obr.text(4, 1) ?? obr.text(4, 2) ?? ''

/** Documents are the report's, questions (OBX-29) the order's; without a report all are results. */
function sorted({ obr, observations }: OrderedGroup) {
  const documents: ObservedGroup[] = []
  const questions: ObservedGroup[] = []
  const answers: ObservedGroup[] = []
  for (const group of observations) {
    if (obr !== undefined && isDocument(group)) documents.push(group)
    else if (isQuestion(group.obx)) questions.push(group)
    else answers.push(group)
  }
  return { documents, questions, answers }
}

interface OfSpecimens {
  readonly samples: readonly Resource[]
  readonly surroundings: Surroundings
}

/** OBX behind SPM tell of the specimen, not of the patient (message map ORU_R01). */
function observationsOfSpecimens(
  { specimens: groups }: OrderedGroup,
  { samples, surroundings }: OfSpecimens,
  parties: Parties,
): readonly Resource[] {
  return groups.flatMap(({ observations }, i) => {
    const around = { ...surroundings, focus: samples[i], specimen: samples[i] }
    return observations.map(group => observation(group, around, parties))
  })
}

/** Participations of which the message map says nothing: neither who ordered nor who reported. */
function reportUnplaced(
  { orc, participations, specimens: groups }: OrderedGroup,
  scope: Scope,
): void {
  const unplaced = [
    ...unknownRoles(orc?.participations ?? [], ['OP']),
    ...unknownRoles(participations, ['OP', 'TN', 'TR', 'PRI', 'ARI', 'SC']),
    ...groups.flatMap(group => group.participations),
  ]
  for (const prt of unplaced) {
    scope.report('participation_unmapped', prt.place(4), 'R4 has no place for this role here.')
  }
}

const unknownRoles = (list: readonly Segment[], known: readonly string[]): readonly Segment[] =>
  list.filter(prt => !known.includes(prt.text(4, 1) ?? ''))

/** By its own name: laboratories give one filler number to several reports. */
export function ownName(result: Resource): BusinessId {
  return { system: RESOURCE_SYSTEM, value: result.id }
}
