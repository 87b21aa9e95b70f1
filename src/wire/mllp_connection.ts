// One connection of the MLLP listener: frames in, answers out, in the order of arrival. It answers
// AA or CA only after `intake.append` has resolved; where that fails, it refuses everything behind,
// says so to the sender and closes, so that the order survives the sender's next try (design:
// section 2).
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Clock } from '../kit/clock.ts'
import type { Link, LinkHandler, Remote } from '../kit/net.ts'
import { type Code, Failure, failureOf } from '../model/errors.ts'
import { limits as engineLimits } from '../model/limits.ts'
import type { Arrival, Refused } from '../model/message.ts'
import type { Intake } from '../model/rooms.ts'
import type { Signals } from '../model/signals.ts'
import { Answers, type Slot } from './mllp_answers.ts'
import type { FeedRow, Feeds } from './mllp_feeds.ts'
import { type FrameItem, Framer, framed, type Oddity } from './mllp_frame.ts'
import type { ByteBudget, MllpListenerLimits } from './mllp_limits.ts'
import { Patience } from './mllp_patience.ts'

/** What a connection shares with its listener. */
export interface Entrance {
  readonly door: string
  readonly intake: Intake
  readonly signals: Signals
  readonly clock: Clock
  readonly limits: MllpListenerLimits
  readonly unanswered: ByteBudget
  readonly unfinished: ByteBudget
  readonly feeds: Feeds
  readonly nextControlId: () => string
  /** Whether this end may send here, by the name in its certificate. */
  admits(remote: Remote): boolean
  /** The connection is closed and nothing of it is in hand any more. */
  settled(connection: MllpConnection): void
}

/**
 * `reading` → `answering` (reads no more, owes answers) → `lingering` (said its last word and
 * lets the sender read it) → `closed`.
 */
type Phase = 'opening' | 'reading' | 'answering' | 'lingering' | 'closed'

const CODE_OF: Readonly<Record<Oddity, Code>> = {
  abandoned: 'frame_abandoned',
  cut_off: 'frame_cut_off',
  too_large: 'frame_too_large',
  outside: 'bytes_outside_frame',
  too_much_outside: 'bytes_outside_frame',
}

export class MllpConnection implements LinkHandler {
  readonly #entrance: Entrance
  readonly #framer: Framer
  readonly #answers: Answers
  readonly #patience: Patience
  readonly #rows = new Set<FeedRow>()
  #remote: Remote
  #row: FeedRow
  #link: Link | undefined
  #phase: Phase = 'opening'
  #pending_bytes = 0
  #working = 0
  #stops_after_frame = false
  /** Set once a frame could not be taken in: everything behind it is refused with this. */
  #broken: Code | undefined
  #lingers_at_ms = 0
  readonly #wake = () => this.#regulate()

  constructor(entrance: Entrance, remote: Remote) {
    this.#entrance = entrance
    this.#remote = remote
    this.#row = entrance.feeds.row()
    this.#patience = new Patience(entrance.clock, entrance.limits)
    const { frame_bytes_max, outside_bytes_max } = entrance.limits
    const kept_bytes_max = engineLimits.refused_bytes_kept
    this.#framer = new Framer({ frame_bytes_max, outside_bytes_max, kept_bytes_max })
    const { clock, nextControlId, unanswered } = entrance
    const send = (ready: readonly Slot[]) => this.#send(ready)
    this.#answers = new Answers({ clock, nextControlId, unanswered, send })
  }

  get address(): string {
    return this.#remote.address
  }

