// The record that mends a message: appended to the end of its raw topic under a raw_id of its own,
// with the feed, the time and the trace of the original, mapped by the deployment that runs now,
// and standing in the order where the original stood (design: G3, G4). Or the code of why there is
// none.

import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Clock } from '../kit/clock.ts'
import { sha256, timeId, timeOfId } from '../kit/ids.ts'
import type { Random } from '../kit/random.ts'
import type { Code } from '../model/errors.ts'
import { readIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { Headers, Log, LogRecord, NewRecord } from '../model/log.ts'
import { rootOf, topicOf } from '../model/message.ts'
import { messageTypeOf, receive } from '../path/1_receive.ts'
import { rawHeaders } from '../path/2_append.ts'
import { indexOf, partsOf } from '../path/batch.ts'
import type { FoundLetter } from './dead_letters.ts'

export interface MendContext {
  readonly log: Pick<Log, 'read' | 'partitions' | 'offsetOfTime'>
  readonly clock: Clock
  readonly random: Random
}

/** The message that a letter is about, as it would be mended. */
export interface Original {
  readonly topic: string
  readonly key: string
  /** Of its raw record; none of them where it was refused and never raw. */
  readonly headers: Headers
  readonly value: Buffer
  /** Where it stands in the order of events, and among those that stand there (path/again.ts). */
  readonly sequence: number
  /** Undefined where it was never raw. */
  readonly rank: number | undefined
}

export type Mended = { readonly record: NewRecord; readonly topic: string }

/** What a letter is about, or why it cannot be had. */
export async function originalOf(
  { letter, record }: FoundLetter,
  context: MendContext,
): Promise<Original | { readonly code: Code }> {
  const topic = topicOf.raw(letter.tenant, letter.channel)
  if (letter.origin === undefined) {
    const { bytes, bytes_kept } = letter.facts
    if (bytes !== bytes_kept) return { code: 'letter_cut' }
    const sequence = await sequenceAt(letter.tenant, record.time_ms, context)
    return { topic, key: record.key, headers: {}, value: record.value, sequence, rank: undefined }
  }
  const own = letter.origin.startsWith('raw.')
  const raw = own ? ownPart(record) : await rawOf(record, context)
  if (raw === undefined) return { code: 'letter_original_gone' }
  const sequence = await sequenceOf({ letter, record }, raw.headers, context)
  // Of several that died in one place the order is that of their messages, not of their repairs.
  const offset = own ? Number(record.headers['dlt.origin.offset']) : raw.offset
  const rank = Number(raw.headers.rank ?? offset + 1)
  return { topic, key: raw.key, headers: raw.headers, value: raw.value, sequence, rank }
}

/** The letter's own record without what says why it died. */
export function ownPart(record: LogRecord): LogRecord {
  const headers = Object.entries(record.headers).filter(([name]) => !name.startsWith('dlt.'))
  return { ...record, headers: Object.fromEntries(headers) }
}

/** The raw record behind an event or a write, or the message of its batch. */
async function rawOf(record: LogRecord, context: MendContext): Promise<LogRecord | undefined> {
  const { raw_id = '', 'dlt.tenant': tenant = '', 'dlt.channel': channel = '' } = record.headers
  const raw = await findRaw(topicOf.raw(tenant, channel), raw_id, context.log)
  if (raw === undefined) return undefined
  const parts = partsOf(raw)
  if (!('messages' in parts)) return undefined
  const [only, ...more] = parts.messages
  if (more.length === 0) return only?.record
  const index = await indexIn(record, context)
  return parts.messages.find(part => indexOf(part.record.headers) === index)?.record
}

/** An id is drawn a moment before its record is appended, maybe by another clock. */
const CLOCK_SLACK_MS = 60_000
const READ = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }

async function findRaw(
  topic: string,
  raw_id: string,
  log: MendContext['log'],
): Promise<LogRecord | undefined> {
  const info = (await log.partitions()).find(one => one.topic === topic)
  if (info === undefined || raw_id === '') return undefined
  const since_ms = (timeOfId(raw_id) ?? 0) - CLOCK_SLACK_MS
  let offset = await log.offsetOfTime(topic, info.partition, since_ms)
  while (offset < info.next_offset) {
    const records = await log.read(topic, info.partition, offset, READ)
    const found = records.find(({ headers }) => headers.raw_id === raw_id)
    if (found !== undefined) return found
    const last = records.at(-1)
    if (last === undefined) return undefined
    offset = last.offset + 1
  }
  return undefined
}

