// The store contract's cases about pauses: who stopped what, until somebody lets it go on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pause } from '../../src/model/pause_store.ts'
import type { Lab } from './store_samples.ts'

export function pauseCases(lab: Lab): void {
  const named = (change: Partial<Pause> = {}): Pause => ({
    tenant: 'north',
    kind: 'target',
    name: lab.lane().target,
    by: 'R. Moss',
    why: 'maintenance',
    at_ms: 1_000,
    ...change,
  })
  const stands = async ({ name, kind }: Pause) =>
    (await lab.store.paused()).filter(one => one.name === name && one.kind === kind)

  describe('pauses', () => {
    it('stand with who, when and why until they are ended, again and again', async () => {
      const one = named()
      for (const at_ms of [1_000, 2_000]) {
        assert.equal(await lab.store.pause({ ...one, at_ms }), true)
        assert.deepEqual(await stands(one), [{ ...one, at_ms }])
        assert.equal(await lab.store.resume({ ...one, by: 'Bo', at_ms: at_ms + 500 }), true)
        assert.deepEqual(await stands(one), [])
      }
    })

    it('keep what was said first, and need no second end', async () => {
      const one = named()
      assert.equal(await lab.store.resume(one), false)
      await lab.store.pause(one)
      assert.equal(await lab.store.pause({ ...one, by: 'Bo' }), false)
      assert.deepEqual(await stands(one), [one])
      await lab.store.resume(one)
      assert.equal(await lab.store.resume(one), false)
    })

    it('tell a target from a channel of the same name', async () => {
      const target = named()
      const channel = { ...target, kind: 'channel' as const }
      await lab.store.pause(channel)
      assert.deepEqual(await stands(target), [])
      assert.deepEqual(await stands(channel), [channel])
    })
  })
}
