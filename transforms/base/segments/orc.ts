// ORC and OBR as ServiceRequest, the order behind a report, by the tables ORC[ServiceRequest],
// OBR[ServiceRequest], TQ1[ServiceRequest] and NTE[ServiceRequest]. A result feed creates an order
// where it is missing and never overwrites the one that its placer keeps.
import { own, type Resource, type Segment, type Value } from '#sdk'
import { orderControl, orderStatus, orderType, requestPriority } from '../codes.ts'
import { concept, concepts, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, cx, ei } from '../datatypes/identifier.ts'
import { xad, xtn } from '../datatypes/person.ts'
import { type Timed, tq, tq1 } from '../datatypes/timing.ts'
import { type Parties, type Referrer, xcnParty, xonParty } from '../parties.ts'
import type { OrderedGroup } from '../result_groups.ts'
import { compact, type Json, referenceTo, type Scope, some } from '../scope.ts'
import { annotations } from './nte.ts'
import { inRole } from './prt.ts'

/** The numbers of an order; ORC says them first, OBR where ORC does not. */
export interface OrderNumbers {
  readonly placer: Json | undefined
  readonly filler: Json | undefined
}

export function orderNumbers({ orc, obr }: OrderedGroup, scope: Scope): OrderNumbers {
  const number = (field: number, type: string): Json | undefined => {
    const own = orc && ei(orc.segment.field(field), scope, type)
    return own ?? (obr && ei(obr.field(field), scope, type))
  }
  return { placer: number(2, 'PLAC'), filler: number(3, 'FILL') }
}

export interface OrderOf {
  readonly numbers: OrderNumbers
  /** What names the order where it has no number. */
  readonly name: readonly string[]
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
  /** DiagnosticReport.status, from which the order's follows where ORC does not say it. */
  readonly reported: string | undefined
  readonly supporting: readonly Resource[]
}

export function serviceRequest(order: OrderedGroup, of: OrderOf, parties: Parties): Resource {
  const { scope } = parties
  const { obr } = order
  const orc = order.orc?.segment
  const within = parties.referrer()
  const timed = timings(order, scope)
  const elements = {
    contained: within.contained,
    meta: orc && confidentiality(orc, scope),
    extension: orc && [...businessEvent(orc, scope), ...statusReason(orc, scope)],
    identifier: identifiers(order, of.numbers, scope),
    basedOn: obr && parentOrders(obr, scope),
    requisition: orc && groupNumber(orc.field(4), 'PGN', scope),
    status: statusOf(orc, of.reported, scope),
    intent: obr?.text(11) === 'G' ? 'reflex-order' : 'order',
    priority: priorityOf(obr, timed, scope),
    code: obr && concept(obr.field(4), scope),
    orderDetail: obr && concepts([...obr.repetitions(46), ...obr.repetitions(47)], scope),
    ...(timed[0] && { quantityQuantity: timed[0].quantityQuantity }),
    subject: referenceTo(of.subject) ?? { extension: [absent] },
    encounter: referenceTo(of.encounter),
    ...occurrence(obr, timed, scope),
    authoredOn: orc?.text(1) === 'NW' ? scope.time(orc.field(9)) : undefined,
    requester: requester(order, within),
    locationCode: some([orc && mappedConcept(orc.field(29), orderType, scope)]),
    reasonCode: obr && concepts(obr.repetitions(31), scope),
    supportingInfo: [...some(of.supporting.map(referenceTo)), ...clinicalInformation(obr)],
    note: [
      ...annotations([...(order.orc?.notes ?? []), ...order.notes], within, scope),
      ...timed.flatMap(({ notes }) => notes.map(text => ({ text }))),
    ],
  }
  const name = businessId(of.numbers.placer ?? of.numbers.filler)
  const id = scope.idOf('ServiceRequest', [
    ...(name === undefined ? of.name : [name.system, name.value]),
    obr?.text(4, 1) ?? obr?.text(4, 2) ?? '',
  ])
  const from = some([orc, obr, ...order.timings, ...order.notes])
  return scope.make('serviceRequest', { id, from, elements })
}

const absent = {
  url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
  valueCode: 'unknown',
}

/** Placer and filler, OBR-53 or ORC-33 (alternate placer), ORC-4.2 or ORC-38 (filler's group). */
function identifiers(
  { orc, obr }: OrderedGroup,
  { placer, filler }: OrderNumbers,
  scope: Scope,
): readonly Json[] {
  const alternates = obr?.repetitions(53) ?? []
  const alternate = alternates.length > 0 ? alternates : (orc?.segment.repetitions(33) ?? [])
  const group = orc?.segment
  return some([
    placer,
    filler,
    ...alternate.map(value => cx(value, scope)),
    group && (groupNumber(group.field(38), 'FGN', scope) ?? fillerGroup(group.field(4), scope)),
  ])
}

/**
 * ORC-4 is an EI, from v2.9 on an EIP whose first part is the placer's. Decided here: the type is
 * in words, because HL70203 has no PGN and no FGN as R4 publishes it.
 */
function groupNumber(value: Value, type: keyof typeof groupNames, scope: Scope): Json | undefined {
  const own = ei(value.part(1).part(2).valued ? value.part(1) : value, scope)
  return own && { type: { text: groupNames[type] }, ...own }
}

const groupNames = { PGN: 'Placer Group Number', FGN: 'Filler Group Number' } as const

function fillerGroup(value: Value, scope: Scope): Json | undefined {
  const second = value.part(2)
  return second.part(2).valued ? groupNumber(second, 'FGN', scope) : undefined
}