/** Which message of its batch an event or a write comes from. */
async function indexIn(record: LogRecord, { log }: MendContext): Promise<number | undefined> {
  const { headers } = record
  if (headers.index !== undefined) return Number(headers.index)
  const topic = headers['dlt.origin.topic'] ?? ''
  if (!topic.startsWith('canonical.')) return undefined
  const at = Number(headers['dlt.origin.offset'])
  const [event] = await log.read(topic, 0, at, { ...READ, records_max: 1 })
  return event?.headers.event_id === headers.event_id ? indexOf(event?.headers ?? {}) : undefined
}

/** A repair keeps the place of what it repairs; an event has one; a message that made none, too. */
async function sequenceOf(
  { letter, record }: Pick<FoundLetter, 'letter' | 'record'>,
  raw: Headers,
  context: MendContext,
): Promise<number> {
  const { headers } = record
  const known = raw.sequence ?? headers.sequence ?? headers['dlt.sequence']
  if (known !== undefined) return Number(known)
  if (letter.intent_id !== undefined) return readIntent(record.value.toString()).sequence
  if (headers['dlt.origin.topic']?.startsWith('canonical.')) {
    return Number(headers['dlt.origin.offset'])
  }
  return sequenceAt(letter.tenant, record.time_ms, context)
}

/** Behind the events of before a moment. */
async function sequenceAt(tenant: string, time_ms: number, { log }: MendContext): Promise<number> {
  const topic = topicOf.canonical(tenant)
  const info = (await log.partitions()).find(one => one.topic === topic)
  return info === undefined ? -1 : (await log.offsetOfTime(topic, 0, time_ms)) - 1
}

export interface MendRequest {
  readonly letter_id: string
  readonly act_id: string
  /** That maps it. */
  readonly deployment: string
  /** What takes the place of the original's bytes; undefined: they stay. */
  readonly bytes?: Buffer | undefined
}

export function mended(
  { letter }: FoundLetter,
  original: Original,
  request: MendRequest & MendContext,
): Mended | { readonly code: Code } {
  const value = request.bytes ?? original.value
  if (value.length > limits.record_bytes_max) return { code: 'frame_too_large' }
  const { raw_id } = original.headers
  if (raw_id === undefined) return takenIn(letter, { ...original, value }, request)
  if (original.headers.index !== undefined && splitBatch(value).isBatch) {
    return { code: 'letter_one_message' }
  }
  const msh = scanMsh(value)
  if (msh === undefined) return { code: 'msh_unreadable' }
  const headers = {
    ...original.headers,
    raw_id: timeId(request.clock, request.random),
    repairs: raw_id,
    root_id: rootOf(original.headers),
    act_id: request.act_id,
    sequence: String(original.sequence),
    ...(original.rank === undefined ? {} : { rank: String(original.rank) }),
    sha256: sha256(value),
    control_id: msh.field(10),
    message_type: messageTypeOf(msh),
    hl7_version: msh.field(12),
    charset: msh.field(18),
    deployment: request.deployment,
  }
  return { topic: original.topic, record: { key: original.key, headers, value } }
}

/** What was refused once, taken in as if it came now; its sender was told that it was not taken. */
function takenIn(
  letter: FoundLetter['letter'],
  original: Original,
  request: MendRequest & MendContext,
): Mended | { readonly code: Code } {
  const peer = { address: 'dead_letter', port: 0 }
  const received_at_ms = Date.parse(letter.first_failed_at)
  const arrival = { bytes: original.value, peer, door: original.key, received_at_ms }
  const received = receive(arrival, { ...request, record_bytes_max: limits.record_bytes_max })
  if (received.kind === 'refused') return { code: received.code }
  const { tenant, channel } = letter
  const headers = {
    ...rawHeaders(received, { ...request, tenant, channel }),
    act_id: request.act_id,
    sequence: String(original.sequence),
  }
  return { topic: original.topic, record: { key: received.feed, headers, value: original.value } }
}
