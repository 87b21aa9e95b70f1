// Rates over the last minute, by a clock of the test.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FeedStatus } from '../../src/model/rooms.ts'
import type { OpenChannel } from '../../src/operate/engine.ts'
import { openRates } from '../../src/operate/rates.ts'
import { handClock } from '../path/rooms.ts'
import { channelPlan } from '../path/toy.ts'

const FEED = 'harbor adt_in 2575|HIS|HARBOR'

function world() {
  const clock = handClock()
  const totals = new Map<string, number>([['2575|HIS|HARBOR', 0]])
  const channel: OpenChannel = {
    plan: channelPlan(),
    source: {
      address: 'toy',
      feeds: () =>
        [...totals].map(
          ([feed, received]): FeedStatus => ({
            feed,
            connections: 1,
            received,
            acknowledged: received,
            refused: 0,
            last_at_ms: undefined,
          }),
        ),
      drain: async () => {},
    },
  }
  const rates = openRates(() => [channel], clock)
  const receive = async (per_second: number, seconds: number, feed = '2575|HIS|HARBOR') => {
    for (let i = 0; i < seconds; i++) {
      totals.set(feed, (totals.get(feed) ?? 0) + per_second)
      await clock.wind(1_000)
    }
  }
  return { clock, rates, receive }
}

describe('the rate of a feed', () => {
  it('is nothing at the first moment, and for a feed that is unknown', async () => {
    const { rates } = world()
    assert.equal(rates.perSecond(FEED), 0)
    assert.equal(rates.perSecond('harbor adt_in nobody'), 0)
    await rates.close()
  })

  it('is messages a second', async () => {
    const { rates, receive } = world()
    await receive(7, 30)
    assert.equal(rates.perSecond(FEED), 7)
    await rates.close()
  })

  it('forgets what was longer ago than a minute', async () => {
    const { rates, receive } = world()
    await receive(1_000, 120)
    await receive(2, 62)
    assert.equal(rates.perSecond(FEED), 2)
    await receive(0, 62)
    assert.equal(rates.perSecond(FEED), 0)
    await rates.close()
  })

  it('counts a feed that begins late from its begin', async () => {
    const { rates, receive } = world()
    await receive(0, 50)
    await receive(10, 10, '2575|LAB|HARBOR')
    const rate = rates.perSecond('harbor adt_in 2575|LAB|HARBOR')
    assert.ok(rate > 1 && rate <= 2)
    await rates.close()
  })
})
