// Rates over the last minute, from totals sampled now and then: cheap, and right after a quiet
// hour.
import type { Clock } from '../kit/clock.ts'
import type { OpenChannel } from './engine.ts'

export interface Rates {
  /** Messages a second over the last minute, for `<tenant> <channel> <feed>`. */
  perSecond(feed: string): number
  close(): Promise<void>
}

interface Sample {
  readonly at_ms: number
  readonly totals: ReadonlyMap<string, number>
}

const SAMPLE_EVERY_MS = 2_000
const SAMPLES_MAX = 30

export function openRates(channels: () => readonly OpenChannel[], clock: Clock): Rates {
  const samples: Sample[] = [take(channels(), clock)]
  const stop = new AbortController()
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(SAMPLE_EVERY_MS, stop.signal)
      samples.push(take(channels(), clock))
      if (samples.length > SAMPLES_MAX) samples.shift()
    }
  })()
  return {
    perSecond(feed) {
      const [oldest] = samples
      const newest = take(channels(), clock)
      const seconds = oldest === undefined ? 0 : (newest.at_ms - oldest.at_ms) / 1000
      if (seconds <= 0) return 0
      // A listener that was opened anew counts from nothing again.
      const counted = (newest.totals.get(feed) ?? 0) - (oldest?.totals.get(feed) ?? 0)
      return Math.max(0, counted) / seconds
    },
    async close() {
      stop.abort()
      await ended
    },
  }
}

function take(channels: readonly OpenChannel[], clock: Clock): Sample {
  const totals = channels.flatMap(({ plan, source }) =>
    source
      .feeds()
      .map(feed => [`${plan.tenant} ${plan.channel} ${feed.feed}`, feed.received] as const),
  )
  return { at_ms: clock.elapsed(), totals: new Map(totals) }
}
