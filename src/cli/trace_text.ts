// A trace as a person reads it: one page, oldest first, with the time that each step took.
import type { LedgerMove } from '../model/store.ts'
import type { Trace, TraceLetter, TraceRecord, TraceWrite } from '../operate/trace.ts'
import { duration, type Ink, inkOf, plain } from './terminal.ts'

export function traceInWords(found: Trace, colours: boolean): string {
  const ink = inkOf(colours)
  const { writes, letters } = found
  return [
    ...headOf(found, ink),
    ...recordLines(found, ink),
    ...(letters.length > 0
      ? ['', 'Dead letters:', ...letters.flatMap(one => letterLines(one, ink))]
      : []),
    ...(writes.length > 0 ? ['', 'Writes:', ...writes.flatMap(one => writeLines(one, ink))] : []),
    '',
  ].join('\n')
}

function headOf(found: Trace, ink: Ink): readonly string[] {
  const { raw_id, control_id, index, repairs, root_id, repaired_by, replays } = found
  const part = index === undefined ? '' : ` (message ${index + 1} of its batch)`
  const deployment = found.records[0]?.headers.deployment ?? ''
  const root = root_id === undefined || root_id === repairs ? '' : `, first ${root_id}`
  return [
    `${ink.bold(`message ${plain(control_id) || '(no control id)'}`)}  raw_id ${raw_id}${part}`,
    ink.dim(`  deployment ${deployment}`),
    ...(repairs ? [`  mends ${repairs}${root}`] : []),
    ...repaired_by.map(id => `  mended by ${id}`),
    ...replays.map(name => `  again by the replay ${plain(name)}`),
  ]
}

const timeOf = (at_ms: number) => new Date(at_ms).toISOString()

function recordLines({ records, records_gone }: Trace, ink: Ink): readonly string[] {
  const lines: string[] = []
  let before_ms = records[0] === undefined ? 0 : (receivedOf(records[0]) ?? records[0].time_ms)
  if (records[0] !== undefined && receivedOf(records[0]) !== undefined) {
    lines.push(`  ${timeOf(before_ms)}  ${''.padStart(8)}  received`)
  }
  for (const record of records) {
    const step = `+${duration(record.time_ms - before_ms)}`
    const place = ink.dim(`${record.topic}/${record.partition}/${record.offset}`)
    const what = `${whatOf(record)}${partOf(record)}`
    lines.push(`  ${timeOf(record.time_ms)}  ${step.padStart(8)}  ${what}  ${place}`)
    lines.push(...payloadLines(record))
    before_ms = record.time_ms
  }
  if (records_gone > 0) lines.push(ink.dim(`  ${records_gone} records are not kept any more`))
  return lines
}

/** When a raw record came in; its append is later by the time that the disk took. */
function receivedOf({ topic, headers }: TraceRecord): number | undefined {
  const at_ms = Date.parse(headers.received_at ?? '')
  return topic.startsWith('raw.') && !Number.isNaN(at_ms) ? at_ms : undefined
}

function payloadLines({ payload }: TraceRecord): readonly string[] {
  if (payload === undefined) return []
  const { value, value_encoding } = payload
  if (value_encoding !== undefined) return [`      ${value_encoding}: ${value}`]
  const lines = value.replaceAll(/\r\n?/g, '\n').trimEnd().split('\n')
  return lines.map(line => `      ${plain(line)}`)
}

const partOf = ({ headers: { index } }: TraceRecord) =>
  index === undefined ? '' : ` (message ${Number(index) + 1} of its batch)`

function whatOf({ topic, headers }: TraceRecord): string {
  const of = headers.replay_topic === undefined ? '' : ` of ${plain(headers.replay_topic)}`
  const again = headers.replay === undefined ? '' : `, again by ${plain(headers.replay)}${of}`
  if (headers['dlt.id'] !== undefined) {
    const { 'dlt.id': id, 'dlt.error.code': code, 'dlt.stage': stage } = headers
    return `dead letter ${id.slice(0, 12)}: ${code} at ${stage}${again}`
  }
  if (topic.startsWith('raw.')) {
    return plain(`stored, ${headers.message_type || 'no type'} from ${headers.feed}`)
  }
  if (topic.startsWith('canonical.')) return `event ${headers.kind}${again}`
  if (topic.startsWith('outbound.')) {
    return `intent ${headers.operation} ${headers.resource_type} for ${headers.target}${again}`
  }
  return headers.fate ?? headers.act?.replaceAll('_', ' ') ?? 'recorded'
}

function letterLines(letter: TraceLetter, ink: Ink): readonly string[] {
  const { id, code, stage, attempts, state, by, why, at_ms, made_raw_id } = letter
  const tries = attempts > 1 ? ` after ${attempts} tries` : ''
  const became =
    state === 'open' ? ink.yellow('open') : `${ink.bold(state)}${by ? ` by ${plain(by)}` : ''}`
  const at = at_ms === undefined ? '' : ` at ${timeOf(at_ms)}`
  const made = made_raw_id === undefined ? '' : `, as ${made_raw_id}`
  const reason = why ? `: ${plain(why)}` : ''
  return [
    `  ${id.slice(0, 12)}: ${code} at ${stage}${tries}, last ${letter.last_failed_at}`,
    `    ${became}${at}${made}${reason}`,
  ]
}

function writeLines(write: TraceWrite, ink: Ink): readonly string[] {
  let before_ms = write.moves[0]?.at_ms ?? 0
  const moves = write.moves.map(move => {
    const step = `+${duration(move.at_ms - before_ms)}`
    before_ms = move.at_ms
    const reason = move.reason ? ` (${move.reason})` : ''
    const line = `    ${timeOf(move.at_ms)}  ${step.padStart(8)}  ${move.to}${reason}${saidBy(move)}`
    return ink.dim(line)
  })
  const { waits } = write
  const waiting =
    waits === undefined
      ? []
      : [ink.yellow(`    waits since ${timeOf(waits.since_ms)}: ${waits.words}`)]
  const id = ink.dim(`    intent ${write.intent_id}`)
  return [`  ${stateOf(write, ink)}`, id, ...moves, ...waiting]
}

/** Whose word a move was. */
function saidBy({ facts }: LedgerMove): string {
  if (facts.by === undefined) return ''
  const why = facts.why === undefined ? '' : `: ${plain(String(facts.why))}`
  const count = facts.approvals === undefined ? '' : ` (${facts.approvals} of ${facts.approvers})`
  return `, ${plain(String(facts.word ?? 'decided'))} by ${plain(String(facts.by))}${count}${why}`
}

function stateOf(write: TraceWrite, ink: Ink): string {
  const reason = write.reason === undefined ? '' : `, ${write.reason}`
  const there = write.target_id === undefined ? '' : `, there as ${write.target_id}`
  const state = `${ink.bold(write.state)} (${write.shown})`
  return `${write.target}: ${write.operation} ${write.resource} is ${state}${reason}${there}`
}
