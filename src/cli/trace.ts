// firth trace: one message's life so far, by its control id or raw_id.
import { Failure } from '../model/errors.ts'
import type { LedgerMove } from '../model/store.ts'
import {
  type Trace,
  type TraceRecord,
  type TraceWrite,
  trace as traceOf,
} from '../operate/trace.ts'
import { askControl } from '../wire/control.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  jsonOption,
  projectOption,
  UsageError,
  type World,
} from './command.ts'
import { foldersOf } from './folders.ts'
import { withOwnFiles } from './own_files.ts'
import { duration, type Ink, inkOf, plain } from './terminal.ts'

export const trace: Command = {
  name: 'trace',
  arguments: 'CONTROL_ID|RAW_ID',
  summary: "Shows one message's life so far: every station, every write, with the times between.",
  options: { ...projectOption, ...dataOption, ...jsonOption },
  notes: [
    'Finds every message with this MSH-10, also inside a batch. Shows positions, ids and decisions, never',
    'content. Exit code 1 when there is no such message.',
  ],
  examples: ['firth trace MSG00001', 'firth trace 01jd3v5s0e8w9q4x7k2m6n8p1r --json'],
  async run(args, world) {
    const [id, ...more] = args.positionals
    if (id === undefined || more.length > 0)
      throw new UsageError('firth trace wants one CONTROL_ID or RAW_ID.')
    const traces = await find(id, args, world)
    if (args.flag('json')) world.out(traces.map(found => `${JSON.stringify(found)}\n`).join(''))
    else for (const found of traces) world.out(`${inWords(found, world.colours)}\n`)
    if (traces.length === 0)
      world.err(`No message with control id or raw_id ${id} stands in the log.\n`)
    return traces.length === 0 ? exit.failed : exit.ok
  },
}

/** Asks the engine that runs, else opens the files itself. */
async function find(id: string, args: Args, world: World): Promise<readonly Trace[]> {
  const { data } = foldersOf(args, world)
  try {
    return (await askControl(data, { command: 'trace', args: { id } })) as readonly Trace[]
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
  }
  const found = await withOwnFiles(args, world, ({ log, store }) => traceOf(log, store, id))
  return found ?? []
}

function inWords(found: Trace, colours: boolean): string {
  const ink = inkOf(colours)
  const [first] = found.records
  const head = `${ink.bold(`message ${plain(found.control_id) || '(no control id)'}`)}  raw_id ${found.raw_id}`
  const records = found.records.map((record, i) => {
    const before = i === 0 ? record.time_ms : (found.records[i - 1]?.time_ms ?? record.time_ms)
    const step = i === 0 ? '' : `+${duration(record.time_ms - before)}`
    const at = new Date(record.time_ms).toISOString()
    const place = ink.dim(`${record.topic}/${record.partition}/${record.offset}`)
    return `  ${at}  ${step.padStart(8)}  ${what(record)}${partOf(record)}  ${place}`
  })
  const writes = found.writes.flatMap(write => [
    `  ${stateOf(write, ink)}`,
    ...write.moves.map(move =>
      ink.dim(
        `    ${new Date(move.at_ms).toISOString()}  ${move.to}${move.reason ? ` (${move.reason})` : ''}${saidBy(move)}`,
      ),
    ),
  ])
  const deployment = first?.headers.deployment ?? ''
  return [
    head,
    ink.dim(`  deployment ${deployment}`),
    ...records,
    ...(writes.length > 0 ? ['', 'Writes:'] : []),
    ...writes,
    '',
  ].join('\n')
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

const partOf = ({ headers: { index } }: TraceRecord) =>
  index === undefined ? '' : ` (message ${Number(index) + 1} of its batch)`

function what(record: TraceRecord): string {
  const { headers } = record
  if (headers['dlt.id'] !== undefined) {
    return `dead letter ${headers['dlt.id'].slice(0, 12)}: ${headers['dlt.error.code']} at ${headers['dlt.stage']}`
  }
  if (record.topic.startsWith('raw.')) {
    return plain(`stored, ${headers.message_type || 'no type'} from ${headers.feed}`)
  }
  if (record.topic.startsWith('canonical.')) return `event ${headers.kind}`
  if (record.topic.startsWith('outbound.'))
    return `intent ${headers.operation} ${headers.resource_type} for ${headers.target}`
  return `${headers.fate}`
}
