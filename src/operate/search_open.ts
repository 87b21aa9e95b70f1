// Opens the search index over the rooms that a project has chosen. A log or a store that has none
// costs the engine its search and nothing else.
import type { Tables } from '../declare/room.ts'
import { Failure } from '../model/errors.ts'
import type { EnginePlan } from '../model/plan.ts'
import type { Search } from '../model/search.ts'
import type { Signals } from '../model/signals.ts'

export interface SearchPlace {
  readonly tables: Pick<Tables, 'logs' | 'stores'>
  readonly engine: Pick<EnginePlan, 'log' | 'store'>
  readonly data: string
  readonly signals: Signals
}

export function openSearchIn({ tables, engine, data, signals }: SearchPlace): Search {
  const reader_module = tables.logs[engine.log.kind]?.reader_module
  const room = tables.stores[engine.store.kind]
  if (reader_module === undefined || room?.openSearch === undefined) return noSearch
  return room.openSearch({ data, reader_module, signals })
}

const refuse = () => Promise.reject(new Failure('search_unavailable', { why: 'no index' }))

/** Where these rooms have no index. */
export const noSearch: Search = {
  messages: refuse,
  letters: refuse,
  letterCounts: refuse,
  recordsOf: refuse,
  repairsOf: refuse,
  caughtUp: refuse,
  progress: async () => ({
    records: 0,
    behind: 0,
    rebuilding: false,
    trouble: 'search_unavailable',
  }),
  close: async () => {},
}
