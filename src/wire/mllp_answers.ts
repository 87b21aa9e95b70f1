// The frames of one connection that are in hand, and their answers. Answers leave in the order in which
// the frames came, whatever finished first, and those that are ready together leave in one write.
import { type AckResult, ackCode, buildAck } from '../codecs/hl7v2/ack.ts'
import type { Clock } from '../kit/clock.ts'
import type { Code } from '../model/errors.ts'
import type { MshScan } from '../model/message.ts'
import type { ByteBudget } from './mllp_limits.ts'

/** A frame in hand: its place in the order of answers. */
export interface Slot {
  readonly bytes: number
  /** What the answer is made from; undefined where no header could be read. */
  msh: MshScan | undefined
  readonly done: boolean
}

interface OwnSlot extends Slot {
  done: boolean
  /** Undefined when done: the sender wants no answer to this. */
  answer: Buffer | undefined
}

export interface AnswersOptions {
  readonly clock: Clock
  readonly nextControlId: () => string
  /** Of the whole process: what is in hand here counts there too. */
  readonly unanswered: ByteBudget
  /** Handed the answers that may leave, possibly none; called after what they held is given back. */
  readonly send: (answers: readonly Buffer[]) => void
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
    const slot = { bytes, msh, done: false, answer: undefined }
    this.#slots.push(slot)
    this.#bytes += bytes
    this.#options.unanswered.take(bytes)
    return slot
  }

  /** The first word about a frame stands. */
  answer(held: Slot, result: AckResult, reason?: Code): void {
    const slot = held as OwnSlot
    if (slot.done) return
    slot.done = true
    const code = ackCode(slot.msh, result)
    if (code !== undefined) {
      const { clock, nextControlId } = this.#options
      const control_id = nextControlId()
      slot.answer = buildAck(slot.msh, { code, at_ms: clock.now(), control_id, reason })
    }
    if (this.#flushing) return
    this.#flushing = true
    // Behind the appends that resolve in the same turn: their answers share the write.
    queueMicrotask(() => this.#flush())
  }

  /** Refuses this frame and all behind it. */
  refuseFrom(slot: Slot, reason: Code): void {
    const first = this.#slots.indexOf(slot as OwnSlot)
    if (first < 0) return
    for (const behind of this.#slots.slice(first)) this.answer(behind, 'error', reason)
  }

  #flush(): void {
    this.#flushing = false
    const waiting = this.#slots.findIndex(slot => !slot.done)
    const ready = this.#slots.splice(0, waiting < 0 ? this.#slots.length : waiting)
    const bytes = ready.reduce((sum, slot) => sum + slot.bytes, 0)
    this.#bytes -= bytes
    this.#options.unanswered.take(-bytes)
    this.#options.send(ready.flatMap(slot => slot.answer ?? []))
  }
}
