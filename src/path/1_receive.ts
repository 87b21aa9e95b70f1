// Station 1: bytes in, checked for size and for a header that can be answered. Nothing else is
// parsed and nothing is changed: what is not HL7 v2 is refused here, everything else can be stored.
import { findMessageStart, headerAt, scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Clock } from '../kit/clock.ts'
import { timeId } from '../kit/ids.ts'
import type { Random } from '../kit/random.ts'
import type { Code } from '../model/errors.ts'
import type { Arrival, MshScan, Received, Refused } from '../model/message.ts'

export interface ReceiveContext {
  readonly clock: Clock
  readonly random: Random
  readonly record_bytes_max: number
}

/** Pure but for the id that it draws. The order of the checks is the order of the reasons. */
export function receive(arrival: Arrival, context: ReceiveContext): Received | Refused {
  if (isBlank(arrival.bytes)) return refused(arrival, 'frame_empty')
  const msh = scanMsh(arrival.bytes)
  if (arrival.bytes.length > context.record_bytes_max)
    return refused(arrival, 'frame_too_large', msh)
  if (msh === undefined) return refused(arrival, headerCode(arrival.bytes))
  return {
    kind: 'received',
    bytes: arrival.bytes,
    peer: arrival.peer,
    door: arrival.door,
    received_at_ms: arrival.received_at_ms,
    raw_id: timeId(context.clock, context.random),
    feed: feedOf(arrival.door, msh),
    msh,
    control_id: msh.field(10),
    message_type: messageTypeOf(msh),
  }
}

function refused(arrival: Arrival, code: Code, msh?: MshScan): Refused {
  const { bytes, peer, door, received_at_ms } = arrival
  return { kind: 'refused', bytes, peer, door, received_at_ms, code, msh }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x0d && byte !== 0x0a && byte !== 0x20) return false
  return true
}

/** Tells a header with unusable delimiters from text that is no HL7 v2 at all. */
function headerCode(bytes: Buffer): Code {
  const header = headerAt(bytes, findMessageStart(bytes))
  return header === undefined ? 'frame_not_hl7' : 'msh_unreadable'
}

const FEED_LENGTH_MAX = 120

/** One sender inside a source: our door, MSH-3 and MSH-4 (design: section 1). */
export function feedOf(door: string, msh: MshScan): string {
  return `${door}|${msh.field(3)}|${msh.field(4)}`.slice(0, FEED_LENGTH_MAX)
}

/** `ADT^A01` whatever the sender's component separator; `ACK` where MSH-9 has no event. */
export function messageTypeOf(msh: MshScan): string {
  const { component } = msh.delimiters
  const [code = '', event = ''] =
    component === undefined ? [msh.field(9)] : msh.field(9).split(component)
  return event === '' ? code : `${code}^${event}`
}
