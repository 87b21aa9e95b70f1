// Station 4: events, finished and checked against the canonical schema (completion.ts), are
// appended in raw order; then the duplicate marks; then the raw offset. Everything that is no event
// leaves a trace: a dead letter, or a line in the audit topic (G5).
import { failpoint } from '../kit/failpoint.ts'
import { derivedId } from '../kit/ids.ts'
import { together } from '../kit/together.ts'
import type { Code, Facts } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { Mark, MarkKey, Store } from '../model/store.ts'
import type { Transformed } from './3_transform.ts'
import { type Fate, fateRecord } from './audit.ts'
import { indexOf, unitOf } from './batch.ts'
import { type DeadStage, deadRecord } from './dead_letter.ts'
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
  readonly dead: NewRecord[]
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
  await together([
    appendAll(context.log, topicOf.canonical(context.tenant), output.canonical),
    appendAll(context.log, topicOf.dead(context.tenant), output.dead),
    appendAll(context.log, topicOf.audit(context.tenant), output.audit),
  ])
  failpoint('canonical.appended')
  if (output.marks.length > 0) await context.store.putMarks(output.marks)
  failpoint('canonical.marked')
  return counts
}

async function appendAll(log: Log, topic: string, records: readonly NewRecord[]): Promise<void> {
  for (const portion of portionsOf(records)) await log.append(topic, 0, portion)
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
  const raw_id = record.headers.raw_id ?? ''
  const stood = context.standing.get(unitOf(record.headers))
  if (stood !== undefined) {
    if (stood === 'transformed' || stood === 'no_event') mark(item, emission)
    return stood
  }
  const trace = (fate: Fate, facts: Facts = {}) => {
    output.audit.push(fateRecord(record, { fate, facts, deployment: context.deployment }))
    return fate
  }
  const die = (code: Code, facts: Facts, stage: DeadStage) => {
    output.dead.push(deadOf(record, { code, facts, stage, context }))
    return 'dead' as const
  }
  if (item.fate === 'filtered') return trace('filtered')
  if (item.fate === 'failed') return die(item.code, item.facts, 'transform')
  const holder = item.mark && earlier.get(textOf(item.mark))
  if (holder !== undefined && holder !== raw_id) return trace('duplicate', { of: holder })
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
  const raw_id = item.record.headers.raw_id ?? ''
  earlier.set(textOf(item.mark), raw_id)
  output.marks.push({ ...item.mark, raw_id, marked_at_ms: context.now_ms })
}

function deadOf(
  record: LogRecord,
  reason: { code: Code; facts: Facts; stage: DeadStage; context: CanonicalContext },
): NewRecord {
  const { context, facts } = reason
  const { topic, partition, offset, time_ms } = record
  return deadRecord(
    {
      id: derivedId(
        record.headers.root_id ?? record.headers.raw_id ?? '',
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
