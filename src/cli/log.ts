// firth log: the durable topics, beside a running engine and without one.
import { isUtf8 } from 'node:buffer'
import { systemClock } from '../kit/clock.ts'
import { Failure } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord, PartitionInfo } from '../model/log.ts'
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
import { readerOf } from './folders.ts'
import { bytesInWords, inkOf, plain, table } from './terminal.ts'

export const logTopics: Command = {
  name: 'log topics',
  arguments: '',
  summary: 'Lists the topics with their offsets and the space they hold.',
  options: { ...projectOption, ...dataOption, ...jsonOption },
  notes: ['With --json, one object a line: topic, partition, first_offset, next_offset, bytes.'],
  examples: ['firth log topics --data /var/lib/firth'],
  async run(args, world) {
    const log = await readerOf(args, world)
    try {
      const partitions = await log.partitions()
      world.out(
        args.flag('json')
          ? partitions.map(info => `${JSON.stringify(info)}\n`).join('')
          : `${topicTable(partitions)}\n`,
      )
      return exit.ok
    } finally {
      await log.close()
    }
  },
}

function topicTable(partitions: readonly PartitionInfo[]): string {
  if (partitions.length === 0) return 'The log holds no topic yet.'
  return table(
    ['topic', 'partition', 'first', 'next', 'records', 'space'],
    partitions.map(info => [
      info.topic,
      info.partition,
      info.first_offset,
      info.next_offset,
      info.next_offset - info.first_offset,
      bytesInWords(info.bytes),
    ]),
  )
}

export const logRead: Command = {
  name: 'log read',
  arguments: 'TOPIC',
  summary: 'Prints the records of a topic, oldest first.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    from: { type: 'string', value: 'N|TIME', doc: 'First offset, or an ISO 8601 time.' },
    to: {
      type: 'string',
      value: 'N|TIME',
      doc: 'Where to end: this offset or time is not printed.',
    },
    limit: { type: 'string', value: 'N', doc: 'At most this many records of each partition.' },
    follow: { type: 'boolean', doc: 'Goes on with new records until Ctrl-C.' },
  },
  notes: [
    'With --json, one object a line: partition, offset, key, headers, value, time. The value is text, or base64',
    'beside "value_encoding": "base64" where the bytes are not UTF-8. It holds what the sender sent:',
    'treat the output as patient data.',
  ],
  examples: [
    'firth log read raw.harbor_clinic.adt_in --from 0 --to 10 --json',
    'firth log read canonical.harbor_clinic --from 2026-11-21T08:00:00Z --follow',
  ],
  async run(args, world) {
    const [topic, ...more] = args.positionals
    if (topic === undefined || more.length > 0)
      throw new UsageError('firth log read wants one TOPIC.')
    const log = await readerOf(args, world)
    try {
      const partitions = (await log.partitions()).filter(info => info.topic === topic)
      if (partitions.length === 0) throw new Failure('topic_unknown', { topic })
      await printAll(log, partitions, { args, world })
      return exit.ok
    } finally {
      await log.close()
    }
  },
}

type Context = { readonly args: Args; readonly world: World }

async function printAll(
  log: LogReader,
  partitions: readonly PartitionInfo[],
  context: Context,
): Promise<void> {
  const { args, world } = context
  const ends = await Promise.all(partitions.map(info => endOf(log, info, args)))
  const limit = args.number('limit') ?? Number.POSITIVE_INFINITY
  const cursors = await Promise.all(
    partitions.map(async (info, i) => ({
      info,
      offset: (await offsetOf(log, info, args.text('from'))) ?? info.first_offset,
      end: ends[i] ?? info.next_offset,
      left: limit,
    })),
  )
  for (;;) {
    let printed = 0
    for (const cursor of cursors) printed += await printSpan(log, cursor, context)
    const more = cursors.some(({ offset, end, left }) => offset < end && left > 0)
    if (!args.flag('follow') || !more || world.signal.aborted) return
    if (printed === 0) await systemClock.sleep(100, world.signal)
  }
}

interface Cursor {
  readonly info: PartitionInfo
  readonly end: number
  offset: number
  left: number
}

async function printSpan(
  log: LogReader,
  cursor: Cursor,
  { args, world }: Context,
): Promise<number> {
  const { topic, partition } = cursor.info
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  let printed = 0
  while (cursor.offset < cursor.end && cursor.left > 0 && !world.signal.aborted) {
    const records = await log.read(topic, partition, cursor.offset, bounds)
    if (records.length === 0) break
    for (const record of records) {
      cursor.offset = record.offset + 1
      if (record.offset >= cursor.end || cursor.left <= 0) break
      world.out(args.flag('json') ? jsonLine(record) : forPeople(record, world.colours))
      cursor.left -= 1
      printed += 1
    }
  }
  return printed
}

/** Where to stop: `--to`, else what stands now; never, while following. */
async function endOf(log: LogReader, info: PartitionInfo, args: Args): Promise<number> {
  const given = await offsetOf(log, info, args.text('to'))
  if (given !== undefined) return given
  return args.flag('follow') ? Number.POSITIVE_INFINITY : info.next_offset
}

/** `N` or a time as an offset; undefined where nothing is given. */
export async function offsetOf(
  log: LogReader,
  info: PartitionInfo,
  text: string | undefined,
): Promise<number | undefined> {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  // Date.parse reads far more than times: "1.5" is a day of 2001 to it.
  const time_ms = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time_ms)) {
    throw new UsageError(`"${text}" is neither an offset nor a time such as 2026-11-21T08:00:00Z.`)
  }
  return log.offsetOfTime(info.topic, info.partition, time_ms)
}

/** The line that other programs read; its form is kept. */
export function jsonLine(record: LogRecord): string {
  const { partition, offset, key, headers, value, time_ms } = record
  const line = isUtf8(value)
    ? { partition, offset, key, headers, value: value.toString('utf8') }
    : { partition, offset, key, headers, value: value.toString('base64'), value_encoding: 'base64' }
  return `${JSON.stringify({ ...line, time: new Date(time_ms).toISOString() })}\n`
}

function forPeople(record: LogRecord, colours: boolean): string {
  const ink = inkOf(colours)
  const facts = Object.entries(record.headers).map(([name, value]) => `${name}=${value}`)
  const text = isUtf8(record.value)
    ? plain(record.value.toString('utf8').replaceAll(/\r\n?/g, '\n'))
    : `${record.value.length} bytes that are not UTF-8: ${record.value.toString('base64')}`
  return [
    ink.bold(
      `${record.partition}/${record.offset}  ${new Date(record.time_ms).toISOString()}  ${plain(record.key)}`,
    ),
    ink.dim(plain(facts.join('  '))),
    text.trimEnd(),
    '',
    '',
  ].join('\n')
}
