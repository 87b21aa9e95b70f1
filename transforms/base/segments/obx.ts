// OBX (with its NTE and PRT) as Observation, by the tables OBX[Observation],
// OBX[Observation-Component], NTE[Observation] and PRT[PractitionerRole].
import { own, type Resource, type Segment, type Value } from '#sdk'
import { abnormalTest, interpretation, observationStatus } from '../codes.ts'
import { concept, mapped, mappedConcept } from '../datatypes/concept.ts'
import { businessId, ei, tableSystem } from '../datatypes/identifier.ts'
import { observedValue } from '../datatypes/observed_value.ts'
import { xad } from '../datatypes/person.ts'
import { decimal, quantity, units } from '../datatypes/quantity.ts'
import {
  deviceParty,
  type Parties,
  producerParty,
  type Referrer,
  xcnParty,
  xonParty,
} from '../parties.ts'
import type { ObservedGroup } from '../result_groups.ts'
import { compact, type Json, referenceTo, type Scope, some } from '../scope.ts'
import { annotations } from './nte.ts'
import { type Participations, participations } from './prt.ts'

/** What an observation takes from the order and the patient around it. */
export interface Surroundings {
  /** What names the order or the message, for observations that have no identifier. */
  readonly name: readonly string[]
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
  /** Taken where OBX-14 is empty: the time of the order's specimen or examination. */
  readonly effective: Json
  /** Observation.status where OBX-11 says nothing. */
  readonly status: string
  /** The order's specimen, where it has only one. */
  readonly specimen: Resource | undefined
  /** What the observation is about, where that is not the patient: a specimen. */
  readonly focus?: Resource | undefined
  /** Observations that this one was derived from (OBR-26). */
  readonly derivedFrom: readonly Json[]
}

