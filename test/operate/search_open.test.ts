// Where the rooms of a project have no index, searching is refused in words and the engine runs.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { silentSignals } from '../../src/model/signals.ts'
import { openSearchIn } from '../../src/operate/search_open.ts'

it('refuses to search over rooms that have no index, and says so as its trouble', async () => {
  const room = { kind: '', config: {} }
  const search = openSearchIn({
    tables: { logs: {}, stores: {} },
    engine: { log: room, store: room },
    data: '/nowhere',
    signals: silentSignals,
  })
  await assert.rejects(search.messages({}, { after: '', limit: 1 }), { code: 'search_unavailable' })
  await assert.rejects(search.caughtUp(), { code: 'search_unavailable' })
  assert.equal((await search.progress()).trouble, 'search_unavailable')
  await search.close()
})
