// Open dead letters by tenant, few and many.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLetters } from '../../src/operate/dead_count.ts'
import { noSearch } from '../../src/operate/search_open.ts'
import { type DeadReason, deadRecord } from '../../src/path/dead_letter.ts'
import { openLog, openStore } from '../path/rooms.ts'
import { rawRecord, START_MS } from '../path/toy.ts'

const letter = (id: string, tenant: string) => {
  const reason: DeadReason = {
    ...{ id, tenant, channel: 'adt_in', route: '', stage: 'transform', class: 'poison' },
    ...{ code: 'mapping_failed', path: '', facts: {}, attempts: 1, deployment: 'd' },
    ...{ first_failed_at_ms: START_MS, last_failed_at_ms: START_MS, origin: undefined },
  }
  return deadRecord(reason, rawRecord())
}

const dropped = (letter_id: string, tenant: string) => {
  const none = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }
  return { letter_id, tenant, state: 'dropped', by: 'Bo', why: 'noise', at_ms: 1, ...none } as const
}

test('counts open letters of each tenant, a letter that was written again once', async t => {
  const log = await openLog(t, ['dead.harbor', 'dead.north', 'dead.empty'])
  const store = await openStore(t)
  const few = ['a', 'b', 'b', 'c'].map(id => letter(id, 'harbor'))
  await log.append('dead.harbor', 0, few)
  const many = Array.from({ length: 2_500 }, (_, i) => letter(`n${i}`, 'north'))
  await log.append('dead.north', 0, many)
  await store.closeLetters([dropped('a', 'harbor'), dropped('n1', 'north'), dropped('n2', 'north')])
  const counts = await openLetters({ log, store, search: noSearch })
  assert.deepEqual(counts, { harbor: 2, north: 2_498, empty: 0 })
})
