// The store contract's cases about replays: a name is taken once, a step stands whole or not, and
// what has ended stays so.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NO_COUNTS, type ReplayPlan } from '../../src/model/replay_store.ts'
import type { Lab } from './store_samples.ts'

let made = 0

const planOf = (change: Partial<ReplayPlan> = {}): ReplayPlan => ({
  name: `replay_${++made}`,
  tenant: 'tenant_a',
  topic: 'raw.tenant_a.adt',
  from_offset: 3,
  to_offset: 9,
  only: { type: 'ADT^A01' },
  targets: ['chart'],
  deployment: 'a'.repeat(16),
  rate_per_second: undefined,
  asked: '{}',
  by: 'Ann',
  why: 'the ward code was wrong',
  at_ms: 1_000,
  ...change,
})

const word = { by: 'Bo', why: 'too slow', at_ms: 2_000 }

export function replayCases(lab: Lab): void {
  describe('replays', () => {
    it('begin where their span does, and take a name once', async () => {
      const plan = planOf()
      const first = await lab.store.makeReplay(plan, 40)
      assert.equal(first.made, true)
      const { name, from_offset } = plan
      const row = await lab.store.replay(name)
      assert.deepEqual(row, first.row)
      assert.deepEqual(
        { state: row?.state, position: row?.position, sink: row?.sink_offset, counts: row?.counts },
        { state: 'running', position: from_offset, sink: 40, counts: NO_COUNTS },
      )
      const again = await lab.store.makeReplay({ ...plan, to_offset: 99 }, 50)
      assert.deepEqual(again, { made: false, row })
      assert.equal((await lab.store.replayWords(name)).length, 1)
    })

    it('step with what they found, only while they run', async () => {
      const { name } = planOf()
      await lab.store.makeReplay(planOf({ name }), 0)
      const lost = [{ event_id: 'e1', raw_id: 'r1' }]
      const counts = { ...NO_COUNTS, read: 2, lost: 1 }
      const step = { position: 5, sink_offset: 44, counts, lost, at_ms: 1_500 }
      assert.equal(await lab.store.stepReplay(name, step), true)
      assert.equal(await lab.store.stepReplay(name, step), true)
      assert.deepEqual(await lab.store.lostEvents(name, 10), lost)
      assert.equal(await lab.store.turnReplay(name, { ...word, word: 'pause' }), true)
      assert.equal(await lab.store.stepReplay(name, { ...step, position: 6 }), false)
      const row = await lab.store.replay(name)
      assert.deepEqual([row?.position, row?.sink_offset, row?.counts], [5, 44, counts])
      assert.equal(await lab.store.stepReplay('nobody', step), false)
    })

    it('are turned by people, and what has ended stays so', async () => {
      const { name } = planOf()
      await lab.store.makeReplay(planOf({ name }), 0)
      const turn = (to: 'pause' | 'resume' | 'cancel' | 'end') =>
        lab.store.turnReplay(name, { ...word, word: to })
      assert.equal(await turn('resume'), false)
      assert.equal(
        await lab.store.turnReplay(name, { ...word, word: 'pause', reason: 'deployment_unknown' }),
        true,
      )
      assert.equal((await lab.store.replay(name))?.reason, 'deployment_unknown')
      assert.equal(await turn('end'), false)
      assert.equal(await turn('resume'), true)
      assert.equal((await lab.store.replay(name))?.reason, undefined)
      assert.equal(await turn('cancel'), true)
      for (const late of ['pause', 'resume', 'cancel', 'end'] as const) {
        assert.equal(await turn(late), false)
      }
      const words = await lab.store.replayWords(name)
      assert.deepEqual(
        words.map(one => one.word),
        ['start', 'pause', 'resume', 'cancel'],
      )
      assert.deepEqual(words.at(-1), { ...word, word: 'cancel' })
    })

    it('are listed, the newest first', async () => {
      const [a, b] = [planOf(), planOf()]
      await lab.store.makeReplay(a, 0)
      await lab.store.makeReplay(b, 0)
      await lab.store.turnReplay(a.name, { ...word, word: 'end' })
      const names = async (state?: 'running' | 'done') =>
        (await lab.store.replays({ ...(state && { state }), limit: 2 })).map(row => row.name)
      assert.deepEqual(await names(), [b.name, a.name])
      assert.equal((await names('running'))[0], b.name)
      assert.deepEqual((await names('done')).includes(a.name), true)
    })
  })
}
