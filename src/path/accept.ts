// What a channel lets in: by the type of the message, and by its `when` over the message's fields.
// The rest is acknowledged and recorded as filtered.
import { charsetNamed } from '../codecs/hl7v2/charset.ts'
import { type Message, readMessage } from '../codecs/hl7v2/read.ts'
import { holds } from '../codecs/when/holds.ts'
import { messageReader } from '../codecs/when/names.ts'
import { failureOf } from '../model/errors.ts'
import type { LogRecord } from '../model/log.ts'
import type { ChannelPlan } from '../model/plan.ts'

export type Accepting = Pick<ChannelPlan, 'accept'> & Partial<Pick<ChannelPlan, 'charset'>>

/**
 * `accept.messages` names `ADT^A01`, or `ADT` for every event of that code. A message that cannot
 * be read is let in: what is wrong with it is told by its dead letter, not hidden by a filter.
 */
export function accepts({ accept, charset }: Accepting, record: LogRecord): boolean {
  if (accept === undefined) return true
  const { messages, when } = accept
  const type = record.headers.message_type ?? ''
  if (messages?.every(entry => entry !== type && !type.startsWith(`${entry}^`))) return false
  if (when === undefined) return true
  const message = readable(record.value, charset)
  return message === undefined || holds(when, messageReader(message))
}

/** Undefined where it cannot be read. */
export function readable(raw: Buffer, charset: string | undefined): Message | undefined {
  try {
    return readMessage(raw, { charset: charsetNamed(charset ?? '') })
  } catch (cause) {
    if (failureOf(cause) !== undefined) return undefined
    throw cause
  }
}
