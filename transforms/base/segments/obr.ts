// OBR (with its ORC) as DiagnosticReport, by the tables OBR[DiagnosticReport] and
// ORC[DiagnosticReport], and the status of a whole report.
import type { Kind, Resource, Segment, Value } from '#sdk'
import { reportStatus } from '../codes.ts'
import { ed, rp } from '../datatypes/attachment.ts'
import { concept, mapped } from '../datatypes/concept.ts'
import { tableSystem } from '../datatypes/identifier.ts'
import { cnnParty, type Level, type Parties, type Referrer } from '../parties.ts'
import type { ObservedGroup, OrderedGroup } from '../result_groups.ts'
import { compact, type Json, RESOURCE_SYSTEM, referenceTo, type Scope, some } from '../scope.ts'
import type { OrderNumbers } from './orc.ts'
import { inRole } from './prt.ts'

export interface ReportOf {
  readonly id: string
  readonly numbers: OrderNumbers
  readonly status: string
  readonly effective: Json
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
  readonly basedOn: Resource | undefined
  readonly specimens: readonly Resource[]
  readonly results: readonly Resource[]
  /** OBX that are documents. */
  readonly documents: readonly ObservedGroup[]
}

export function diagnosticReport(
  order: OrderedGroup & { readonly obr: Segment },
  of: ReportOf,
  parties: Parties,
): Resource {
  const { scope } = parties
  const { obr } = order
  const orc = order.orc?.segment
  const within = parties.referrer()
  const elements = {
    contained: within.contained,
    extension: statusReason(orc, scope),
    // First its own: laboratories give one filler number to several reports.
    identifier: some([
      { system: RESOURCE_SYSTEM, value: of.id },
      of.numbers.filler,
      of.numbers.placer,
    ]),
    basedOn: some([referenceTo(of.basedOn)]),
    status: of.status,
    category: some([category(obr, scope)]),
    code: code(obr, scope),
    subject: referenceTo(of.subject),
    encounter: referenceTo(of.encounter),
    ...of.effective,
    issued: scope.instant(obr.field(22)),
    performer: performers(order, within),
    resultsInterpreter: interpreters(order, within),
    specimen: some(of.specimens.map(referenceTo)),
    result: some(of.results.map(referenceTo)),
    presentedForm: some(of.documents.map(({ obx }) => presentedForm(obx, scope))),
  }
  const from = some([obr, orc, ...order.notes, ...of.documents.map(({ obx }) => obx)])
  return scope.make('diagnosticReport', { id: of.id, from, elements })
}

