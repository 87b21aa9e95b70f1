// How many dead letters of each tenant nobody has decided on: exact where there are few; where
// there are many, from the counts of records and of decisions, which tells the same without
// reading them.

import type { Store } from '../model/store.ts'
import { type LetterRooms, pageOfLetters } from './dead_letters.ts'

/** Letters that are read to be counted. */
const READ_MAX = 2_000

export async function openLetters(
  rooms: LetterRooms & { readonly store: Pick<Store, 'closedLetters'> },
): Promise<Readonly<Record<string, number>>> {
  const closed = await rooms.store.closedLetters()
  const counts: Record<string, number> = {}
  for (const { topic, first_offset, next_offset } of await rooms.log.partitions()) {
    if (!topic.startsWith('dead.')) continue
    const tenant = topic.slice('dead.'.length)
    const records = next_offset - first_offset
    counts[tenant] = records
    if (records > READ_MAX) counts[tenant] = Math.max(0, records - (closed[tenant] ?? 0))
    else if (records > 0) {
      const query = { tenant, state: 'open' } as const
      const page = await pageOfLetters(rooms, query, { after: '', limit: READ_MAX })
      counts[tenant] = new Set(page.rows.map(({ id }) => id)).size
    }
  }
  return counts
}
