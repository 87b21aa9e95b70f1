// Every limit of the MLLP listener and of the sender by name, with its default, and the two budgets
// of memory that all listeners of a process share, or one sender could take what all need.
import { limits } from '../model/limits.ts'

export interface MllpListenerLimits {
  /** Content of one frame. Above it: AR, and the connection is closed. */
  readonly frame_bytes_max: number
  /** Stray bytes between two frames. Above it the connection is closed. */
  readonly outside_bytes_max: number
  readonly connections_max: number
  /** From one address. */
  readonly connections_per_peer_max: number
  /** Received and not yet answered, of one connection. Above it nothing more is read. */
  readonly in_hand_bytes_max: number
  readonly in_hand_messages_max: number
  /** Answers that the sender does not take. Above it nothing more is read. */
  readonly unread_answer_bytes_max: number
  /** How long a sender may leave its answers lying before the connection is closed. */
  readonly unread_answer_ms_max: number
  readonly handshake_ms_max: number
  /** From the connection's beginning to its first byte. */
  readonly first_byte_ms_max: number
  /** From a frame's start block to its end block, without the time in which we do not read. */
  readonly frame_ms_max: number
  /** Without a byte and with nothing in hand. The operating system finds dead peers long before. */
  readonly idle_ms_max: number
  /** After our last word: how long the far end may take to close, so that it can read that word. */
  readonly linger_ms_max: number
  /** How long a stop waits for what is in hand. */
  readonly drain_ms_max: number
  /** Feeds that are counted apart; MSH-3 and MSH-4 are the sender's own words. */
  readonly feeds_max: number
}

export const mllpListenerLimits: MllpListenerLimits = {
  frame_bytes_max: limits.record_bytes_max,
  outside_bytes_max: 4_096,
  connections_max: 2_000,
  connections_per_peer_max: 1_000,
  in_hand_bytes_max: 33_554_432,
  in_hand_messages_max: 1_000,
  unread_answer_bytes_max: 262_144,
  unread_answer_ms_max: 60_000,
  handshake_ms_max: 15_000,
  first_byte_ms_max: 600_000,
  frame_ms_max: 120_000,
  idle_ms_max: 86_400_000,
  linger_ms_max: 2_000,
  // Below the ten seconds that containers are given to stop.
  drain_ms_max: 8_000,
  feeds_max: 1_000,
}

export interface MllpClientLimits {
  readonly connect_ms_max: number
  /** From writing a message to its answer; the same again from CA to the application's answer. */
  readonly ack_ms_max: number
  readonly ack_bytes_max: number
  /** Messages on the wire at a time. More than one gives up their order at many receivers. */
  readonly in_flight_max: number
  /** Messages that wait for their turn. */
  readonly waiting_max: number
  /**
   * An open connection without work is closed after so long, before something between forgets it.
   */
  readonly idle_ms_max: number
  /** Between two attempts to connect. */
  readonly wait_ms_min: number
  readonly wait_ms_max: number
}

export const mllpClientLimits: MllpClientLimits = {
  connect_ms_max: 10_000,
  ack_ms_max: limits.call_ms_max,
  ack_bytes_max: 1_048_576,
  in_flight_max: 1,
  waiting_max: 1_000,
  idle_ms_max: 60_000,
  wait_ms_min: 100,
  wait_ms_max: 30_000,
}

/** Bytes that many may hold together. Takers look at `full` before they take more. */
export class ByteBudget {
  bytes_max: number
  #taken = 0
  readonly #waiting = new Set<() => void>()

  constructor(bytes_max: number) {
    this.bytes_max = bytes_max
  }

  get taken(): number {
    return this.#taken
  }

  get full(): boolean {
    return this.#taken >= this.bytes_max
  }

  /** A negative count gives back. Whoever waits is called when there is room again. */
  take(bytes: number): void {
    this.#taken += bytes
    if (bytes >= 0 || this.full || this.#waiting.size === 0) return
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of woken) wake()
  }

  /** `wake` is called once, when the budget is no longer full. */
  wait(wake: () => void): void {
    this.#waiting.add(wake)
  }

  forget(wake: () => void): void {
    this.#waiting.delete(wake)
  }
}

/** Whole frames of all connections of this process that are not answered yet. */
export const unanswered = new ByteBudget(limits.unanswered_bytes_max)

/** Beginnings of frames. Apart, because waiting for these to end could wait for ever. */
export const unfinished = new ByteBudget(limits.unanswered_bytes_max)
