// The MLLP sender: one connection, one message in flight unless configured, and no result before
// the answer to this very message (MSA-2 = MSH-10). What was not written was not sent; what was
// written and not answered is unknown, and its connection is closed, so that a late answer never
// meets another message.
import { type AckCode, type ReadAck, readAck } from '../codecs/hl7v2/ack.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import { backoff } from '../kit/backoff.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { type ConnectionOptions, type Link, type Net, systemNet } from '../kit/net.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import type { Code, Facts } from '../model/errors.ts'
import { type FrameItem, Framer, fitsFrame, framed } from './mllp_frame.ts'
import { type MllpClientLimits, mllpClientLimits } from './mllp_limits.ts'

export interface MllpClientOptions {
  readonly host: string
  readonly port: number
  /** Node's options for `tls.connect`, all of them. */
  readonly tls?: ConnectionOptions
  /**
   * `first`: CA, CE and CR end a message as AA, AE and AR do. `application`: CA is waited beyond.
   */
  readonly await?: 'first' | 'application'
  /**
   * `kept` unless told. `per_message` is for receivers that close after each answer: on a kept
   * connection the next message could meet that closing and become unknown.
   */
  readonly connection?: 'kept' | 'per_message'
  readonly limits?: Partial<MllpClientLimits>
  readonly net?: Net
  readonly clock?: Clock
  readonly random?: Random
}

export type SendResult =
  | {
      readonly kind: 'ack'
      readonly code: AckCode
      /** MSA-3, latin1. */
      readonly msa3: string
      /** The first ERR segment, latin1, or ''. */
      readonly err: string
      /** The whole answer as it came. */
      readonly bytes: Buffer
    }
  /** Nothing of it was written. */
  | { readonly kind: 'not_sent'; readonly code: Code; readonly facts: Facts }
  /** It was written, wholly or in part, and may have been taken. */
  | { readonly kind: 'unknown'; readonly code: Code; readonly facts: Facts }

interface Message {
  readonly bytes: Buffer
  readonly control_id: string
  readonly result: Promise<SendResult>
  /** The receiver has it in custody (CA). */
  committed: boolean
  cancelTimer: () => void
  settle(result: SendResult): void
}

/** Control ids that were answered last on a connection: their second answer is no surprise. */
const ANSWERED_REMEMBERED_MAX = 64

/** A connection with what is in flight on it. */
interface Session {
  link: Link | undefined
  readonly framer: Framer
  readonly in_flight: Map<string, Message>
  readonly answered: Set<string>
  giveUp: () => void
  closed: boolean
}

export class MllpClient {
  readonly #options: MllpClientOptions
  readonly #limits: MllpClientLimits
  readonly #net: Net
  readonly #clock: Clock
  readonly #random: Random
  readonly #waiting: Message[] = []
  #session: Session | undefined
  /** Attempts in a row that led to no answer. */
  #failures = 0
  #not_before_ms = Number.NEGATIVE_INFINITY
  #cancelWait = () => {}
  #cancelIdle = () => {}
  #closing = false

  constructor(options: MllpClientOptions) {
    this.#options = options
    this.#limits = { ...mllpClientLimits, ...options.limits }
    this.#net = options.net ?? systemNet
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
  }

  /**
   * Sends one message, unframed bytes with an MSH-10 of its own. Never rejects. Aborting takes back
   * what waits, and makes what is in flight unknown.
   */
  send(bytes: Buffer, signal?: AbortSignal): Promise<SendResult> {
    const control_id = scanMsh(bytes)?.field(10) ?? ''
    if (control_id === '') return refused('message_unreadable', { why: 'no control id' })
    if (!fitsFrame(bytes)) return refused('message_unreadable', { why: 'holds marks of a frame' })
    if (this.#closing || signal?.aborted) return refused('sender_closed', {})
    const { waiting_max } = this.#limits
    if (this.#waiting.length >= waiting_max) return refused('sender_full', { waiting_max })
    const { promise, resolve } = Promise.withResolvers<SendResult>()
    const abort = () => this.#abort(message)
    const message: Message = {
      bytes,
      control_id,
      result: promise,
      committed: false,
      cancelTimer: () => {},
      settle(result) {
        signal?.removeEventListener('abort', abort)
        message.cancelTimer()
        resolve(result)
      },
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.push(message)
    this.#pump()
    return promise
  }

  /** Sends nothing more, waits for what is in flight (at most `ack_ms_max`), closes. */
  async close(): Promise<void> {
    this.#closing = true
    this.#cancelWait()
    this.#cancelIdle()
    this.#refuseWaiting('sender_closed', {})
    const in_flight = this.#session?.in_flight.values() ?? []
    await Promise.all([...in_flight].map(message => message.result))
    this.#drop('closed')
  }

  get #per_message(): boolean {
    return this.#options.connection === 'per_message'
  }

  /** Decides what is next: write, connect, wait, or rest. */
  #pump(): void {
    this.#cancelIdle()
    const session = this.#session
    if (this.#waiting.length === 0) this.#rest()
    else if (session === undefined) this.#connectWhenDue()
    else if (session.link !== undefined) this.#write(session, session.link)
  }

  #write(session: Session, link: Link): void {
    const most = this.#per_message ? 1 : this.#limits.in_flight_max
    while (session.in_flight.size < most) {
      const [message] = this.#waiting
      // With one control id twice in flight, the answer to the first could be taken for the second.
      if (message === undefined || session.in_flight.has(message.control_id)) return
      this.#waiting.shift()
      session.answered.delete(message.control_id)
      session.in_flight.set(message.control_id, message)
      this.#startTimer(message)
      link.write(framed([message.bytes]))
    }
  }

  #rest(): void {
    const session = this.#session
    if (session === undefined || session.in_flight.size > 0 || this.#closing) return
    this.#cancelIdle = this.#clock.after(this.#limits.idle_ms_max, () => this.#drop('idle'))
  }

  #startTimer(message: Message): void {
    message.cancelTimer()
    const { ack_ms_max } = this.#limits
    message.cancelTimer = this.#clock.after(ack_ms_max, () => this.#drop('no answer in time'))
  }

