// The loop of stations 7 and 8 for one target: claims what may go, keeps at most `in_flight_max`
// under way, wakes when something new is admitted or due, and settles what an earlier owner left in
// flight. While a person has paused the target or its breaker is open, no call begins.
import { prepaid, type Rate } from '../kit/rate.ts'
import { failureOf } from '../model/errors.ts'
import type { LedgerRow } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { Pause } from '../model/pause_store.ts'
import type { ClaimOptions } from '../model/store.ts'
import { type DeliverContext, deliver, resolveUnknown, sayHeld, setAside } from './7_deliver.ts'
import { type Look, look } from './8_verify.ts'
import { type After, Breaker, type BreakerView } from './breaker.ts'
import { DEATHS_MAX, type Hands } from './hands.ts'

export interface DeliveryOptions extends DeliverContext {
  readonly in_flight_max: number
  /** Calls that may begin in a second; undefined: as many as the target answers. */
  readonly rate?: Rate | undefined
  /** A person's word that no call may begin at the moment; `wake` tells that it has changed. */
  paused?(): Pause | undefined
  /** Absent: nothing is known of a death before. */
  readonly hands?: Hands | undefined
  /** A bug: nothing may go on. */
  onBug(cause: unknown): void
}

export interface Delivery {
  /** Something new may be deliverable. */
  wake(): void
  /** A person's word, while it holds. */
  readonly paused: Pause | undefined
  readonly breaker: BreakerView
  readonly on_unknown: DeliverContext['on_unknown']
  /** So long after a call without an answer the target is asked what became of it. */
  readonly verify_after_ms: number
  /** Calls in a second, where they are limited. */
  readonly rate_per_second: number | undefined
  /** Milliseconds until the rate lets the next write begin; 0 where it does. */
  readonly rate_wait_ms: number
  /** The breaker lets a call through at once. */
  tryNow(): void
  /** Reads back what the target holds of a row; undefined while no call may begin. */
  look(row: LedgerRow): Promise<Look | undefined>
  /** Claims no more, lets calls under way come to their end, then resolves. */
  close(): Promise<void>
}

const IDLE_MS_MAX = 5_000
const LEFTOVERS_MS = 1_000

export function openDelivery(options: DeliveryOptions): Delivery {
  const loop = new Loop(options)
  void loop.run().catch(options.onBug)
  return {
    wake: () => loop.wake(),
    get paused() {
      return options.paused?.()
    },
    get breaker() {
      return loop.breaker.view
    },
    on_unknown: options.on_unknown,
    verify_after_ms: options.settle_ms + options.visible_ms,
    tryNow() {
      loop.breaker.tryNow()
      loop.wake()
    },
    rate_per_second: options.rate?.per_second,
    get rate_wait_ms() {
      return options.rate?.wait_ms() ?? 0
    },
    look: row => loop.look(row),
    close: () => loop.close(),
  }
}