/** OBR-50, else OBR-29: the orders that this one follows from, as the sender names them. */
function parentOrders(obr: Segment, scope: Scope): readonly Json[] {
  const own = obr.repetitions(50)
  const values = own.length > 0 ? own : obr.repetitions(29)
  return values
    .flatMap(value => [ei(value.part(1), scope, 'PLAC'), ei(value.part(2), scope, 'FILL')])
    .filter(identifier => identifier !== undefined)
    .map(identifier => ({ type: 'ServiceRequest', identifier }))
}

/** ORC-5, else ORC-1; decided here, where both leave it open: what the report's status implies. */
function statusOf(orc: Segment | undefined, reported = '', scope: Scope): string {
  const said = orc && (orc.field(5).valued ? orderStatus : orderControl)
  const field = said === orderStatus ? 5 : 1
  const status = orc && said && mapped(orc.field(field), said, scope)
  return status ?? own(byReport, reported) ?? 'unknown'
}

const byReport: Readonly<Record<string, string>> = {
  registered: 'active',
  partial: 'active',
  preliminary: 'active',
  final: 'completed',
  corrected: 'completed',
  cancelled: 'revoked',
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/**
 * ORC-1 and ORC-9: what was asked of the order, and when. The table names the value set HL70119;
 * decided here: a coding has its code system, and both are one extension.
 */
function businessEvent(orc: Segment, scope: Scope): readonly Json[] {
  const code = orc.text(1)?.trim()
  const value = code && { coding: [{ system: V2_0119, code }] }
  const valueDateTime = scope.time(orc.field(9))
  const extension = [
    ...(value ? [{ url: 'value', valueCodeableConcept: value }] : []),
    ...(valueDateTime ? [{ url: 'date', valueDateTime }] : []),
  ]
  return extension.length === 0 ? [] : [{ url: `${CORE}/businessEvent`, extension }]
}

const V2_0119 = 'http://terminology.hl7.org/CodeSystem/v2-0119'

/** ORC-16, where ORC-5 says nothing. */
function statusReason(orc: Segment, scope: Scope): readonly Json[] {
  const valueCodeableConcept = orc.field(5).valued ? undefined : concept(orc.field(16), scope)
  if (valueCodeableConcept === undefined) return []
  return [{ url: `${CORE}/request-statusReason`, valueCodeableConcept }]
}

/** ORC-28. */
function confidentiality(orc: Segment, scope: Scope): Json | undefined {
  const security = concepts(orc.repetitions(28), scope).flatMap(({ coding }) => coding ?? [])
  return compact({ security })
}

/** TQ1, else TQ of ORC-7, else of OBR-27. */
function timings({ orc, obr, timings: segments }: OrderedGroup, scope: Scope): readonly Timed[] {
  if (segments.length > 0) return segments.map(segment => tq1(segment, scope))
  const own = orc?.segment.repetitions(7) ?? []
  const values = own.length > 0 ? own : (obr?.repetitions(27) ?? [])
  return values.map(value => tq(value, scope))
}

function priorityOf(
  obr: Segment | undefined,
  timed: readonly Timed[],
  scope: Scope,
): string | undefined {
  const values = some([timed[0]?.priority, obr?.field(5)])
  const said = values.find(value => value.valued)
  return said && mapped(said, requestPriority, scope)
}

/** The timing of TQ1 or TQ, else OBR-6. */
function occurrence(obr: Segment | undefined, timed: readonly Timed[], scope: Scope): Json {
  const occurrenceTiming = timed.find(one => one.occurrenceTiming)?.occurrenceTiming
  if (occurrenceTiming !== undefined) return { occurrenceTiming }
  return { occurrenceDateTime: obr && scope.time(obr.field(6)) }
}

/**
 * ORC-12, else OBR-16, with the facility that orders (ORC-21 to ORC-24); else PRT as ordering
 * provider. The number to call back (OBR-17, ORC-14) is the provider's at this order.
 */
function requester(order: OrderedGroup, within: Referrer): Json | undefined {
  const { scope } = within
  const { obr } = order
  const orc = order.orc?.segment
  const [own, other] = [orc?.field(12), obr?.field(16)]
  const provider = own?.valued ? own : other
  const address = orc && xad(orc.field(24), scope)
  const practitioner =
    provider && xcnParty(provider, scope, address === undefined ? {} : { address: [address] })
  const callBack = obr?.field(17).valued ? obr.repetitions(17) : (orc?.repetitions(14) ?? [])
  const telecom = some(callBack.map(value => xtn(value, undefined, scope)))
  const organization = orc && orderingFacility(orc, scope)
  const from = orc ?? obr
  const made = from && within.role({ from, practitioner, organization, elements: { telecom } })
  if (made !== undefined) return made
  const roles = [...(order.orc?.participations ?? []), ...order.participations]
  return inRole(roles, ['OP'], within)[0]
}

function orderingFacility(orc: Segment, scope: Scope) {
  return xonParty(orc.field(21), scope, {
    ...compact({
      telecom: some(orc.repetitions(23).map(value => xtn(value, 'work', scope))),
      address: some(orc.repetitions(22).map(value => xad(value, scope))),
    }),
  })
}

/** OBR-13, in words: R4 refers here to resources only. */
function clinicalInformation(obr: Segment | undefined): readonly Json[] {
  const display = obr?.text(13, 2) ?? obr?.text(13)
  return display === undefined ? [] : [{ display }]
}
