// What a filter asks of a message: tags that it must and must not have, words that lead to it, and
// what neither can tell.
import type { MessageFilter } from '../../../model/search.ts'
import type { Tags } from './tags.ts'
import { wordOf } from './words.ts'

export interface MessageRecord {
  readonly n: number
  readonly raw_id: string
  readonly part: number
  readonly tenant: string
  readonly channel: string
  readonly control_id: string
  readonly message_type: string
  readonly stored_at_ms: number
  readonly topic_name: string | null
  readonly partition: number | null
  readonly offset: number | null
}

const isTag = (tag: number | undefined) => tag !== undefined

/** Ends that a row has, and has not. */
const ends: Readonly<
  Record<
    NonNullable<MessageFilter['ended']>,
    { readonly have: readonly string[]; readonly lack: readonly string[] }
  >
> = {
  waiting: { have: [], lack: ['any'] },
  mapped: { have: ['event'], lack: ['routed', 'unrouted'] },
  event: { have: ['event'], lack: [] },
  routed: { have: ['routed'], lack: [] },
  dead: { have: ['dead'], lack: [] },
  filtered: { have: ['filtered'], lack: [] },
  duplicate: { have: ['duplicate'], lack: [] },
  no_event: { have: ['no_event'], lack: [] },
  unrouted: { have: ['unrouted'], lack: [] },
}

/** Tags that a row must have, and must not have; undefined: no row can have them. */
export interface Wanted {
  readonly all: readonly number[]
  readonly none: readonly number[]
}

export function wantedOf(filter: MessageFilter, tags: Tags): Wanted | undefined {
  const { tenant, channel, type, target, ended } = filter
  const all: number[] = []
  for (const [name, value] of Object.entries({ tenant, channel, type, target })) {
    if (value === undefined) continue
    const tag = tags.find(name, value)
    if (tag === undefined) return undefined
    all.push(tag)
  }
  const end = ended && ends[ended]
  if (end === undefined) return { all, none: [] }
  const tagsOf = (names: readonly string[]) => names.map(name => tags.find('ended', name))
  const [have, lack] = [tagsOf(end.have), tagsOf(end.lack).filter(isTag)]
  return have.every(isTag) ? { all: [...all, ...have], none: lack } : undefined
}

export function wordsOf({ control_id, patient, visit, event_id }: MessageFilter): string[] {
  const named = { control_id, patient, visit, event_id }
  return (['control_id', 'patient', 'visit', 'event_id'] as const).flatMap(kind => {
    const value = named[kind]
    return value === undefined ? [] : [wordOf(kind, value)]
  })
}

/** What bitmaps and words leave open: the exact time, and values that share a tag. */
export function fits(row: MessageRecord, filter: MessageFilter): boolean {
  const { since_ms = 0, until_ms = Infinity, type, control_id, raw_ids } = filter
  if (raw_ids !== undefined && !raw_ids.includes(row.raw_id)) return false
  if (row.stored_at_ms < since_ms || row.stored_at_ms >= until_ms) return false
  if (control_id !== undefined && row.control_id !== control_id) return false
  return type === undefined || row.message_type === type || row.message_type.split('^')[0] === type
}