  // --- connecting ---

  #connectWhenDue(): void {
    const wait_ms = this.#not_before_ms - this.#clock.elapsed()
    this.#cancelWait()
    if (wait_ms <= 0) this.#connect()
    else this.#cancelWait = this.#clock.after(wait_ms, () => this.#pump())
  }

  #connect(): void {
    this.#failures += 1
    const wait_ms = backoff(this.#limits, this.#failures, this.#random)
    this.#not_before_ms = this.#clock.elapsed() + wait_ms
    const session: Session = {
      link: undefined,
      framer: new Framer({
        frame_bytes_max: this.#limits.ack_bytes_max,
        outside_bytes_max: this.#limits.ack_bytes_max,
        kept_bytes_max: 0,
      }),
      in_flight: new Map(),
      answered: new Set(),
      giveUp: () => {},
      closed: false,
    }
    this.#session = session
    const { host, port, tls } = this.#options
    const tooLate = () => this.#end(session, 'no connection in time')
    const stopTimer = this.#clock.after(this.#limits.connect_ms_max, tooLate)
    session.giveUp = this.#net.connect(
      { host, port, tls },
      {
        open: link => {
          stopTimer()
          session.link = link
          this.#pump()
        },
        data: bytes => this.#read(session, bytes),
        end: () => {
          const ended = () => this.#end(session, 'closed by the far end')
          // A refused certificate is told right behind the end, and is the better reason.
          if (tls === undefined) ended()
          else this.#clock.after(0, ended)
        },
        drained: () => {},
        closed: cause => {
          stopTimer()
          this.#end(session, cause === undefined ? 'closed' : nameOf(cause))
        },
      },
    )
  }

  /** The connection is of no use any more, for this reason. */
  #end(session: Session, why: string): void {
    if (session.closed) return
    session.closed = true
    if (this.#session === session) this.#session = undefined
    session.giveUp()
    const { in_flight } = session
    if (session.link === undefined) this.#refuseWaiting('target_down', { why })
    for (const message of in_flight.values()) {
      const facts = { why, committed: message.committed }
      message.settle({ kind: 'unknown', code: 'target_answer_unknown', facts })
    }
    this.#pump()
  }

  #drop(why: string): void {
    if (this.#session) this.#end(this.#session, why)
  }

  #refuseWaiting(code: Code, facts: Facts): void {
    for (const message of this.#waiting.splice(0)) message.settle({ kind: 'not_sent', code, facts })
  }

  #abort(message: Message): void {
    const at = this.#waiting.indexOf(message)
    if (at < 0) {
      this.#drop('given up')
    } else {
      this.#waiting.splice(at, 1)
      message.settle({ kind: 'not_sent', code: 'sender_closed', facts: { why: 'given up' } })
    }
  }

  // --- answers ---

  #read(session: Session, bytes: Buffer): void {
    for (const item of session.framer.push(bytes)) {
      const trouble = this.#take(session, item)
      if (trouble !== undefined) this.#end(session, trouble)
      if (session.closed) return
    }
    this.#pump()
  }

  /** What is wrong with the answer, or undefined where all is well. */
  #take(session: Session, item: FrameItem): string | undefined {
    if (item.kind === 'outside') return undefined
    if (item.kind !== 'frame') return `answer ${item.kind.replaceAll('_', ' ')}`
    const ack = readAck(item.bytes)
    if (ack === undefined) return 'answer is no ACK'
    const message = session.in_flight.get(ack.control_id)
    if (message !== undefined) return this.#answered(session, message, { ack, bytes: item.bytes })
    if (session.answered.has(ack.control_id)) return undefined
    return ack.control_id === '' ? 'answer without MSA-2' : 'answer to another message'
  }

  #answered(
    session: Session,
    message: Message,
    answer: { ack: ReadAck; bytes: Buffer },
  ): undefined {
    const { code, text, err } = answer.ack
    this.#failures = 0
    this.#not_before_ms = Number.NEGATIVE_INFINITY
    if (code === 'CA' && this.#options.await === 'application') {
      message.committed = true
      this.#startTimer(message)
      return
    }
    session.in_flight.delete(message.control_id)
    remember(session.answered, message.control_id)
    message.settle({ kind: 'ack', code, msa3: text, err, bytes: answer.bytes })
    if (this.#per_message) this.#end(session, 'answered')
  }
}

const refused = (code: Code, facts: Facts): Promise<SendResult> =>
  Promise.resolve({ kind: 'not_sent', code, facts })

function remember(answered: Set<string>, control_id: string): void {
  answered.add(control_id)
  const [oldest] = answered
  if (answered.size > ANSWERED_REMEMBERED_MAX && oldest !== undefined) answered.delete(oldest)
}

const nameOf = (cause: Error): string => (cause as NodeJS.ErrnoException).code ?? cause.name
