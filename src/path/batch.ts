// A raw record as the messages in it. Mostly it is one; a batch (FHS, BHS) is one record, answered
// once, whose messages go their own ways from station 3 on: each is accounted for under
// (raw_id, index) (design: section 2).
import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Finding } from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { Headers, LogRecord } from '../model/log.ts'
import { messageTypeOf } from './1_receive.ts'

export interface Part {
  /**
   * The raw record itself, or as if the message had come alone: its bytes, its control id, type and
   * version, and its `index` in the batch, from 0.
   */
  readonly record: LogRecord
  /** Of the batch around it. */
  readonly findings: readonly Finding[]
}

/** More than `batch_messages_max`, or the messages with what is to be said of the frame around. */
export type Parts =
  | { readonly too_many: true }
  | { readonly messages: readonly Part[]; readonly findings: readonly Finding[] }

export function partsOf(record: LogRecord): Parts {
  const { isBatch, messages, findings } = splitBatch(record.value)
  if (!isBatch) return { messages: [{ record, findings }], findings }
  if (messages.length > limits.batch_messages_max) return { too_many: true }
  const parts = messages.map((value, index) => {
    return { record: inner(record, { value, index }), findings }
  })
  return { messages: parts, findings }
}

function inner(
  record: LogRecord,
  { value, index }: { readonly value: Buffer; readonly index: number },
): LogRecord {
  const msh = scanMsh(value)
  const headers = {
    ...record.headers,
    control_id: msh?.field(10) ?? '',
    message_type: msh === undefined ? '' : messageTypeOf(msh),
    hl7_version: msh?.field(12) ?? '',
    index: String(index),
  }
  return { ...record, headers, value }
}

/** Of the message in its batch; 0 where it is alone. */
export function indexOf(headers: Headers): number {
  return Number(headers.index ?? 0)
}

/** What is accounted for: a message alone by its raw_id, in a batch by its index beside it. */
export function unitOf(headers: Headers): string {
  const index = headers.index === undefined ? '' : `#${headers.index}`
  return `${headers.raw_id ?? ''}${index}`
}
