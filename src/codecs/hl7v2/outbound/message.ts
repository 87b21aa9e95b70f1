// The HL7 v2 message of a write intent: the one that came, changed as the target asks, or a new one
// built from the event. Pure: the same intent gives the same bytes on every try, with a control id
// (MSH-10) that is its own, so that a far end knows a message that is sent again.
import { Buffer } from 'node:buffer'
import type { Config } from '../../../declare/field.ts'
import { sha256 } from '../../../kit/ids.ts'
import { Failure } from '../../../model/errors.ts'
import type { WriteIntent } from '../../../model/intent.ts'
import { edit } from '../edit.ts'
import { parsePath } from '../path.ts'
import { type Message, readMessage } from '../read.ts'
import { build } from './build.ts'
import { type messageFields, segmentPath } from './settings.ts'

export type MessageSettings = Config<typeof messageFields>

/** MSH-10 takes 20 characters (HL7 v2.5.1 chapter 2.15.9.10). */
const CONTROL_ID_CHARACTERS = 20

/**
 * MSH-10: of the intent and of what it says, so that a revision of an intent has another one. What
 * the target sets is not in it: a changed setting makes no new message of one that may have landed.
 */
export function controlIdOf({ intent_id, resource, event }: WriteIntent): string {
  const content = event?.message ?? [resource, event?.occurred_at]
  const hash = sha256(JSON.stringify([intent_id, content]))
  return hash.slice(0, CONTROL_ID_CHARACTERS).toUpperCase()
}

/**
 * Unframed. Throws a Failure (`message_unreadable`, `edit_refused`, `value_unencodable`,
 * `event_unbuildable`) where no such message can be made.
 */
export function outboundMessage(intent: WriteIntent, settings: MessageSettings): Buffer {
  const made = settings.message === 'forward' ? original(intent) : build(intent, settings)
  const message = without(made, settings.remove)
  const editor = edit(message)
  const header = {
    3: settings.sending_application,
    4: settings.sending_facility,
    5: settings.receiving_application,
    6: settings.receiving_facility,
    11: settings.processing_id,
    12: settings.version,
  }
  for (const [field, value] of Object.entries(header)) {
    if (value !== undefined) editor.set(`MSH-${field}`, value)
  }
  for (const [path, value] of Object.entries(settings.set)) {
    if (stands(message, path)) editor.set(path, value)
  }
  return editor.set('MSH-10', controlIdOf(intent)).toBytes()
}

function original({ event }: WriteIntent): Message {
  if (typeof event?.message !== 'string') throw new Failure('source_message_gone')
  return readMessage(Buffer.from(event.message, 'latin1'))
}

/** Whether there are as many segments of the name as a path counts. */
function stands(message: Message, path: string): boolean {
  const { segment, ordinal } = parsePath(path)
  return message.segments.filter(({ name }) => name === segment).length >= Math.max(1, ordinal)
}

function without(message: Message, paths: readonly string[]): Message {
  if (paths.length === 0) return message
  const editor = edit(message)
  for (const path of paths) {
    // Where no number is given, all are meant: segments of the name, repetitions of the field.
    const all = /[\])]$/.test(path) ? path : `${path}[*]`
    if (segmentPath(path) !== undefined) editor.remove(all)
    else if (parsePath(path).component === 0) editor.remove(all)
    else if (stands(message, path)) editor.set(path, '')
  }
  return editor.toMessage()
}