  open(link: Link): void {
    this.#link = link
    this.#remote = link.remote
    if (this.#phase === 'opening') this.#phase = 'reading'
    else link.destroy()
    this.#belongTo(this.#row)
    if (!this.#entrance.admits(link.remote)) this.#giveUp('certificate name not allowed')
  }

  data(bytes: Buffer): void {
    if (this.#phase !== 'reading') return
    const items = this.#framer.push(bytes)
    if (!this.#framer.mid_frame) this.#patience.heard('none')
    else this.#patience.heard(items.length > 0 ? 'begun' : 'goes_on')
    for (const item of items) this.#take(item)
    this.#countPending()
    if (this.#stops_after_frame && items.length > 0) this.#stopReading()
    else this.#regulate()
  }

  end(): void {
    this.#cutOff()
    this.#stopReading()
  }

  drained(): void {
    this.#regulate()
  }

  closed(cause: Error | undefined): void {
    if (cause !== undefined && this.#phase !== 'lingering') {
      const error = (cause as NodeJS.ErrnoException).code ?? cause.name
      this.#say('info', 'mllp connection broke', { error })
    }
    this.#cutOff()
    this.#phase = 'closed'
    this.#entrance.unanswered.forget(this.#wake)
    for (const row of this.#rows) row.connections -= 1
    this.#settle()
  }

  /** Takes nothing after the frame that has begun, answers what is in hand, closes. */
  finish(): void {
    if (this.#phase === 'opening') this.#phase = 'answering'
    else if (this.#framer.mid_frame) this.#stops_after_frame = true
    else this.#stopReading()
  }

  /** Closes now, whatever is in hand. */
  destroy(): void {
    this.#link?.destroy()
  }

  /** Called every so often: closes what has stood still for longer than its limit. */
  expire(now_ms: number): void {
    const link = this.#link
    if (link === undefined || this.#phase === 'closed') return
    if (this.#phase === 'lingering') {
      if (now_ms - this.#lingers_at_ms >= this.#entrance.limits.linger_ms_max) link.destroy()
      return
    }
    const why = this.#patience.overdue(link.unsent_bytes, this.#answers.length)
    if (why === undefined) return
    if (why === 'answers not read') {
      this.#giveUp(why)
    } else {
      this.#say('info', 'mllp connection closed', { why })
      this.#cutOff()
      this.#stopReading()
    }
  }

  // --- frames in ---

  #take(item: FrameItem): void {
    if (item.kind === 'frame') {
      const slot = this.#answers.hold(item.bytes.length)
      void this.#store(slot, this.#arrival(item.bytes))
      return
    }
    const arrival = this.#arrival(item.bytes)
    const msh = scanMsh(item.bytes)
    const refused: Refused = { ...arrival, kind: 'refused', code: CODE_OF[item.kind], msh }
    const answered = item.kind === 'too_large'
    void this.#refuse(refused, answered ? this.#answers.hold(item.bytes.length, msh) : undefined)
    if (answered || item.kind === 'too_much_outside') this.#stopReading()
  }

  #arrival(bytes: Buffer): Arrival {
    const { door, clock } = this.#entrance
    return { bytes, peer: this.#remote, door, received_at_ms: clock.now() }
  }

  async #store(slot: Slot, arrival: Arrival): Promise<void> {
    if (this.#broken !== undefined) {
      slot.msh = scanMsh(arrival.bytes)
      return this.#answers.answer(slot, 'error', this.#broken)
    }
    const { intake, feeds } = this.#entrance
    this.#working += 1
    try {
      const taken = intake.receive(arrival)
      slot.msh = taken.msh
      if (taken.kind === 'refused') {
        await this.#refuse(taken, slot)
      } else {
        const row = this.#belongTo(feeds.row(taken.feed))
        slot.row = row
        row.received += 1
        row.last_at_ms = arrival.received_at_ms
        // The append makes it durable; only behind this line may the sender be told so.
        await intake.append(taken)
        this.#answers.answer(slot, 'accepted')
      }
    } catch (cause) {
      slot.msh ??= scanMsh(arrival.bytes)
      this.#fail(cause, slot)
    }
    this.#working -= 1
    this.#settle()
  }

  /** Never a message: a dead letter, then AR where there is a slot for an answer. */
  async #refuse(refused: Refused, slot: Slot | undefined): Promise<void> {
    const { intake } = this.#entrance
    this.#working += 1
    this.#row.refused += 1
    try {
      await intake.refuse(refused)
      if (slot) this.#answers.answer(slot, 'rejected', refused.code)
    } catch (cause) {
      this.#fail(cause, slot)
    }
    this.#working -= 1
    this.#settle()
  }

  /** This frame and everything behind it on this connection is not acknowledged. */
  #fail(cause: unknown, slot: Slot | undefined): void {
    if (slot?.result === 'error') return
    const code = failureOf(cause)?.code ?? 'intake_failed'
    this.#say('error', code, { error: cause instanceof Error ? cause.name : typeof cause })
    this.#broken ??= code
    if (slot) this.#answers.refuseFrom(slot, this.#broken)
    this.#stopReading()
  }

  /** What has begun of a frame will not end. It is recorded, never answered: it is sent again. */
  #cutOff(): void {
    if (this.#phase !== 'reading') return
    for (const item of this.#framer.end()) this.#take(item)
    this.#countPending()
  }

  #countPending(): void {
    const { unfinished } = this.#entrance
    const grown_bytes = this.#framer.pending_bytes - this.#pending_bytes
    this.#pending_bytes += grown_bytes
    unfinished.take(grown_bytes)
    if (grown_bytes <= 0 || !unfinished.full) return
    for (const { bytes } of this.#framer.end()) {
      const slot = this.#answers.hold(bytes.length, scanMsh(bytes))
      this.#fail(new Failure('intake_full'), slot)
    }
  }

  // --- answers out, and when to read, to stop, to go ---

  #send(ready: readonly Slot[]): void {
    for (const { result, row } of ready) {
      if (row && result === 'accepted') row.acknowledged += 1
      // Received and not stored: whoever adds the columns up finds every message in one of them.
      if (row && result === 'error') row.refused += 1
    }
    const answers = ready.flatMap(slot => slot.answer ?? [])
    if (answers.length > 0 && this.#phase === 'closed') {
      const { signals, door } = this.#entrance
      this.#say('warn', 'mllp sender left before its answers', { answers: answers.length })
      signals.count('mllp_answers_undelivered', { door }, answers.length)
    } else if (answers.length > 0) {
      this.#link?.write(framed(answers))
    }
    this.#regulate()
  }

  /** Reads on or pauses, by what is in hand here and in the whole process. */
  #regulate(): void {
    const { limits, unanswered } = this.#entrance
    const link = this.#link
    if (link === undefined) return
    if (this.#phase === 'answering' && this.#answers.length === 0) this.#sayGoodbye(link)
    if (this.#phase !== 'reading') return
    if (unanswered.full) unanswered.wait(this.#wake)
    const full =
      unanswered.full ||
      this.#answers.bytes >= limits.in_hand_bytes_max ||
      this.#answers.length >= limits.in_hand_messages_max ||
      link.unsent_bytes >= limits.unread_answer_bytes_max
    if (full === this.#patience.paused) return
    if (full) {
      this.#patience.pause()
      link.pause()
    } else {
      this.#patience.resume()
      link.resume()
    }
  }

  /** What is left of a frame that has begun is let go: it was never acknowledged. */
  #stopReading(): void {
    if (this.#phase !== 'reading') return
    this.#phase = 'answering'
    this.#framer.end()
    this.#countPending()
    this.#link?.pause()
    this.#regulate()
  }

  /** The last answer is written. Closing at once could reset the connection before it is read. */
  #sayGoodbye(link: Link): void {
    this.#phase = 'lingering'
    this.#lingers_at_ms = this.#entrance.clock.elapsed()
    link.end()
    link.resume()
  }

  #giveUp(why: string): void {
    this.#say('warn', 'mllp connection closed', { why })
    this.#link?.destroy()
  }

  #belongTo(row: FeedRow): FeedRow {
    this.#row = row
    if (!this.#rows.has(row)) {
      this.#rows.add(row)
      row.connections += 1
    }
    return row
  }

  #settle(): void {
    if (this.#phase === 'closed' && this.#working === 0) this.#entrance.settled(this)
  }

  #say(level: 'info' | 'warn' | 'error', what: string, facts: Record<string, string | number>) {
    const { signals, door } = this.#entrance
    signals.say(level, what, { door, peer: this.#remote.address, ...facts })
  }
}
