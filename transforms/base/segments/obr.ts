// OBR (with its ORC) as DiagnosticReport, by the tables OBR[DiagnosticReport] and
// ORC[DiagnosticReport]. The order itself is only referred to: a result must not create orders in a
// chart.
import type { BusinessId, Kind, OrderGroup, Resource, Segment } from '#sdk'
import { reportStatus } from '../codes.ts'
import { concept, mapped } from '../datatypes/concept.ts'
import { businessId, ei, tableSystem } from '../datatypes/identifier.ts'
import { cnn } from '../datatypes/person.ts'
import { compact, type Json, RESOURCE_SYSTEM, referenceTo, type Scope, some } from '../scope.ts'
import { observation } from './obx.ts'

export interface ReportMade {
  readonly kind: Kind
  readonly report: Resource
  readonly observations: readonly Resource[]
  readonly id: BusinessId
  /** OBR-22, as a FHIR dateTime. */
  readonly issued: string | undefined
}

export interface Patient {
  readonly subject: Resource | undefined
  readonly encounter: Resource | undefined
}

export function report(order: OrderGroup, patient: Patient, scope: Scope): ReportMade {
  const { obr } = order
  const placer = numberOf(order, PLACER, scope)
  const filler = numberOf(order, FILLER, scope)
  const id = scope.idOf('DiagnosticReport', nameOf(filler ?? placer, obr, scope))
  const identifier = { system: RESOURCE_SYSTEM, value: id }
  const said = statusOf(obr, scope)
  const results = order.observations.filter(({ obx }) => obx.text(2) !== 'ED')
  const around = {
    report: id,
    ...patient,
    effective: effectiveOf(obr, scope),
    status: observationDefault[said ?? ''] ?? 'unknown',
  }
  const observations = results.map(group => observation(group, around, scope))
  const status = said ?? statusByResults(observations)
  const elements = {
    // First its own: laboratories give one filler number to several reports.
    identifier: some([identifier, filler, placer]),
    basedOn: placer && [{ type: 'ServiceRequest', identifier: placer }],
    status,
    category: some([category(obr, scope)]),
    code: code(obr, scope),
    subject: referenceTo(patient.subject),
    encounter: referenceTo(patient.encounter),
    ...around.effective,
    issued: scope.instant(obr.field(22)),
    performer: some(obr.repetitions(34).map(value => cnn(value.part(1)))),
    resultsInterpreter: some(obr.repetitions(32).map(value => cnn(value.part(1)))),
    result: some(observations.map(referenceTo)),
    presentedForm: some(order.observations.map(({ obx }) => attachment(obx, scope))),
  }
  const from = some([obr, order.orc, ...order.notes, ...order.others])
  const made = scope.make('diagnosticReport', { id, from, elements })
  const [note] = order.notes
  if (note !== undefined) {
    scope.report('segment_unmapped', note.place(3), 'R4 has no place for notes on a report.')
  }
  const issued = scope.time(obr.field(22))
  return { kind: kindOf(status, observations), report: made, observations, id: identifier, issued }
}

const PLACER = { field: 2, type: 'PLAC' }
const FILLER = { field: 3, type: 'FILL' }

/** ORC says it first; OBR where ORC does not. */
function numberOf(
  { orc, obr }: OrderGroup,
  number: { field: number; type: string },
  scope: Scope,
): Json | undefined {
  const own = orc?.field(number.field)
  const value = own?.text(1) === undefined ? obr.field(number.field) : own
  return ei(value, scope, number.type)
}

/** A report is told by its filler's (else its placer's) number and by what was asked for. */
function nameOf(number: Json | undefined, obr: Segment, scope: Scope): readonly string[] {
  const known = businessId(number)
  const order = known === undefined ? [scope.facts.raw_id] : [known.system, known.value]
  return [...order, obr.text(4, 1) ?? obr.text(4, 2) ?? '']
}

/** DiagnosticReport.code is required; what OBR-4 leaves out is said to be unknown. */
function code(obr: Segment, scope: Scope): Json {
  const made = concept(obr.field(4), scope)
  if (made !== undefined) return made
  scope.report('required_missing', obr.place(4), 'The report has no code.')
  const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
  return { extension: [{ url, valueCode: 'unknown' }] }
}

/** DiagnosticServiceSectionID, HL70074, of which the map keeps the codes. */
function category(obr: Segment, scope: Scope): Json | undefined {
  const code = obr.text(24)?.trim()
  if (code === undefined || code === '') return undefined
  return { coding: [{ system: tableSystem({ table: '0074', code }, scope), code }] }
}

function effectiveOf(obr: Segment, scope: Scope): Json {
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
function statusOf(obr: Segment, scope: Scope): string | undefined {
  const value = obr.field(25)
  return value.valued ? (mapped(value, reportStatus, scope) ?? 'unknown') : undefined
}

/** Observation.status where only the report has one; `partial` is no word of an observation. */
const observationDefault: Readonly<Record<string, string>> = {
  registered: 'registered',
  partial: 'preliminary',
  preliminary: 'preliminary',
  final: 'final',
  corrected: 'corrected',
  cancelled: 'cancelled',
}

/** Where OBR-25 is empty: no more than all results together say. */
function statusByResults(observations: readonly Resource[]): string {
  const statuses = new Set(observations.map(({ status }) => status))
  if (statuses.size === 0 || statuses.has('unknown')) return 'unknown'
  if (statuses.size === 1 && statuses.has('cancelled')) return 'cancelled'
  if (statuses.has('preliminary') || statuses.has('registered')) return 'preliminary'
  return [...statuses].some(status => changed.has(status)) ? 'corrected' : 'final'
}

const changed: ReadonlySet<unknown> = new Set(['corrected', 'amended', 'entered-in-error'])

/** A corrected result makes the whole a correction; what is unknown is never called final. */
function kindOf(status: string, observations: readonly Resource[]): Kind {
  if (status === 'cancelled') return 'result.cancelled'
  if (status === 'corrected' || observations.some(made => changed.has(made.status))) {
    return 'result.corrected'
  }
  return status === 'final' ? 'result.final' : 'result.preliminary'
}

/**
 * ED in Base64 (HL7 v2.5.1 chapter 2.A.24). Decided here: the document belongs to the report, in R4
 * the only place that has an attachment.
 */
function attachment(obx: Segment, scope: Scope): Json | undefined {
  if (obx.text(2) !== 'ED') return undefined
  const value = obx.field(5)
  const data = value.text(5)?.replaceAll(/\s+/g, '')
  const title = obx.text(3, 2)
  if (value.text(4) !== 'Base64' || data === undefined || !isBase64(data)) {
    scope.report('attachment_unreadable', obx.place(5), 'Not Base64; the document is left out.')
    return compact({ title })
  }
  return compact({ contentType: contentType(value.text(2), value.text(3)), data, title })
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** HL70191 and 0291 where they are a media type; PDF by its name, however the type is called. */
function contentType(type = '', subtype = ''): string {
  if (subtype.toUpperCase() === 'PDF') return 'application/pdf'
  const media = `${type}/${subtype}`.toLowerCase()
  return /^(application|image|text|audio|video)\/[\w.+-]+$/.test(media)
    ? media
    : 'application/octet-stream'
}
