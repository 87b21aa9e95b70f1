// What a replay has left in the log itself: the records of a batch that stood before its step was
// durable, and the lines of the audit that tell of it. Both are looked for before they are written
// again, so that a crash doubles nothing.
import { derivedId } from '../kit/ids.ts'
import type { LetterAct } from '../model/dead_store.ts'
import { limits } from '../model/limits.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { ReplayRow, ReplayWord } from '../model/replay_store.ts'
import { unitOf } from './batch.ts'
import { type Again, sinkOf } from './replay_make.ts'

const READ = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
/** The log's clock may differ a little from the store's. */
const CLOCK_SLACK_MS = 60_000

type Reading = Pick<Log, 'read' | 'offsetOfTime'>

async function* from(log: Reading, topic: string, offset: number): AsyncGenerator<LogRecord> {
  for (let next = offset; ; ) {
    const records = await log.read(topic, 0, next, READ)
    const last = records.at(-1)
    if (last === undefined) return
    yield* records
    next = last.offset + 1
  }
}

/** Records that this replay appended after its last step, told by what they come of. */
export async function standingOf(
  row: ReplayRow,
  log: Reading,
): Promise<{ has(record: NewRecord): boolean }> {
  const names = new Set<string>()
  const look = async (topic: string, offset: number) => {
    for await (const { headers } of from(log, topic, offset)) {
      const fresh = headers.replay === row.name && Number(headers.replay_offset) >= row.position
      if (fresh) names.add(nameOf(headers))
    }
  }
  await look(sinkOf(row), row.sink_offset)
  const dead = topicOf.dead(row.tenant)
  await look(dead, await log.offsetOfTime(dead, 0, row.changed_at_ms - CLOCK_SLACK_MS))
  return { has: record => names.has(nameOf(record.headers)) }
}

function nameOf(headers: NewRecord['headers']): string {
  const { replay_offset, event_id, intent_id } = headers
  const letter = headers['dlt.id']
  return JSON.stringify([replay_offset, letter ?? intent_id ?? event_id, unitOf(headers)])
}

/** The letters of messages that it has brought through, closed by its name. */
export function closings(
  { name, tenant, by }: ReplayRow,
  again: readonly Again[],
  at_ms: number,
): readonly LetterAct[] {
  const ids = new Set(again.flatMap(({ resolved = [] }) => resolved))
  const word = { tenant, state: 'replayed', by, why: `replay ${name}`, at_ms } as const
  const nothing = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }
  return [...ids].map(letter_id => ({ ...word, ...nothing, letter_id }))
}

/** A line of the audit: who said what of a replay, and how far it had come. Holds no content. */
export async function actRecord(
  row: ReplayRow,
  { word, by, why, at_ms }: ReplayWord,
  log: Reading,
): Promise<{ readonly stood: boolean; readonly record: NewRecord }> {
  const { name, tenant, topic, from_offset, to_offset, targets, deployment, counts } = row
  const once = word === 'start' || word === 'end'
  const act_id = derivedId('replay', name, word, once ? 0 : at_ms)
  const said = { name, word, by, why, at: new Date(at_ms).toISOString() }
  const record = {
    key: name,
    headers: { act: `replay_${word}`, act_id, tenant, replay: name },
    value: Buffer.from(
      JSON.stringify({ ...said, topic, from_offset, to_offset, targets, deployment, counts }),
    ),
  }
  const audit = topicOf.audit(tenant)
  const offset = await log.offsetOfTime(audit, 0, row.changed_at_ms - CLOCK_SLACK_MS)
  for await (const { headers } of from(log, audit, offset)) {
    if (headers.act_id === act_id) return { stood: true, record }
  }
  return { stood: false, record }
}
