// SPM (with OBR's part of it) as Specimen, by the tables SPM[Specimen], OBR[Specimen] and
// SPS[Specimen-Source].
import type { Resource, Segment, Value } from '#sdk'
import { specimenStatus } from '../codes.ts'
import { concept, concepts, mapped } from '../datatypes/concept.ts'
import { businessId, cx, ei } from '../datatypes/identifier.ts'
import { cq } from '../datatypes/quantity.ts'
import { type Parties, type Referrer, xcnParty } from '../parties.ts'
import type { OrderedGroup, SpecimenGroup } from '../result_groups.ts'
import { compact, type Json, referenceTo, type Scope, some } from '../scope.ts'
import { annotations } from './nte.ts'
import { inRole } from './prt.ts'

export interface SpecimenOf {
  /** What names the order, for specimens without an identifier. */
  readonly name: readonly string[]
  readonly subject: Resource | undefined
}

/**
 * One for each SPM; without SPM one of what OBR says of a specimen, where it says anything beyond
 * the times that the report has as well.
 */
export function specimens(order: OrderedGroup, of: SpecimenOf, parties: Parties): Resource[] {
  if (order.specimens.length > 0) {
    return order.specimens.map(group => specimen(group, order, { of, parties }))
  }
  const { obr } = order
  return obr !== undefined && namesSpecimen(obr)
    ? [specimen(undefined, order, { of, parties })]
    : []
}

const namesSpecimen = (obr: Segment): boolean =>
  [9, 10, 14, 15, 39].some(field => obr.field(field).valued)

interface Making {
  readonly of: SpecimenOf
  readonly parties: Parties
}

function specimen(
  group: SpecimenGroup | undefined,
  order: OrderedGroup,
  { of, parties }: Making,
): Resource {
  const { scope } = parties
  const { obr } = order
  const spm = group?.spm
  const within = parties.referrer()
  const identifiers = spm ? identifiersOf(spm, scope) : []
  const name = businessId(identifiers[0]) ?? [...of.name, spm?.text(1) ?? '']
  const elements = {
    contained: within.contained,
    identifier: identifiers,
    accessionIdentifier: spm && cx(spm.field(30), scope),
    status: spm && mapped(spm.field(20), specimenStatus, scope),
    ...(spm ? described(spm, scope) : obr && describedByOrder(obr.field(15), scope)),
    subject: referenceTo(of.subject),
    receivedTime: timeOf([spm?.field(18), obr?.field(14)], scope),
    parent: spm && parents(spm, scope),
    collection: collection(spm, order, within),
    note: [
      ...comments([...(spm?.repetitions(14) ?? []), ...(obr?.repetitions(39) ?? [])]),
      ...(obr && spm === undefined ? comments([obr.field(15).part(3)]) : []),
      ...annotations(group?.notes ?? [], within, scope),
    ],
  }
  const from = some([spm, obr, ...(group?.notes ?? [])])
  return scope.make('specimen', { id: scope.idOf('Specimen', name), from, elements })
}

/** SPM-2 by placer and filler, then SPM-31 and SPM-32. */
function identifiersOf(spm: Segment, scope: Scope): readonly Json[] {
  const [placer, filler] = [spm.field(2).part(1), spm.field(2).part(2)]
  return some([
    ei(filler, scope, 'FILL'),
    ei(placer, scope, 'PLAC'),
    ...spm.repetitions(31).map(value => cx(value, scope)),
    ei(spm.field(32), scope),
  ])
}

function described(spm: Segment, scope: Scope): Json {
  return {
    type: concept(spm.field(4), scope),
    condition: concepts(spm.repetitions(24), scope),
    container: some([
      compact({
        type: concept(spm.field(27), scope),
        additiveCodeableConcept: concept(spm.field(6), scope),
      }),
    ]),
  }
}

/** SPS, a CWE in each of its components. */
function describedByOrder(sps: Value, scope: Scope): Json {
  return {
    type: concept(sps.part(1), scope),
    condition: some([concept(sps.part(6), scope)]),
    container: some([compact({ additiveCodeableConcept: concept(sps.part(2), scope) })]),
  }
}

/** SPM-3: specimens that this one was made from, as the sender names them. */
function parents(spm: Segment, scope: Scope): readonly Json[] {
  return spm.repetitions(3).flatMap(value => {
    const identifier = ei(value.part(2), scope, 'FILL') ?? ei(value.part(1), scope, 'PLAC')
    return identifier === undefined ? [] : [{ type: 'Specimen', identifier }]
  })
}

function collection(
  spm: Segment | undefined,
  { obr, participations }: OrderedGroup,
  within: Referrer,
): Json | undefined {
  const { scope } = within
  const collector = obr && within.to(xcnParty(obr.field(10), scope))
  return compact({
    collector: collector ?? inRole(participations, ['SC'], within)[0],
    ...collected(spm, obr, scope),
    quantity: (spm && cq(spm.field(12), scope)) ?? (obr && cq(obr.field(9), scope)),
    method: spm && concept(spm.field(7), scope),
    bodySite: spm ? concept(spm.field(8), scope) : obr && concept(obr.field(15).part(4), scope),
  })
}

/** SPM-17, else OBR-7 and OBR-8. */
function collected(spm: Segment | undefined, obr: Segment | undefined, scope: Scope): Json {
  const range = spm?.field(17)
  const [from, to] = range?.valued ? [range.part(1), range.part(2)] : [obr?.field(7), obr?.field(8)]
  const [start, end] = [timeOf([from], scope), timeOf([to], scope)]
  if (end === undefined) return { collectedDateTime: start }
  if (start === end) return { collectedDateTime: start }
  if (start !== undefined && Date.parse(start) > Date.parse(end)) {
    scope.report('period_reversed', (to as Value).place, 'The end comes before the start.')
    return { collectedDateTime: start }
  }
  return { collectedPeriod: compact({ start, end }) }
}

function timeOf(values: readonly (Value | undefined)[], scope: Scope): string | undefined {
  for (const value of values) {
    const time = value && scope.time(value)
    if (time !== undefined) return time
  }
  return undefined
}

const comments = (values: readonly Value[]): readonly Json[] =>
  some(values.map(value => value.text())).map(text => ({ text }))
