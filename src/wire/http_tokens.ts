// Tokens that are asked for: one request for all who wait, kept while they are good, renewed before
// they end. A token server that is down costs nothing until the token in hand has ended.
import type { Clock } from '../kit/clock.ts'
import type { Code, Facts } from '../model/errors.ts'

export interface Token {
  readonly value: string
  /** From the moment it was asked for. Milliseconds. */
  readonly life_ms: number
}

/** Why there is none: a code whose outcome pauses the target, and facts without any secret. */
export interface NoToken {
  readonly code: Code
  readonly facts: Facts
}

export type TokenAnswer = { readonly token: Token } | { readonly refused: NoToken }

/** Part of its life after which a token is renewed while it still serves. */
const FRESH = 0.8
/** Before its end: a call that goes out now has to arrive with it. */
const SLACK_MS = 5_000
/** Between two tries to renew a token that still serves. */
const RENEW_WAIT_MS = 5_000

interface Held {
  readonly value: string
  readonly fresh_until_ms: number
  readonly good_until_ms: number
}

export class Tokens {
  readonly #ask: () => Promise<TokenAnswer>
  readonly #clock: Pick<Clock, 'elapsed'>
  #held: Held | undefined
  #asking: Promise<TokenAnswer> | undefined
  #renewAt_ms = 0

  /** `ask` never rejects for what the world does, and has a time limit of its own. */
  constructor(ask: () => Promise<TokenAnswer>, clock: Pick<Clock, 'elapsed'>) {
    this.#ask = ask
    this.#clock = clock
  }

  /** The token's text. `undefined` where the signal ended the wait. */
  async get(signal: AbortSignal): Promise<string | NoToken | undefined> {
    const now_ms = this.#clock.elapsed()
    const held = this.#held
    if (held !== undefined && now_ms < held.good_until_ms) {
      if (now_ms >= held.fresh_until_ms && now_ms >= this.#renewAt_ms) {
        this.#renewAt_ms = now_ms + RENEW_WAIT_MS
        void this.#once()
      }
      return held.value
    }
    const got = await unlessAborted(this.#once(), signal)
    if (got === undefined) return undefined
    return 'token' in got ? got.token.value : got.refused
  }

  /** The far end does not take this one (any more). Another one that is held by now stays. */
  forget(value: string): void {
    if (this.#held?.value === value) this.#held = undefined
  }

  #once(): Promise<TokenAnswer> {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #renew(): Promise<TokenAnswer> {
    const asked_ms = this.#clock.elapsed()
    const got = await this.#ask()
    if ('token' in got) {
      const { value, life_ms } = got.token
      this.#held = {
        value,
        fresh_until_ms: asked_ms + life_ms * FRESH,
        good_until_ms: asked_ms + Math.max(life_ms - SLACK_MS, life_ms / 2),
      }
    }
    return got
  }
}

/** `undefined` as soon as the signal aborts; the work goes on for the others who wait for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const abort = () => resolve(undefined)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
