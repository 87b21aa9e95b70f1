// How long a connection has been waited for, and whether that is too long. The time in which we do
// not read, because too much is in hand, is not counted against the sender.
import type { Clock } from '../kit/clock.ts'
import type { MllpListenerLimits } from './mllp_limits.ts'

/** Why a connection is closed. The first is its fault in the middle of a frame. */
export type Overdue = 'frame not finished' | 'no first byte' | 'idle' | 'answers not read'

export class Patience {
  readonly #clock: Clock
  readonly #limits: MllpListenerLimits
  #heard = false
  #heard_at_ms: number
  #frame_at_ms: number | undefined
  #paused_at_ms: number | undefined
  #unread_at_ms: number
  #unread_bytes = 0

  constructor(clock: Clock, limits: MllpListenerLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#heard_at_ms = clock.elapsed()
    this.#unread_at_ms = this.#heard_at_ms
  }

  /** Bytes came. `begun`: they end in the middle of a frame that `begun` with them or goes on. */
  heard(frame: 'none' | 'begun' | 'goes_on'): void {
    this.#heard = true
    this.#heard_at_ms = this.#clock.elapsed()
    if (frame === 'none') this.#frame_at_ms = undefined
    else if (frame === 'begun') this.#frame_at_ms = this.#heard_at_ms
    else this.#frame_at_ms ??= this.#heard_at_ms
  }

  get paused(): boolean {
    return this.#paused_at_ms !== undefined
  }

  pause(): void {
    this.#paused_at_ms ??= this.#clock.elapsed()
  }

  resume(): void {
    if (this.#paused_at_ms === undefined) return
    const paused_ms = this.#clock.elapsed() - this.#paused_at_ms
    this.#heard_at_ms += paused_ms
    if (this.#frame_at_ms !== undefined) this.#frame_at_ms += paused_ms
    this.#paused_at_ms = undefined
  }

  /** `unread_bytes`: answers that the sender has not taken. `in_hand`: frames that wait for one. */
  overdue(unread_bytes: number, in_hand: number): Overdue | undefined {
    const limits = this.#limits
    const now_ms = this.#clock.elapsed()
    if (unread_bytes === 0 || unread_bytes < this.#unread_bytes) this.#unread_at_ms = now_ms
    this.#unread_bytes = unread_bytes
    if (now_ms - this.#unread_at_ms >= limits.unread_answer_ms_max) return 'answers not read'
    if (this.paused) return undefined
    const frame_ms = now_ms - (this.#frame_at_ms ?? now_ms)
    if (frame_ms >= limits.frame_ms_max) return 'frame not finished'
    const silent_ms = now_ms - this.#heard_at_ms
    if (!this.#heard && silent_ms >= limits.first_byte_ms_max) return 'no first byte'
    return in_hand === 0 && silent_ms >= limits.idle_ms_max ? 'idle' : undefined
  }
}
