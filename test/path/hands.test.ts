// What is known of deaths: who was alone in hand, how often, and that an end by itself is none.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import { Failure } from '../../src/model/errors.ts'
import { openHands } from '../../src/path/hands.ts'

/** What a store keeps of cursors; a death is whatever was not closed. */
function cursors() {
  const kept = new Map<string, string>()
  return {
    getCursor: async (name: string) => kept.get(name),
    setCursor: async (name: string, value: string) => void kept.set(name, value),
  }
}

const never = () => new Promise<never>(() => {})
const turns = () => new Promise(resolve => setImmediate(resolve))

describe('hands', () => {
  it('are careful after a death, and not after an end by itself', async () => {
    const store = cursors()
    const first = await openHands(store)
    assert.equal(first.careful, false)
    await first.close()
    assert.equal((await openHands(store)).careful, false)
    assert.equal((await openHands(store)).careful, true)
  })

  it('are careful after a bug, whatever is closed on the way out', async () => {
    const store = cursors()
    const first = await openHands(store)
    first.bug()
    await first.close()
    assert.equal((await openHands(store)).careful, true)
  })

  it('count the deaths of what was alone in hand, and of nothing else', async () => {
    const store = cursors()
    const seen: number[] = []
    for (let i = 0; i < 3; i++) {
      const hands = await openHands(store)
      await hands.alone('innocent', async deaths => assert.equal(deaths, 0))
      void hands.alone('culprit', deaths => {
        seen.push(deaths)
        return never()
      })
      void hands.alone('waits its turn', async () => assert.fail('nothing else is in hand'))
      await turns()
    }
    assert.deepEqual(seen, [0, 1, 2])
    const hands = await openHands(store)
    await hands.alone('culprit', async deaths => assert.equal(deaths, 3))
    await hands.alone('culprit', async deaths => assert.equal(deaths, 0, 'it came to its end'))
  })

  it('blame nobody where the process died with nothing alone in hand', async () => {
    const store = cursors()
    await (await openHands(store)).alone('one', async () => {})
    await (await openHands(store)).alone('one', async deaths => assert.equal(deaths, 0))
  })

  it('take a failure of the world for no death, and a bug for one', async () => {
    const store = cursors()
    const first = await openHands(store)
    const full = () => Promise.reject(new Failure('log_disk_full'))
    await assert.rejects(first.alone('one', full))
    await first.alone('other', async () => {})
    await assert.rejects(first.alone('one', () => Promise.reject(new Bug('broken'))))
    await first.close()
    const next = await openHands(store)
    assert.equal(next.careful, true)
    await next.alone('one', async deaths => assert.equal(deaths, 1))
  })
})
