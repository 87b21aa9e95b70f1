// Where in the order of events a dead message stood: right before the first event that came behind
// it in its channel, else at the end of that moment. Mended one day, it takes this place (design:
// G4): over what was before, and never over what is newer.
import { limits } from '../model/limits.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import { isReplayed } from './again.ts'
import { indexOf } from './batch.ts'

/** A message that died in its turn. */
export interface Death {
  readonly of: LogRecord
  readonly letter: NewRecord
  /** Which of the events made beside it is the first one behind it. */
  readonly next: number
  /** Whether an event from before a crash stands behind it. */
  followed: boolean
}

interface PlaceContext {
  readonly log: Log
  readonly tenant: string
}

/** The letters with the header `dlt.sequence`; `offsets` are of the events made beside them. */
export async function placed(
  deaths: readonly Death[],
  offsets: readonly number[],
  context: PlaceContext,
): Promise<readonly NewRecord[]> {
  if (deaths.length === 0) return []
  const topic = topicOf.canonical(context.tenant)
  const info = (await context.log.partitions()).find(one => one.topic === topic)
  const end = info?.next_offset ?? 0
  const letters: NewRecord[] = []
  for (const { of, letter, next, followed } of deaths) {
    const behind = followed ? await follower(of, end, context) : offsets[next]
    const headers = { ...letter.headers, 'dlt.sequence': String((behind ?? end) - 1) }
    letters.push({ ...letter, headers })
  }
  return letters
}

/** The first event behind a message, looked for from the moment when that was stored. */
async function follower(
  of: LogRecord,
  end: number,
  { log, tenant }: PlaceContext,
): Promise<number | undefined> {
  const topic = topicOf.canonical(tenant)
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  let offset = await log.offsetOfTime(topic, 0, of.time_ms)
  while (offset < end) {
    const records = await log.read(topic, 0, offset, bounds)
    const found = records.find(record => isBehind(record, of))
    if (found !== undefined) return found.offset
    const last = records.at(-1)
    if (last === undefined) return undefined
    offset = last.offset + 1
  }
  return undefined
}

function isBehind({ headers }: LogRecord, of: LogRecord): boolean {
  if (headers.source_topic !== of.topic || isReplayed(headers)) return false
  const ahead = Number(headers.source_offset) - of.offset
  return ahead > 0 || (ahead === 0 && indexOf(headers) > indexOf(of.headers))
}
