// The ledger as a search needs it.
import type { SearchStore, WriteState } from '../../model/search_store.ts'
import type { IntentState } from '../../model/state.ts'
import type { Database } from './database.ts'

/** The event is read out of the intent's text, because no column names it. */
export function writesOf(db: Database, raw_ids: readonly string[]): readonly WriteState[] {
  return raw_ids.flatMap(raw_id =>
    db
      .all<WriteState>(
        `SELECT c.raw_id, json_extract(c.intent, '$.event_id') AS event_id, l.intent_id, l.target,
          l.state FROM ledger_contents c JOIN ledger l ON l.intent_id = c.intent_id
          WHERE c.raw_id = ?`,
        raw_id,
      )
      .map(row => ({ ...row })),
  )
}

export function unknownIntents(db: Database, intent_ids: readonly string[]): readonly string[] {
  const known = 'SELECT 1 FROM ledger WHERE intent_id = ?'
  return intent_ids.filter(intent_id => db.get(known, intent_id) === undefined)
}

export function rawsInStates(
  db: Database,
  { states, tenant, target, limit }: Parameters<SearchStore['rawsInStates']>[0],
): readonly string[] | undefined {
  const places = db.all<{ tenant: string; target: string; state: IntentState; count: number }>(
    'SELECT tenant, target, state, count FROM ledger_counts WHERE count > 0',
  )
  const wanted = places.filter(
    place =>
      states.includes(place.state) &&
      (tenant ?? place.tenant) === place.tenant &&
      (target ?? place.target) === place.target,
  )
  if (wanted.reduce((sum, { count }) => sum + count, 0) > limit) return undefined
  const raw_ids = wanted.flatMap(place =>
    db.all<{ raw_id: string }>(
      `SELECT c.raw_id FROM ledger l JOIN ledger_contents c ON c.intent_id = l.intent_id
        WHERE l.tenant = ? AND l.target = ? AND l.state = ?`,
      ...[place.tenant, place.target, place.state],
    ),
  )
  return [...new Set(raw_ids.map(({ raw_id }) => raw_id))]
}
