// The frames of one connection that are in hand, and their answers. Answers leave in the order in
// which the frames came, whatever finished first, and those that are ready together leave in one
// write.
import { type AckResult, ackCode, buildAck } from '../codecs/hl7v2/ack.ts'
import type { Clock } from '../kit/clock.ts'
import type { Code } from '../model/errors.ts'
import type { MshScan } from '../model/message.ts'
import type { FeedRow } from './mllp_feeds.ts'
import type { ByteBudget } from './mllp_limits.ts'

/** A frame in hand: its place in the order of answers. */
export interface Slot {
  readonly bytes: number
  /** What the answer is made from; undefined where no header could be read. */
  msh: MshScan | undefined
  /** Where it is counted once it is known whose it is. */
  row: FeedRow | undefined
  /** What became of it; undefined until that is known. */
  readonly result: AckResult | undefined
  /** Undefined with a result: the sender wants no answer to this. */
  readonly answer: Buffer | undefined
}

type OwnSlot = { -readonly [K in keyof Slot]: Slot[K] }

export interface AnswersOptions {
  readonly clock: Clock
  readonly nextControlId: () => string
  /** Of the whole process: what is in hand here counts there too. */
  readonly unanswered: ByteBudget
  /** Handed what may be answered now, possibly nothing, after it is no longer in hand. */
  readonly send: (ready: readonly Slot[]) => void
}

export class Answers {
  readonly #options: AnswersOptions
  #slots: OwnSlot[] = []
  #bytes = 0
  #flushing = false

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** Frames in hand, answered ones included until their turn has come. */
  get length(): number {
    return this.#slots.length
  }

  get bytes(): number {
    return this.#bytes
  }

  hold(bytes: number, msh?: MshScan): Slot {
    const slot = { bytes, msh, row: undefined, result: undefined, answer: undefined }
    this.#slots.push(slot)
    this.#bytes += bytes
    this.#options.unanswered.take(bytes)
    return slot
  }

  /** The first word about a frame stands, unless something before it is refused. */
  answer(slot: Slot, result: AckResult, reason?: Code): void {
    if (slot.result === undefined) this.#decide(slot, result, reason)
  }

  /**
   * Refuses this frame and all behind it, also those that were to be accepted when their turn came.
   */
  refuseFrom(slot: Slot, reason: Code): void {
    const first = this.#slots.indexOf(slot)
    if (first < 0) return
    for (const behind of this.#slots.slice(first)) this.#decide(behind, 'error', reason)
  }

  #decide(slot: OwnSlot, result: AckResult, reason?: Code): void {
    const { clock, nextControlId } = this.#options
    const code = ackCode(slot.msh, result)
    const parts = { at_ms: clock.now(), control_id: nextControlId(), reason }
    slot.result = result
    slot.answer = code && buildAck(slot.msh, { code, ...parts })
    if (this.#flushing) return
    this.#flushing = true
    // Behind the appends that resolve in the same turn: their answers share the write.
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    const waiting = this.#slots.findIndex(slot => slot.result === undefined)
    const ready = this.#slots.splice(0, waiting < 0 ? this.#slots.length : waiting)
    const bytes = ready.reduce((sum, slot) => sum + slot.bytes, 0)
    this.#bytes -= bytes
    this.#options.unanswered.take(-bytes)
    this.#options.send(ready)
  }
}
