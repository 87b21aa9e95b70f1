// What the process itself says of its health: memory, and how long the event loop lets others wait.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface ProcessFacts {
  readonly rss_bytes: number
  /** 99 of 100 turns since the last look began with less delay than this. Milliseconds. */
  readonly event_loop_ms_p99: number
}

const RESOLUTION_MS = 1
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

/** Looks, and begins a new span for the next look. */
export function processFacts(): ProcessFacts {
  const delay_ms = Number.isNaN(delays.mean) ? 0 : delays.percentile(99) / 1e6 - RESOLUTION_MS
  delays.reset()
  delays.enable()
  return { rss_bytes: process.memoryUsage.rss(), event_loop_ms_p99: Math.max(0, delay_ms) }
}
