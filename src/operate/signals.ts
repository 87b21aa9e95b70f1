// Signals as operators read them: one JSON line each on standard error (winston), and counters in
// memory for `firth status`. Facts are names, counts and positions; patient data never reaches this
// file.
import winston from 'winston'
import type { Facts } from '../model/errors.ts'
import type { Passage, SignalLevel, Signals } from '../model/signals.ts'

export interface Counter {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface KeptSignals extends Signals {
  counters(): readonly Counter[]
  /** Is told of every passage from now on; it must be quick and must not throw. */
  listen(listener: (passage: Passage) => void): void
}

export interface SignalOptions {
  readonly level: SignalLevel
  /** People at a terminal get a sentence, programs get JSON. */
  readonly format: 'json' | 'text'
}

export function openSignals(options: SignalOptions): KeptSignals {
  const { combine, timestamp, json, printf } = winston.format
  const text = printf(({ timestamp: at, level, message, ...facts }) =>
    [
      at,
      level.padEnd(5),
      message,
      ...Object.entries(facts).map(([k, v]) => `${k}=${String(v)}`),
    ].join(' '),
  )
  const logger = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: combine(timestamp(), options.format === 'json' ? json() : text),
    transports: [
      new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] }),
    ],
  })
  const counters = new Map<
    string,
    { name: string; labels: Readonly<Record<string, string>>; value: number }
  >()
  const listeners: ((passage: Passage) => void)[] = []
  const tellAll = (passage: Passage) => {
    for (const listener of listeners) listener(passage)
  }
  return {
    say(level, what, facts: Facts = {}) {
      // Behind the facts: one of the same name must not change the level, and so hide the signal.
      logger.log({ ...facts, timestamp: undefined, level, message: what })
    },
    count(name, labels, by = 1) {
      if (by === 0) return
      const key = [name, ...Object.values(labels)].join('\0')
      const counter = counters.get(key)
      if (counter === undefined) counters.set(key, { name, labels, value: by })
      else counter.value += by
    },
    counters: () => [...counters.values()],
    get passed() {
      return listeners.length === 0 ? undefined : tellAll
    },
    listen: listener => void listeners.push(listener),
  }
}
