// No message stops the engine (design: G9). After a death what was in hand is taken one thing at a
// time, in the whole process, and what is in hand is written down first; so one that was alone in
// hand at two more deaths is known, and set aside by whoever works it.
import { type Failure, failureOf } from '../model/errors.ts'
import type { Store } from '../model/store.ts'

/** Deaths at which a thing was alone in hand, from which on it is not taken again. */
export const DEATHS_MAX = 4

export interface Hands {
  /** The process before this one did not come to its end by itself. */
  readonly careful: boolean
  /**
   * Works on one thing while nothing else is worked alone; `deaths` is at how many deaths it was
   * alone in hand. Rejects as the work does.
   */
  alone<T>(name: string, work: (deaths: number) => Promise<T>): Promise<T>
}

const CURSOR = 'hands'

/** Things whose deaths are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 1_000

interface Kept {
  /** A process owns the store, or has died with it. */
  readonly running: boolean
  readonly alone: string | null
  readonly deaths: Readonly<Record<string, number>>
}

type Cursors = Pick<Store, 'getCursor' | 'setCursor'>

export async function openHands(store: Cursors): Promise<OpenHands> {
  const text = await store.getCursor(CURSOR)
  const before: Kept = text
    ? (JSON.parse(text) as Kept)
    : { running: false, alone: null, deaths: {} }
  const { alone, deaths } = before
  const blamed = before.running && alone !== null ? { [alone]: (deaths[alone] ?? 0) + 1 } : {}
  const hands = new OpenHands(store, before.running, { ...deaths, ...blamed })
  await hands.begin()
  return hands
}

export class OpenHands implements Hands {
  readonly careful: boolean
  #deaths: Map<string, number>
  #last: Promise<unknown> = Promise.resolve()
  #bug = false
  readonly #store: Cursors

  constructor(store: Cursors, careful: boolean, deaths: Readonly<Record<string, number>>) {
    this.#store = store
    this.careful = careful
    this.#deaths = new Map(Object.entries(deaths).slice(-REMEMBERED_MAX))
  }

  begin(): Promise<void> {
    return this.#keep({ running: true, alone: null })
  }

  alone<T>(name: string, work: (deaths: number) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#one(name, work))
    this.#last = done.catch(() => {
      // Whoever asked is told; the next one does not depend on it.
    })
    return done
  }

  /** A bug has been met: the process will not come to its end by itself, whatever is closed yet. */
  bug(): void {
    this.#bug = true
  }

  /** The end by itself: what comes next need not be careful. */
  async close(): Promise<void> {
    await this.#last
    if (!this.#bug) await this.#keep({ running: false, alone: null })
  }

  async #one<T>(name: string, work: (deaths: number) => Promise<T>): Promise<T> {
    await this.#keep({ running: true, alone: name })
    let failure: Failure | undefined
    try {
      return await work(this.#deaths.get(name) ?? 0)
    } catch (cause) {
      failure = failureOf(cause)
      // A bug ends the process with the thing in hand.
      if (failure === undefined) this.#bug = true
      throw cause
    } finally {
      if (!this.#bug) {
        if (failure === undefined) this.#deaths.delete(name)
        await this.#keep({ running: true, alone: null })
      }
    }
  }

  #keep(now: Pick<Kept, 'running' | 'alone'>): Promise<void> {
    const deaths = Object.fromEntries(this.#deaths)
    return this.#store.setCursor(CURSOR, JSON.stringify({ ...now, deaths } satisfies Kept))
  }
}
