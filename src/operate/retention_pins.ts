// What holds records back although everybody has read them: dead letters on which nobody has
// decided, with the records that they come from, and writes that are not finished, with their event
// and its message.
import { limits } from '../model/limits.ts'
import type { Log, LogRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { Pin, PinSource } from '../model/pin.ts'
import type { Store } from '../model/store.ts'

export interface PinContext {
  readonly log: Pick<Log, 'partitions' | 'read'>
  readonly store: Pick<Store, 'letterStates' | 'unfinished'>
}

/** Open dead letters that are pinned one by one; where there are more, whole topics stay. */
const LETTERS_MAX = 200_000
/** Unfinished writes' events that are pinned one by one; behind them everything stays. */
const EVENTS_MAX = 1_000

type Place = Omit<Pin, 'why' | 'name'>

/** Remembers what it has seen of the dead topics: each round reads what came since. */
export function letterPins({ log, store }: PinContext): PinSource {
  const open = new Map<string, Place[]>()
  const seen = new Map<string, number>()
  return async () => {
    const whole: Pin[] = []
    const partitions = await log.partitions()
    for (const info of partitions.filter(({ topic }) => topic.startsWith('dead.'))) {
      const from = Math.max(seen.get(info.topic) ?? 0, info.first_offset)
      const { next, full } = await readOn(log, { ...info, from }, async record => {
        // A later record under the same id replaces the earlier one, here as for every reader.
        const places = [...placesOf(record), ...(await messageOf(record, log))]
        open.set(record.headers['dlt.id'] ?? '', places)
        return open.size < LETTERS_MAX
      })
      seen.set(info.topic, next)
      if (!full) continue
      const tenant = info.topic.slice('dead.'.length)
      for (const { topic, partition } of partitions.filter(one => isOf(one.topic, tenant)))
        whole.push({ ...everything(topic, partition), why: 'open_dead_letter', name: tenant })
    }
    await forgetClosed(open, store)
    const pins = [...open].flatMap(([name, places]) =>
      places.map((place): Pin => ({ ...place, why: 'open_dead_letter', name })),
    )
    return [...whole, ...pins]
  }
}

const everything = (topic: string, partition: number): Place => {
  return { topic, partition, from_offset: 0, to_offset: undefined }
}

/** Raw, canonical and dead records of a tenant. */
function isOf(topic: string, tenant: string): boolean {
  const own = [topicOf.canonical(tenant), topicOf.dead(tenant)]
  return own.includes(topic) || topic.startsWith(`raw.${tenant}.`)
}

async function readOn(
  log: Pick<Log, 'read'>,
  of: { topic: string; partition: number; from: number; next_offset: number },
  take: (record: LogRecord) => Promise<boolean>,
): Promise<{ next: number; full: boolean }> {
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  let next = of.from
  while (next < of.next_offset) {
    const records = await log.read(of.topic, of.partition, next, bounds)
    if (records.length === 0) return { next: of.next_offset, full: false }
    for (const record of records) {
      next = record.offset + 1
      if (!(await take(record))) return { next, full: true }
    }
  }
  return { next, full: false }
}

/** The letter itself, the record that could not go on, and the message that this comes from. */
function placesOf({ topic, partition, offset, headers }: LogRecord): Place[] {
  const places = [one(topic, partition, offset)]
  const origin = headers['dlt.origin.topic']
  if (origin !== undefined) {
    const at = Number(headers['dlt.origin.offset'])
    places.push(one(origin, Number(headers['dlt.origin.partition']), at))
  }
  return [...places, ...sourceOf(headers)]
}

function sourceOf(headers: LogRecord['headers']): Place[] {
  const { source_topic, source_partition = '0', source_offset } = headers
  if (source_topic === undefined || source_offset === undefined) return []
  return [one(source_topic, Number(source_partition), Number(source_offset))]
}

/** The message behind a dead write, which a person may mend: its event tells where it is. */
async function messageOf(
  { headers }: LogRecord,
  log: Pick<Log, 'read'>,
): Promise<readonly Place[]> {
  const { 'dlt.origin.topic': topic = '', event_id, source_topic } = headers
  if (!topic.startsWith('canonical.') || source_topic !== undefined) return []
  const at = Number(headers['dlt.origin.offset'])
  if (at < 0) return []
  const [event] = await log.read(topic, 0, at, { records_max: 1, bytes_max: 1 })
  return event?.headers.event_id === event_id ? sourceOf(event?.headers ?? {}) : []
}

const one = (topic: string, partition: number, offset: number): Place => {
  return { topic, partition, from_offset: offset, to_offset: offset + 1 }
}

async function forgetClosed(
  open: Map<string, Place[]>,
  store: Pick<Store, 'letterStates'>,
): Promise<void> {
  const ids = [...open.keys()]
  for (let at = 0; at < ids.length; at += limits.batch_records_max) {
    const some = ids.slice(at, at + limits.batch_records_max)
    for (const { letter_id } of await store.letterStates(some)) open.delete(letter_id)
  }
}

/** Events in the canonical topic whose writes are not finished, and the messages that made them. */
export function intentPins({ log, store }: PinContext): PinSource {
  return async () => {
    const pins: Pin[] = []
    const partitions = await log.partitions()
    for (const { topic } of partitions.filter(one => one.topic.startsWith('canonical.'))) {
      const tenant = topic.slice('canonical.'.length)
      const raws = partitions.filter(info => info.topic.startsWith(`raw.${tenant}.`))
      const places = await ofTenant({ log, store }, { tenant, topic, raws })
      for (const place of places) pins.push({ ...place, why: 'unfinished_intent', name: tenant })
    }
    return pins
  }
}

interface Tenant {
  readonly tenant: string
  /** Its canonical one. */
  readonly topic: string
  readonly raws: readonly { readonly topic: string; readonly partition: number }[]
}

async function ofTenant({ log, store }: PinContext, of: Tenant): Promise<readonly Place[]> {
  const sequences = await store.unfinished(of.tenant, EVENTS_MAX)
  const places: Place[] = []
  /** By raw topic: the last message of which an event is pinned. */
  const reached = new Map<string, number>()
  for (const sequence of sequences) {
    const [record] = await log.read(of.topic, 0, sequence, { records_max: 1, bytes_max: 1 })
    if (record?.offset !== sequence) continue
    places.push(one(of.topic, 0, sequence))
    for (const source of sourceOf(record.headers)) {
      places.push(source)
      reached.set(source.topic, source.from_offset)
    }
  }
  if (sequences.length < EVENTS_MAX) return places
  // A channel's events stand in the order of its messages: what is behind the last event that was
  // looked at comes from behind its message.
  const last = sequences.at(-1) ?? 0
  places.push({ ...everything(of.topic, 0), from_offset: last })
  for (const { topic, partition } of of.raws)
    places.push({ ...everything(topic, partition), from_offset: reached.get(topic) ?? 0 })
  return places
}
