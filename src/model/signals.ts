// What operators read: lines, counters. The path emits by code and facts; operate/ writes them.
import type { Facts } from './errors.ts'

export type SignalLevel = 'error' | 'warn' | 'info' | 'debug'

export type Station = 'append' | 'transform' | 'route' | 'govern' | 'deliver' | 'verify'

/** Messages that passed a station together, for traces and for the times between stations. */
export interface Passage {
  readonly station: Station
  /** From configuration: tenant; channel or target; of a delivery its outcome. */
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly began_ms: number
  readonly ended_ms: number
  readonly messages: readonly Passenger[]
}

export interface Passenger {
  /** W3C Trace Context; '' where the record is older than that. */
  readonly traceparent: string
  /** Since when it stood before the station, milliseconds since 1970. */
  readonly since_ms: number
}

export interface Signals {
  /** One line. `what` is a fixed sentence or code; facts hold no patient data. */
  say(level: SignalLevel, what: string, facts?: Facts): void
  /** Adds to a counter. The labels are few and from configuration. */
  count(name: string, labels: Readonly<Record<string, string>>, by?: number): void
  /** A station has done its part. Absent: nobody wants to know, and nothing need be prepared. */
  readonly passed?: ((passage: Passage) => void) | undefined
}

/** For tests and offline tools. */
export const silentSignals: Signals = { say: () => {}, count: () => {} }