/** DiagnosticReport.code is required; what OBR-4 leaves out is said to be unknown. */
function code(obr: Segment, scope: Scope): Json {
  const made = concept(obr.field(4), scope)
  if (made !== undefined) return made
  scope.report('required_missing', obr.place(4), 'The report has no code.')
  return { extension: [{ url: `${CORE}/data-absent-reason`, valueCode: 'unknown' }] }
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** DiagnosticServiceSectionID, HL70074, of which the map keeps the codes. */
function category(obr: Segment, scope: Scope): Json | undefined {
  const code = obr.text(24)?.trim()
  if (code === undefined || code === '') return undefined
  return { coding: [{ system: tableSystem({ table: '0074', code }, scope), code }] }
}

/** ORC-16. */
function statusReason(orc: Segment | undefined, scope: Scope): readonly Json[] {
  const valueCodeableConcept = orc && concept(orc.field(16), scope)
  if (valueCodeableConcept === undefined) return []
  return [{ url: `${CORE}/event-statusReason`, valueCodeableConcept }]
}

/** OBR-34 (technician) and OBR-35 (transcriptionist), and PRT in these roles. */
function performers(order: OrderedGroup & { obr: Segment }, within: Referrer): readonly Json[] {
  const { obr, participations } = order
  return some([
    ...obr.repetitions(34).map(value => inFunction('SPRF', ndl(value, within))),
    ...obr.repetitions(35).map(value => inFunction('TRANS', ndl(value, within))),
    ...inRole(participations, ['TN', 'TR'], within),
  ])
}

/** OBR-32 (principal) and OBR-33 (assistant), and PRT in these roles. */
function interpreters(order: OrderedGroup & { obr: Segment }, within: Referrer): readonly Json[] {
  const { obr, participations } = order
  return some([
    ...obr.repetitions(32).map(value => ndl(value, within)),
    ...obr.repetitions(33).map(value => ndl(value, within)),
    ...inRole(participations, ['PRI', 'ARI'], within),
  ])
}

/** NDL[PractitionerRole]: who, when and where. */
function ndl(value: Value, within: Referrer): Json | undefined {
  const { scope } = within
  const levels: readonly Level[] = [
    { name: value.part(7).text(1), kind: 'site' },
    { name: value.text(10), kind: 'building' },
    { name: value.text(11), kind: 'floor' },
    { name: value.text(4), kind: 'ward' },
    { name: value.text(5), kind: 'room' },
    { name: value.text(6), kind: 'bed' },
  ]
  const practitioner = cnnParty(value.part(1), scope)
  const period = compact({ start: scope.time(value.part(2)), end: scope.time(value.part(3)) })
  return within.role({
    from: value.segment,
    practitioner,
    organization: undefined,
    elements: { period },
    where: levels.some(({ name }) => name !== undefined)
      ? holder => holder.place(value.segment, levels)
      : undefined,
  })
}

function inFunction(code: string, reference: Json | undefined): Json | undefined {
  const coding = { system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code }
  const url = `${CORE}/event-performerFunction`
  return (
    reference && {
      extension: [{ url, valueCodeableConcept: { coding: [coding] } }],
      ...reference,
    }
  )
}

/** OBR-7 and OBR-8. */
export function effectiveOf(obr: Segment, scope: Scope): Json {
  const start = scope.time(obr.field(7))
  const end = scope.time(obr.field(8))
  if (end === undefined) return { effectiveDateTime: start }
  if (start !== undefined && Date.parse(start) > Date.parse(end)) {
    scope.report('period_reversed', obr.place(8), 'The end comes before the start; left out.')
    return { effectiveDateTime: start }
  }
  return { effectivePeriod: compact({ start, end }) }
}

/** What OBR-25 says; undefined where it says nothing. */
export function saidStatus(obr: Segment, scope: Scope): string | undefined {
  const value = obr.field(25)
  return value.valued ? (mapped(value, reportStatus, scope) ?? 'unknown') : undefined
}

/** Observation.status where only the report has one; `partial` is no word of an observation. */
export const statusOfResults: Readonly<Record<string, string>> = {
  registered: 'registered',
  partial: 'preliminary',
  preliminary: 'preliminary',
  final: 'final',
  corrected: 'corrected',
  cancelled: 'cancelled',
}

/** Where OBR-25 is empty: no more than all results together say. */
export function statusByResults(results: readonly Resource[]): string {
  const statuses = new Set(results.map(({ status }) => status))
  if (statuses.size === 0 || statuses.has('unknown')) return 'unknown'
  if (statuses.size === 1 && statuses.has('cancelled')) return 'cancelled'
  if (statuses.has('preliminary') || statuses.has('registered')) return 'preliminary'
  return [...statuses].some(status => changed.has(status)) ? 'corrected' : 'final'
}

const changed: ReadonlySet<unknown> = new Set(['corrected', 'amended', 'entered-in-error'])

/** A corrected result makes the whole a correction; what is unknown is never called final. */
export function kindOf(status: string, results: readonly Resource[]): Kind {
  if (status === 'cancelled') return 'result.cancelled'
  if (status === 'corrected' || results.some(made => changed.has(made.status))) {
    return 'result.corrected'
  }
  return status === 'final' ? 'result.final' : 'result.preliminary'
}

/** Whether the value of an OBX is a document, or a pointer that leads to one (OBX-2). */
export function isDocument({ obx }: ObservedGroup): boolean {
  const type = obx.text(2)?.trim()
  return type === 'ED' || (type === 'RP' && rp(obx.field(5)) !== undefined)
}

/**
 * Decided here: a document belongs to the report, in R4 the only place that has an attachment. Its
 * OBX says what it is called and when it was made.
 */
function presentedForm(obx: Segment, scope: Scope): Json | undefined {
  const value = obx.field(5)
  const document = obx.text(2)?.trim() === 'RP' ? rp(value) : ed(value, scope)
  const title = obx.text(3, 2) ?? obx.text(3, 1)
  return compact({ ...document, title, creation: scope.time(obx.field(14)) })
}
