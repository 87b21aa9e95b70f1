// The breaker: what opens it, what it lets through, what closes it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import { limits } from '../../src/model/limits.ts'
import { Breaker } from '../../src/path/breaker.ts'

const busy = { busy: 'target_transient', wait_ms: undefined } as const
const down = { pause: 'target_down' } as const

function world() {
  let now_ms = 1_000_000
  const breaker = new Breaker({ now: () => now_ms }, seededRandom(1))
  const wind = (ms: number) => {
    now_ms += ms
  }
  /** Goes to the moment at which it lets a call through. */
  const toNext = () => {
    now_ms = breaker.view.next_ms ?? now_ms
  }
  const fail = (rows: number, times: number) => {
    for (let i = 0; i < times; i++) breaker.heard(`row${i % rows}`, busy)
  }
  return { breaker, wind, toNext, fail, now: () => now_ms }
}

describe('a breaker', () => {
  it('opens at once where the fault is the target’s, and says since when, why and until when', () => {
    const { breaker, now } = world()
    assert.equal(breaker.view.state, 'closed')
    assert.equal(breaker.heard('row', down), 'opened')
    const { state, since_ms, next_ms, code } = breaker.view
    assert.deepEqual([state, since_ms, code], ['open', now(), 'target_down'])
    assert.ok((next_ms ?? 0) > now())
    assert.equal(breaker.room, 0)
  })

  it('opens after several failures of several rows, never for one row alone', () => {
    const one = world()
    one.fail(1, 100)
    assert.equal(one.breaker.view.state, 'closed')
    const many = world()
    many.fail(limits.breaker_rows_min, limits.breaker_failures_max - 1)
    assert.equal(many.breaker.view.state, 'closed')
    many.fail(1, 1)
    assert.equal(many.breaker.view.state, 'open')
  })

  it('begins to count anew with each success', () => {
    const { breaker, fail } = world()
    for (let i = 0; i < 10; i++) {
      fail(4, limits.breaker_failures_max - 1)
      breaker.heard('well', 'go_on')
    }
    assert.equal(breaker.view.state, 'closed')
  })

  it('lets one call through, at growing distances, and closes with its success', () => {
    const { breaker, toNext, now } = world()
    breaker.heard('row', down)
    const gaps: number[] = []
    for (let i = 0; i < 12; i++) {
      gaps.push((breaker.view.next_ms ?? 0) - now())
      toNext()
      assert.equal(breaker.view.state, 'half_open')
      assert.equal(breaker.room, 1)
      assert.equal(breaker.begin(`probe${i}`), true)
      assert.equal(breaker.room, 0)
      breaker.heard(`probe${i}`, i % 2 ? down : busy)
      breaker.end(`probe${i}`)
      assert.equal(breaker.room, 0)
    }
    assert.ok((gaps[0] ?? 0) <= 1_000)
    assert.ok((gaps.at(-1) ?? 0) >= limits.breaker_wait_ms_max / 2)
    toNext()
    breaker.begin('last')
    assert.equal(breaker.heard('last', 'go_on'), 'closed')
    breaker.end('last')
    assert.equal(breaker.room, Number.POSITIVE_INFINITY)
    assert.equal(breaker.view.since_ms, undefined)
  })

  it('lets another one through where the first came to no end of its own', () => {
    const { breaker, toNext } = world()
    breaker.heard('row', down)
    toNext()
    breaker.begin('probe')
    breaker.end('probe')
    assert.equal(breaker.room, 1)
  })

  it('stays open as long as the target asks, whatever else comes back meanwhile', () => {
    const { breaker, wind } = world()
    breaker.heard('row', { busy: 'target_throttled', wait_ms: 120_000 })
    breaker.heard('other', 'go_on')
    breaker.heard('third', down)
    wind(119_999)
    assert.equal(breaker.room, 0)
    wind(1)
    assert.equal(breaker.room, 1)
  })

  it('bounds what a target may ask for', () => {
    const { breaker, wind } = world()
    breaker.heard('row', { busy: 'target_throttled', wait_ms: 1e15 })
    wind(limits.target_wait_ms_max)
    assert.equal(breaker.room, 1)
  })

  it('is tried at once when a person says so', () => {
    const { breaker } = world()
    breaker.heard('row', down)
    breaker.tryNow()
    assert.equal(breaker.room, 1)
  })
})
