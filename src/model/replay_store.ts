// Replays as the store keeps them: what each is to do, fixed when it begins, how far it has come,
// and who said what of it. So a replay is finite, goes on after a crash where it was, and can be
// explained years later.
import type { Code } from './errors.ts'

/** What of the span is replayed; everything that is given must hold. */
export interface ReplayOnly {
  /** The value of one of the patient's identifiers. */
  readonly patient?: string | undefined
  readonly control_id?: string | undefined
  /** `ADT^A01`, `ADT` for every event of that code, or a kind of event. */
  readonly type?: string | undefined
  readonly raw_id?: string | undefined
}

/** Fixed at the start. */
export interface ReplayPlan {
  /** Unique in the data folder. */
  readonly name: string
  readonly tenant: string
  /** `raw.T.C`, `canonical.T` or `outbound.T.X`. */
  readonly topic: string
  readonly from_offset: number
  /** Behind the last offset. */
  readonly to_offset: number
  readonly only: ReplayOnly
  /** Targets that it may reach; none: its events are for readers of the canonical topic. */
  readonly targets: readonly string[]
  /** Hash of the deployment that works; `recorded`: each record by its own. */
  readonly deployment: string
  /** Records a second; undefined: a share of what live traffic leaves. */
  readonly rate_per_second: number | undefined
  /** The words by which it was asked for: the same words under the same name go on with it. */
  readonly asked: string
  readonly by: string
  readonly why: string
  readonly at_ms: number
}

export const RECORDED = 'recorded'

/** Records, but for `events`, `same` and `lost`, which are events. */
export interface ReplayCounts {
  readonly read: number
  /** Of `read`, those that `only` takes. */
  readonly chosen: number
  /** Appended again. */
  readonly events: number
  readonly filtered: number
  readonly duplicate: number
  readonly no_event: number
  /** New dead letters. */
  readonly dead: number
  /** Died as before: the letter stands. */
  readonly still_dead: number
  /** A newer record mends or replaces it: left out. */
  readonly newer: number
  /** Events of before that are no longer made. */
  readonly lost: number
  /** Writes that people are asked to take back. */
  readonly retractions: number
}

export const NO_COUNTS: ReplayCounts = {
  read: 0,
  chosen: 0,
  events: 0,
  filtered: 0,
  duplicate: 0,
  no_event: 0,
  dead: 0,
  still_dead: 0,
  newer: 0,
  lost: 0,
  retractions: 0,
}

export interface ReplayProgress {
  /** The next offset to be replayed. */
  readonly position: number
  /** Where its next append stands at the earliest: what it appended there is not counted yet. */
  readonly sink_offset: number
  readonly counts: ReplayCounts
}

export type ReplayState = 'running' | 'paused' | 'done' | 'cancelled'

export interface ReplayRow extends ReplayPlan, ReplayProgress {
  readonly state: ReplayState
  /** Why the engine paused it, where no person did. */
  readonly reason: Code | undefined
  readonly changed_at_ms: number
}

export interface ReplayWord {
  readonly word: 'start' | 'pause' | 'resume' | 'cancel' | 'end'
  readonly by: string
  readonly why: string
  readonly at_ms: number
}

/** An event that its message no longer comes to: what it wrote is a proposal to retract. */
export interface LostEvent {
  readonly event_id: string
  readonly raw_id: string
}

export interface ReplayStore {
  /** Begins one, as `running`. Where the name is taken that one is answered, unchanged. */
  makeReplay(plan: ReplayPlan, sink_offset: number): Promise<{ made: boolean; row: ReplayRow }>
  replay(name: string): Promise<ReplayRow | undefined>
  /** The newest first. */
  replays(of: {
    readonly state?: ReplayState
    readonly limit: number
  }): Promise<readonly ReplayRow[]>
  /** Refused (false) where it does not run. */
  stepReplay(
    name: string,
    step: ReplayProgress & { readonly lost: readonly LostEvent[]; readonly at_ms: number },
  ): Promise<boolean>
  /** Refused (false) where the move is not legal: only `running` ends, what has ended stays so. */
  turnReplay(
    name: string,
    turn: Omit<ReplayWord, 'word'> & {
      readonly word: Exclude<ReplayWord['word'], 'start'>
      readonly reason?: Code | undefined
    },
  ): Promise<boolean>
  /** The first one first. */
  replayWords(name: string): Promise<readonly ReplayWord[]>
  lostEvents(name: string, limit: number): Promise<readonly LostEvent[]>
}
