// What operators read: lines, counters. The path emits by code and facts; operate/ writes them.
import type { Facts } from './errors.ts'

export type SignalLevel = 'error' | 'warn' | 'info' | 'debug'

export interface Signals {
  /** One line. `what` is a fixed sentence or code; facts hold no patient data. */
  say(level: SignalLevel, what: string, facts?: Facts): void
  /** Adds to a counter. The labels are few and from configuration. */
  count(name: string, labels: Readonly<Record<string, string>>, by?: number): void
}

/** For tests and offline tools. */
export const silentSignals: Signals = { say: () => {}, count: () => {} }