export function observation(
  group: ObservedGroup,
  around: Surroundings,
  parties: Parties,
): Resource {
  const { scope } = parties
  const { obx, notes } = group
  const within = parties.referrer()
  const own = some(obx.repetitions(21).map(value => ei(value, scope, 'FILL')))
  const name = businessId(own[0]) ?? [...around.name, obx.text(3) ?? '', obx.text(4) ?? '']
  const codeElement = codeOf(obx, scope)
  const type = obx.text(2)?.trim()
  const others = participations(group.participations, within, scope)
  const made = {
    contained: within.contained,
    extension: extensions(obx, others, scope),
    identifier: own,
    status: mapped(obx.field(11), observationStatus, scope) ?? around.status,
    category: category(obx, scope),
    code: codeElement,
    subject: referenceTo(around.subject),
    focus: some([referenceTo(around.focus)]),
    encounter: referenceTo(around.encounter),
    ...effectiveOf(obx, around, scope),
    performer: [...performers(obx, within, scope), ...others.performers],
    ...observedValue({ obx, type, code: codeElement }, scope),
    dataAbsentReason: absentReason(obx),
    interpretation: some(
      obx.repetitions(8).map(value => mappedConcept(value, interpretation, scope)),
    ),
    note: annotations(notes, within, scope),
    bodySite: concept(obx.field(20), scope),
    method: concept(obx.field(17), scope),
    specimen: specimenOf(obx, around, scope),
    device: others.device ?? within.to(deviceParty(obx.field(18), scope)),
    referenceRange: referenceRanges(obx, type, scope),
    derivedFrom: around.derivedFrom,
  }
  const from = [obx, ...notes, ...group.participations]
  return scope.make('observation', { id: scope.idOf('Observation', name), from, elements: made })
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** Observation.code is required; what OBX-3 leaves out is said to be unknown. */
function codeOf(obx: Segment, scope: Scope): Json {
  const made = concept(obx.field(3), scope)
  if (made !== undefined) return made
  scope.report('required_missing', obx.place(3), 'The observation has no code.')
  return { extension: [{ url: `${CORE}/data-absent-reason`, valueCode: 'unknown' }] }
}

/** OBX-29, HL70936. */
function category(obx: Segment, scope: Scope): readonly Json[] {
  const code = obx.text(29)?.trim()
  if (code === undefined || code === '') return []
  return [{ coding: [{ system: tableSystem({ table: '0936', code }, scope), code }] }]
}

function effectiveOf(obx: Segment, around: Surroundings, scope: Scope): Json {
  const effectiveDateTime = scope.time(obx.field(14))
  return effectiveDateTime === undefined ? around.effective : { effectiveDateTime }
}

/** OBX-16, then OBX-15, then OBX-23 to OBX-25. */
function performers(obx: Segment, within: Referrer, scope: Scope): readonly Json[] {
  return some([
    ...obx.repetitions(16).map(value => within.to(xcnParty(value, scope))),
    within.to(producerParty(obx.field(15), scope)),
    laboratory(obx, within, scope),
  ])
}

/** The organization that performed the test and who directs it. */
function laboratory(obx: Segment, within: Referrer, scope: Scope): Json | undefined {
  const director = xcnParty(obx.field(25), scope)
  const address = obx.field(24).valued ? xad(obx.field(24), scope) : undefined
  const more = address === undefined ? {} : { address: [address] }
  const organization = xonParty(obx.field(23), scope, more)
  const code = director && [{ coding: [{ system: `${V2}0912`, code: 'MDIR' }] }]
  return within.role({ from: obx, practitioner: director, organization, elements: { code } })
}

const V2 = 'http://terminology.hl7.org/CodeSystem/v2-'

/** Decided here: X (no result to be had) is an error of measuring, N was not asked. */
function absentReason(obx: Segment): Json | undefined {
  if (obx.repetitions(5).some(value => value.valued)) return undefined
  const reason = own(absentReasons, obx.text(11, 1))
  if (reason === undefined) return undefined
  const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'
  return { coding: [{ system, code: reason }] }
}

const absentReasons: Readonly<Record<string, string>> = { X: 'error', N: 'not-asked' }

/** What R4 has no element for: OBX-4, OBX-10, OBX-19, OBX-30, and where it was observed. */
function extensions(obx: Segment, others: Participations, scope: Scope): readonly Json[] {
  const made: Json[] = others.locations.map(valueReference => {
    return { url: `${CORE}/event-location`, valueReference }
  })
  const sub = subIdentifier(obx.field(4))
  if (sub !== undefined) made.push(sub)
  for (const value of obx.repetitions(10)) {
    const valueCodeableConcept = mappedConcept(value, abnormalTest, scope)
    const url = `${CORE}/observation-nature-of-abnormal-test`
    if (valueCodeableConcept !== undefined) made.push({ url, valueCodeableConcept })
  }
  const valueDateTime = scope.time(obx.field(19))
  const analysed = `${CORE}/observation-analysis-date-time`
  if (valueDateTime !== undefined) made.push({ url: analysed, valueDateTime })
  const structure = obx.text(30)
  if (structure !== undefined) {
    const url = `${CORE}/observation-structure-type`
    made.push({ url, valueCodeableConcept: { coding: [{ system: url, code: structure }] } })
  }
  return made
}

/** OG[Extension-Subidentifier]: from v2.8.2 on group, sequence and identifier beside the text. */
function subIdentifier(value: Value): Json | undefined {
  const text = value.text(1)
  if (!value.valued) return undefined
  const part = (url: string, content: Json | undefined) => content && { url, ...content }
  const number = (n: number) => {
    const known = decimal(value.text(n))
    return known === undefined ? undefined : { valueDecimal: Number(known) }
  }
  const identifier = value.text(4)
  const extension = some([
    part('original-sub-identifier', text === undefined ? undefined : { valueString: text }),
    part('group', number(2)),
    part('sequence', number(3)),
    part('identifier', identifier === undefined ? undefined : { valueString: identifier }),
  ])
  return extension.length === 0 ? undefined : { url: `${CORE}/observation-v2-subid`, extension }
}

/** OBX-33 names it; else it is the order's one. */
function specimenOf(obx: Segment, around: Surroundings, scope: Scope): Json | undefined {
  const [first, second] = obx.repetitions(33)
  if (first === undefined || second !== undefined) return referenceTo(around.specimen)
  const identifier = ei(first.part(2), scope, 'FILL') ?? ei(first.part(1), scope, 'PLAC')
  const known = around.specimen?.identifier
  const isOrders =
    Array.isArray(known) && known.some(({ value }: Json) => value === identifier?.value)
  if (isOrders || identifier === undefined) return referenceTo(around.specimen)
  return { type: 'Specimen', identifier }
}

/**
 * OBX-7 as it was sent, with its limits where it has the form that HL7 v2.5.1 chapter 7.4.2.7 gives
 * to numbers: `3.5-5.1`, `>10`, `<5`. The limit of `<` is the upper one; that it is not reached
 * itself is only in the text.
 */
function referenceRanges(obx: Segment, type: string | undefined, scope: Scope): readonly Json[] {
  const unit = type === 'NM' || type === 'SN' ? units(obx.field(6), scope) : undefined
  return obx.repetitions(7).flatMap(value => {
    const text = value.text()
    if (text === undefined) return []
    return [compact({ ...(unit && limits(text, unit)), text }) as Json]
  })
}

function limits(text: string, unit: Json): Json {
  const between = /^\s*([+-]?[\d.]+)\s*-\s*([+-]?[\d.]+)\s*$/.exec(text)
  if (between !== null && decimal(between[1]) && decimal(between[2])) {
    if (Number(between[1]) > Number(between[2])) return {}
    return { low: quantity(between[1], unit), high: quantity(between[2], unit) }
  }
  const one = /^\s*([<>])=?\s*([+-]?[\d.]+)\s*$/.exec(text)
  if (one === null) return {}
  return one[1] === '<' ? { high: quantity(one[2], unit) } : { low: quantity(one[2], unit) }
}

/** Whether a value belongs into the order and not into its report (OBX-29; message map ORU_R01). */
export const isQuestion = (obx: Segment): boolean => questions.has(obx.text(29)?.trim() ?? '')

const questions = new Set(['QST', 'SCI'])
