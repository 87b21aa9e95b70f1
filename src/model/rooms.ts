// What each kind of room is to the path: how a source hands messages in, how a transport carries
// calls, how an adapter turns intents into calls. Declarations of rooms are in declare/room.ts.
import type { Code, Facts } from './errors.ts'
import type { Answer, Call, Operation, Step, StepInput } from './intent.ts'
import type { Arrival, Received, Refused, Stored } from './message.ts'
import type { Signals } from './signals.ts'

/** Stations 1 and 2 of one channel, as a source sees them. */
export interface Intake {
  /** Station 1: pure and synchronous. Says whether the bytes can be stored as a message. */
  receive(arrival: Arrival): Received | Refused
  /**
   * Station 2: resolves when durable, and only then may the source acknowledge. Rejects with a
   * Failure.
   */
  append(received: Received): Promise<Stored>
  /**
   * A dead letter for what can never be a message (design: section 2, Refused input). Resolves when
   * it is durable or counted as a repeat; rejects with a Failure.
   */
  refuse(refused: Refused): Promise<void>
}

export interface OpenSource {
  /** Where it listens, in words for the ready line: `mllp 127.0.0.1:2575`. */
  readonly address: string
  /** One row a feed, for `firth status`. */
  feeds(): readonly FeedStatus[]
  /** Takes nothing new, answers what is in hand, then resolves. */
  drain(): Promise<void>
}

export interface FeedStatus {
  readonly feed: string
  readonly connections: number
  readonly received: number
  readonly acknowledged: number
  readonly refused: number
  /** Milliseconds since 1970; undefined before the first message. */
  readonly last_at_ms: number | undefined
}

export interface SourceContext {
  readonly tenant: string
  readonly channel: string
  readonly intake: Intake
  readonly signals: Signals
}

/** Carries an adapter's calls. It judges nothing: an answer is an answer, whatever its status. */
export interface OpenTransport {
  call(call: Call, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

/** One row of a capability profile: what a target is known to take (requirements H01, H02). */
export interface Capability {
  readonly resource: string
  readonly operations: readonly Operation[]
  /** Where the knowledge comes from, when, and how sure it is. */
  readonly source: string
  readonly date: string
  readonly proof: 'documented' | 'observed' | 'verified'
}

/** A question that a target answers about itself; it changes nothing there. */
export interface Survey {
  readonly call: Call
  read(answer: Answer): Surveyed
}

export interface Surveyed {
  /** Whether the target has answered; if not, it is asked again soon. */
  readonly answered: boolean
  /** For a person, in sentences: names of the standard and numbers, nothing of a patient. */
  readonly remarks: readonly string[]
  /** Nothing may be sent to it, because of what it is; the target pauses. */
  readonly refuses?: { readonly code: Code; readonly facts: Facts }
}

/** The vendor's room: pure, no connection (design: section 7). */
export interface AdapterSteps {
  /** Writes the intent's resource. */
  deliver(input: StepInput): Step
  /** Reads back and compares: `ok` with the version seen, `conflict` with the paths that differ. */
  verify(input: StepInput & { readonly target_id: string | undefined }): Step
}
