// Station 4: events, finished and checked against the canonical schema (completion.ts), are
// appended in raw order; then the duplicate marks; then the raw offset. Everything that is no event
// leaves a trace: a dead letter, or a line in the audit topic (G5).
import { failpoint } from '../kit/failpoint.ts'
import { derivedId } from '../kit/ids.ts'
import { together } from '../kit/together.ts'
import type { Code, Facts } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import { rootOf, topicOf } from '../model/message.ts'
import type { Mark, MarkKey, Store } from '../model/store.ts'
import type { Transformed } from './3_transform.ts'
import { type Fate, fateRecord } from './audit.ts'
import { indexOf, unitOf } from './batch.ts'
import { type DeadStage, deadRecord } from './dead_letter.ts'
import { type Death, placed } from './dead_place.ts'
import type { Ended, Standing } from './standing.ts'

export interface CanonicalContext {
  readonly log: Log
  readonly store: Store
  readonly tenant: string
  readonly channel: string
  readonly deployment: string
  readonly group: string
  readonly now_ms: number
  /** Records whose outcome stands already: a redo after a crash makes nothing twice. */
  readonly standing: Standing
}

interface Output {
  readonly canonical: NewRecord[]
  readonly dead: Death[]
  readonly audit: NewRecord[]
  readonly marks: Mark[]
}

/** Resolves when all of the batch stands; the caller then commits the raw offset. */
export async function canonical(
  batch: readonly Transformed[],
  context: CanonicalContext,
): Promise<Readonly<Record<Ended, number>>> {
  const counts = { filtered: 0, duplicate: 0, no_event: 0, unrouted: 0, transformed: 0, dead: 0 }
  const output: Output = { canonical: [], dead: [], audit: [], marks: [] }
  const earlier = await earlierMarks(batch, context.store)
  for (const item of batch) counts[emit(item, { context, earlier, output })] += 1
  const [offsets] = await together([
    appendAll(context.log, topicOf.canonical(context.tenant), output.canonical),
    appendAll(context.log, topicOf.audit(context.tenant), output.audit),
  ])
  const dead = await placed(output.dead, offsets ?? [], context)
  await appendAll(context.log, topicOf.dead(context.tenant), dead)
  failpoint('canonical.appended')
  if (output.marks.length > 0) await context.store.putMarks(output.marks)
  failpoint('canonical.marked')
  return counts
}

/** The offsets of the records. */
export async function appendAll(
  log: Log,
  topic: string,
  records: readonly NewRecord[],
): Promise<readonly number[]> {
  const offsets: number[] = []
  for (const portion of portionsOf(records)) {
    const first = await log.append(topic, 0, portion)
    offsets.push(...portion.map((_, i) => first + i))
  }
  return offsets
}

/**
 * What a log takes at a time. What came of one message is never split: after a crash all of it
 * stands or nothing.
 */
function portionsOf(records: readonly NewRecord[]): readonly (readonly NewRecord[])[] {
  const portions: NewRecord[][] = []
  let [bytes, unit]: [number, string | undefined] = [0, undefined]
  for (const record of records) {
    const own = unitOf(record.headers)
    if (portions.length === 0 || (bytes >= limits.batch_bytes_max && own !== unit)) {
      portions.push([])
      bytes = 0
    }
    portions.at(-1)?.push(record)
    bytes += record.value.length
    unit = own
  }
  return portions
}

/** Who holds each mark, in a map that grows as the batch is emitted. */
async function earlierMarks(
  batch: readonly Transformed[],
  store: Store,
): Promise<Map<string, string>> {
  const keys = batch.flatMap(item => (item.fate === 'mapped' && item.mark ? [item.mark] : []))
  const found = keys.length === 0 ? [] : await store.findMarks(keys)
  const holders = new Map<string, string>()
  keys.forEach((key, i) => {
    const raw_id = found[i]
    if (raw_id !== undefined) holders.set(textOf(key), raw_id)
  })
  return holders
}

const textOf = (key: MarkKey) => JSON.stringify([key.feed, key.control_id, key.content])

interface Emission {
  readonly context: CanonicalContext
  readonly earlier: Map<string, string>
  readonly output: Output
}

/** Decides the fate of one record, or of one message of its batch, in its turn. */
function emit(item: Transformed, emission: Emission): Ended {
  const { context, earlier, output } = emission
  const { record } = item
  const root_id = rootOf(record.headers)
  const stood = context.standing.get(unitOf(record.headers))
  if (stood !== undefined) {
    if (stood === 'transformed') for (const death of output.dead) death.followed = true
    if (stood === 'transformed' || stood === 'no_event') mark(item, emission)
    return stood
  }
  const trace = (fate: Fate, facts: Facts = {}) => {
    output.audit.push(fateRecord(record, { fate, facts, deployment: context.deployment }))
    return fate
  }
  const die = (code: Code, facts: Facts, stage: DeadStage) => {
    const letter = deadOf(record, { code, facts, stage, context })
    output.dead.push({ of: record, letter, next: output.canonical.length, followed: false })
    return 'dead' as const
  }
  if (item.fate === 'filtered') return trace('filtered')
  if (item.fate === 'failed') return die(item.code, item.facts, 'transform')
  const holder = item.mark && earlier.get(textOf(item.mark))
  // What mends a message is no duplicate of it.
  if (holder !== undefined && holder !== root_id) return trace('duplicate', { of: holder })
  const { made } = item
  if ('code' in made) return die(made.code, made.facts, 'validate')
  mark(item, emission)
  if (made.records.length === 0) return trace('no_event')
  output.canonical.push(...made.records)
  return 'transformed'
}

/**
 * From here on, and durable after the events, another message of the same content is its duplicate.
 */
function mark(item: Transformed, { context, earlier, output }: Emission): void {
  if (item.fate !== 'mapped' || item.mark === undefined) return
  const root_id = rootOf(item.record.headers)
  earlier.set(textOf(item.mark), root_id)
  output.marks.push({ ...item.mark, raw_id: root_id, marked_at_ms: context.now_ms })
}

type Burial = Pick<CanonicalContext, 'tenant' | 'channel' | 'deployment' | 'group' | 'now_ms'>

/** The letter of a message that its mapping, or the schema of its events, refused. */
export function deadOf(
  record: LogRecord,
  reason: { code: Code; facts: Facts; stage: DeadStage; context: Burial },
): NewRecord {
  const { context, facts } = reason
  const { topic, partition, offset, time_ms } = record
  return deadRecord(
    {
      id: derivedId(
        record.headers.raw_id ?? '',
        indexOf(record.headers),
        reason.stage,
        reason.code,
      ),
      tenant: context.tenant,
      channel: context.channel,
      route: '',
      stage: reason.stage,
      class: 'poison',
      code: reason.code,
      path: String(facts.path ?? facts.place ?? ''),
      facts,
      attempts: 1,
      first_failed_at_ms: context.now_ms,
      last_failed_at_ms: context.now_ms,
      origin: { topic, partition, offset, time_ms, group: context.group },
      deployment: context.deployment,
    },
    record,
  )
}
