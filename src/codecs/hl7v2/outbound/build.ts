// A new message from a canonical event, whatever it came from: ADT for patients and visits, ORU^R01
// for results. What R4 holds beyond the segments written here stays behind; the README of the
// adapter says what they are.
import type { WriteIntent } from '../../../model/intent.ts'
import type { Message } from '../read.ts'
import { adt } from './adt.ts'
import { time } from './datatypes.ts'
import { oru } from './oru.ts'
import { messageOf, treeOf } from './segments.ts'

export interface BuildSettings {
  readonly version?: string
  readonly charset: 'utf-8' | 'iso-8859-1' | 'ascii'
  /** As the far end writes them → URI. */
  readonly assigning_authorities: Readonly<Record<string, string>>
}

const VERSION = '2.5.1'

/** MSH-7 is when it happened, so that it is the same on every try. */
export function build(intent: WriteIntent, settings: BuildSettings): Message {
  const { version = VERSION, charset, assigning_authorities } = settings
  const pairs = Object.entries(assigning_authorities).map(([name, uri]) => [uri, name] as const)
  const building = { intent, tree: treeOf(intent), authorities: new Map(pairs), version }
  const { type, segments } = intent.event_kind.startsWith('result.') ? oru(building) : adt(building)
  // MSH-9.3 came with 2.3.1.
  const type_ = version === '2.3' ? type.slice(0, 2) : type
  const header = { 7: time(intent.event?.occurred_at), 9: type_, 11: 'P', 12: version }
  return messageOf({ header, charset }, segments)
}
