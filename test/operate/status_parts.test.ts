// What an operator asks next of a picture: which channel lags, what has waited longest and for
// what, which reasons dead letters have, and whether the search index keeps up.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Engine } from '../../src/operate/engine.ts'
import { statusOf } from '../../src/operate/status.ts'
import { letterLine, searchLine } from '../../src/operate/status_parts.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { startToy } from './world.ts'

const rates = { perSecond: () => 2, close: async () => {} }
const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }

it('shows channels, the oldest write that waits with its reason, and dead letters by reason', async t => {
  const { engine, send } = await startToy(t)
  await engine.store.pause({
    ...{ tenant: 'harbor', kind: 'target', name: 'chart' },
    ...{ by: 'R. Moss', why: '', at_ms: 5 },
  })
  await engine.pauses.refresh()
  await send(adt('A01', { ...facts, control_id: 'MSG1' }))
  await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
  const status = () => statusOf(engine, rates, systemClock.now())
  await until('a write waits', async () => (await status()).oldest.length > 0)
  await until('the letter stands', async () => (await status()).letters?.reasons.length === 1)
  const { channels, oldest, letters, search, space } = await status()
  assert.deepEqual(channels, [
    {
      ...{ tenant: 'harbor', channel: 'adt_in', per_second: 2, connections: 1 },
      ...{ waiting: 0, since_ms: undefined },
    },
  ])
  assert.equal(oldest[0]?.target, 'chart')
  assert.equal(oldest[0].words, 'target paused by R. Moss')
  assert.equal(oldest[0].since_ms, 5)
  assert.equal(letters?.reasons[0]?.code, 'message_type_unmapped')
  assert.equal(search.trouble, undefined)
  assert.deepEqual(space, [])
})

it('shows no reasons of a tenant whose dead letters are all decided on', async () => {
  const count = (tenant: string) => ({ tenant, code: 'target_refused', count: 3 })
  const search = { letterCounts: async () => [count('harbor'), count('lake')] }
  const store = { closedLetters: async () => ({ harbor: 3, lake: 2 }) }
  const line = await letterLine({ search, store } as unknown as Engine)
  assert.deepEqual(
    line?.reasons.map(({ tenant }) => tenant),
    ['lake'],
  )
})

it('leaves out what the index cannot tell, and says that it cannot', async () => {
  const refuse = (code: 'search_unavailable' | 'log_io_error') => () =>
    Promise.reject(new Failure(code))
  const search = { letterCounts: refuse('search_unavailable'), progress: refuse('log_io_error') }
  const engine = { search, store: {} } as unknown as Engine
  assert.equal(await letterLine(engine), undefined)
  assert.equal((await searchLine(engine)).trouble, 'log_io_error')
})