class Loop {
  readonly breaker: Breaker
  #closed = false
  #active = new Map<string, Promise<void>>()
  #asked = new Map<string, number>()
  #leftoversAt_ms = 0
  readonly #startedAt_ms: number
  /**
   * What was in hand at a death, until one try of each has come to its end: meanwhile one row is in
   * hand at a time (G9). Undefined: it is not known yet.
   */
  #suspects: Set<string> | undefined
  #alarm = Promise.withResolvers<void>()
  #ended = Promise.withResolvers<void>()
  readonly #options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#startedAt_ms = options.clock.now()
    this.breaker = new Breaker(options.clock, options.random)
  }

  wake(): void {
    this.#alarm.resolve()
  }

  async run(): Promise<void> {
    try {
      while (!this.#closed) await this.#round().catch(cause => this.#failed(cause))
      await Promise.all(this.#active.values())
    } finally {
      this.#ended.resolve()
    }
  }

  async look(row: LedgerRow): Promise<Look | undefined> {
    const { rate, paused } = this.#options
    if (this.#closed || paused?.() !== undefined || this.breaker.room === 0) return undefined
    return look(row, { ...this.#options, spend: rate && (calls => rate.spend(calls)) })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.wake()
    await this.#ended.promise
  }

  async #round(): Promise<void> {
    this.#alarm = Promise.withResolvers()
    await this.#leftovers()
    const claimed = await this.#claim()
    if (claimed === 0) await this.#rest()
  }

  /**
   * The store or the log cannot do its part at the moment: what is in flight is found again later.
   */
  async #failed(cause: unknown): Promise<void> {
    const { clock, signals, tenant, target } = this.#options
    const failure = failureOf(cause)
    if (failure === undefined) throw cause
    signals.say('error', 'delivery waits', { tenant, target, code: failure.code, ...failure.facts })
    if (!this.#closed) await clock.sleep(LEFTOVERS_MS)
  }

  async #claim(): Promise<number> {
    const { store, clock, settle_ms, on_unknown } = this.#options
    const now_ms = clock.now()
    const limit = this.#room()
    if (limit <= 0) return 0
    const lease_ms = limits.conversation_ms_max + settle_ms
    const claim: ClaimOptions = { now_ms, lease_ms, limit }
    const rows = await store.claim(this.#options, claim)
    const [doubtful, sure] = [
      rows.filter(({ state }) => state === 'unknown'),
      rows.filter(({ state }) => state !== 'unknown'),
    ]
    for (const row of sure) this.#start(row, context => deliver(row, context))
    // After a restore. No call of ours is under way, so there is nothing to wait for.
    if (on_unknown !== 'hold')
      for (const row of doubtful) this.#start(row, context => resolveUnknown(row, context))
    else if (doubtful.length > 0) sayHeld(this.#options, doubtful.length)
    return rows.length
  }

  /** How many writes may begin now. */
  #room(): number {
    const { in_flight_max, rate, paused } = this.#options
    if (paused?.() !== undefined) return 0
    const most = this.#suspects?.size ? 1 : in_flight_max
    const free = most - this.#active.size
    return Math.min(free, this.breaker.room, rate?.available() ?? in_flight_max)
  }

  #start(row: LedgerRow, work: (context: DeliverContext) => Promise<After>): void {
    const id = row.intent.intent_id
    const { rate } = this.#options
    // The first call is paid for at once, so that nobody else begins on the same token.
    rate?.spend(1)
    const probe = this.breaker.begin(id)
    const context = { ...this.#options, probe, spend: rate && prepaid(rate) }
    const done = this.#inHand(row, () => work(context), context)
      .then(after => this.#heard(id, after))
      .catch(cause => this.#failed(cause))
      .catch(this.#options.onBug)
      .finally(() => {
        this.#active.delete(id)
        this.breaker.end(id)
        this.wake()
      })
    this.#active.set(id, done)
  }

  /** A suspect is worked alone, and set aside where it ended the process before. */
  async #inHand(
    row: LedgerRow,
    work: () => Promise<After>,
    context: DeliverContext,
  ): Promise<After> {
    const { hands, store } = this.#options
    const id = row.intent.intent_id
    if (hands === undefined || !this.#suspects?.has(id)) return work()
    // Asking what became of it is another work than sending it, and has deaths of its own.
    const name = `${row.state === 'unknown' ? 'verify' : 'deliver'} ${id}`
    const after = await hands.alone(name, deaths =>
      deaths < DEATHS_MAX ? work() : setAside(row, deaths, context),
    )
    // What is only known not to have landed is sent next; that try is a suspect's too.
    const next = row.state === 'unknown' ? await store.row(id) : undefined
    if (next?.state !== 'accepted') this.#suspects.delete(id)
    return after
  }

  #heard(intent_id: string, after: After): void {
    const { signals, tenant, target } = this.#options
    const heard = this.breaker.heard(intent_id, after)
    if (heard === 'closed') signals.say('info', 'target served again', { tenant, target })
    if (heard !== 'opened') return
    const { code } = this.breaker.view
    signals.say('error', 'target paused', { tenant, target, ...(code && { code }) })
  }

  /** What an owner before us, or a lost answer, left behind. */
  async #leftovers(): Promise<void> {
    const { store, clock, settle_ms, visible_ms, on_unknown, hands } = this.#options
    const now_ms = clock.now()
    if (now_ms < this.#leftoversAt_ms) return
    this.#leftoversAt_ms = now_ms + LEFTOVERS_MS
    const overdue = await store.overdue(this.#options, now_ms, limits.batch_records_max)
    if (overdue.length > 0) await this.#disown(overdue, now_ms)
    // Only a person can say what became of these.
    if (on_unknown === 'hold') return
    const unknown = await store.rowsInState(this.#options, 'unknown', limits.batch_records_max)
    if (now_ms - this.#startedAt_ms > limits.careful_ms_max) this.#suspects?.clear()
    this.#suspects ??= new Set(hands?.careful ? unknown.map(row => row.intent.intent_id) : [])
    for (const row of unknown) {
      const id = row.intent.intent_id
      const askAt_ms = Math.max(
        row.changed_at_ms + settle_ms + visible_ms,
        this.#asked.get(id) ?? 0,
      )
      if (this.#active.has(id) || now_ms < askAt_ms) continue
      if (this.#room() <= 0) break
      this.#asked.set(id, now_ms + limits.retry_wait_ms_min * 5)
      this.#start(row, context => resolveUnknown(row, context))
    }
    if (unknown.length === 0) this.#asked.clear()
  }

  async #disown(rows: readonly LedgerRow[], at_ms: number): Promise<void> {
    const { store, signals, tenant, target } = this.#options
    const lost = rows.filter(row => !this.#active.has(row.intent.intent_id))
    const moved = await store.move(
      lost.map(row => ({
        intent_id: row.intent.intent_id,
        from: 'in_flight' as const,
        to: 'unknown' as const,
        at_ms,
        epoch: store.epoch,
        reason: 'target_answer_unknown' as const,
      })),
    )
    const count = moved.filter(Boolean).length
    if (count === 0) return
    if (this.#options.on_unknown === 'hold') return sayHeld(this.#options, count)
    signals.say('warn', 'calls without an answer are looked into', { tenant, target, count })
  }

  async #rest(): Promise<void> {
    const { store, clock } = this.#options
    const now_ms = clock.now()
    const due_ms = (await store.nextDue(this.#options)) ?? Number.POSITIVE_INFINITY
    // A row that is due but not claimable waits for another one, whose end wakes us.
    const next_ms = due_ms <= now_ms ? now_ms + LEFTOVERS_MS : due_ms
    const rate_ms = now_ms + (this.#options.rate?.wait_ms() ?? 0)
    const until_ms = Math.max(next_ms, this.breaker.view.next_ms ?? 0, rate_ms)
    const stop = new AbortController()
    const wait_ms = Math.min(Math.max(until_ms - now_ms, 1), IDLE_MS_MAX)
    await Promise.race([this.#alarm.promise, clock.sleep(wait_ms, stop.signal)])
    stop.abort()
  }
}
