// A group of calls as one transaction, so that they share one fsync. Each call has its own
// savepoint: one that fails is undone alone. Nothing is answered before COMMIT has returned.
import { Bug } from '../../kit/assert.ts'
import type { Code, Facts } from '../../model/errors.ts'
import * as activations from './activations.ts'
import { type Database, sqliteFailure } from './database.ts'
import * as dead from './dead.ts'
import * as identities from './identities.ts'
import * as keep from './keep.ts'
import * as ledger from './ledger.ts'
import * as letters from './letters.ts'
import * as pauses from './pauses.ts'
import * as queries from './queries.ts'
import * as queue from './queue.ts'
import * as replays from './replays.ts'
import * as joins from './search_joins.ts'

const writes = {
  admit: ledger.admit,
  claim: ledger.claim,
  move: ledger.move,
  decide: ledger.decide,
  learn: ledger.learn,
  putMarks: queries.putMarks,
  dropMarksBefore: queries.dropMarksBefore,
  setCursor: queries.setCursor,
  activate: activations.activate,
  pause: pauses.pause,
  resume: pauses.resume,
  closeLetters: dead.closeLetters,
  clearOutbox: dead.clearOutbox,
  putDeadJob: dead.putDeadJob,
  makeReplay: replays.makeReplay,
  stepReplay: replays.stepReplay,
  turnReplay: replays.turnReplay,
  letGoFinished: keep.letGoFinished,
  restored: keep.restored,
}

const reads = {
  row: queries.row,
  rowsOfRaw: queries.rowsOfRaw,
  rowsInState: queries.rowsInState,
  overdue: queries.overdue,
  deadHolding: queries.deadHolding,
  pageOfState: queries.pageOfState,
  approvals: queries.approvals,
  nextDue: queries.nextDue,
  newest: queries.newest,
  history: queries.history,
  counts: queries.counts,
  findMarks: queries.findMarks,
  known: identities.known,
  getCursor: queries.getCursor,
  active: activations.active,
  activations: activations.activations,
  paused: pauses.paused,
  heldBack: queue.heldBack,
  rowsOfPatient: queue.rowsOfPatient,
  letterStates: letters.letterStates,
  closedLetters: letters.closedLetters,
  outbox: dead.outbox,
  deadJobs: dead.deadJobs,
  replay: replays.replay,
  replays: replays.replays,
  replayWords: replays.replayWords,
  lostEvents: replays.lostEvents,
  unfinished: keep.unfinished,
  writesOf: joins.writesOf,
  rawsInStates: joins.rawsInStates,
  unknownIntents: joins.unknownIntents,
}

const operations = { ...writes, ...reads }
type Operations = typeof operations
export type Name = keyof Operations
export type Arguments<N extends Name> =
  Parameters<Operations[N]> extends [Database, ...infer A] ? A : never
export type Result<N extends Name> = ReturnType<Operations[N]>

/** One call, as it crosses to the worker. */
export interface StoreCall {
  readonly name: Name
  readonly values: readonly unknown[]
}

/** Its answer: a value, a failure of the world, or a bug of ours by its text. */
export type StoreAnswer =
  | { readonly value: unknown }
  | { readonly code: Code; readonly facts: Facts }
  | { readonly bug: string }

export const isWrite = (call: StoreCall): boolean => call.name in writes

/** Runs the calls in their order. Never throws: what a call threw is its answer. */
export function runGroup(db: Database, calls: readonly StoreCall[]): readonly StoreAnswer[] {
  try {
    // A reader that turns into a writer half-way could lose to another program's write: begin as
    // one.
    db.raw.exec(calls.some(isWrite) ? 'BEGIN IMMEDIATE' : 'BEGIN')
    const answers = calls.map(call => runOne(db, call))
    db.raw.exec('COMMIT')
    return answers
  } catch (cause) {
    rollBack(db)
    const answer = answerOf(cause)
    return calls.map(() => answer)
  }
}

function runOne(db: Database, call: StoreCall): StoreAnswer {
  const run = operations[call.name] as (db: Database, ...values: readonly unknown[]) => unknown
  db.raw.exec('SAVEPOINT one')
  try {
    const value = run(db, ...call.values)
    db.raw.exec('RELEASE one')
    return { value }
  } catch (cause) {
    // SQLite gives the whole transaction up by itself where the disk fails: then nobody's call
    // stands.
    if (!db.raw.isTransaction) throw cause
    db.raw.exec('ROLLBACK TO one; RELEASE one')
    return answerOf(cause)
  }
}

function rollBack(db: Database): void {
  if (db.raw.isTransaction) db.raw.exec('ROLLBACK')
}

function answerOf(cause: unknown): StoreAnswer {
  const failure = sqliteFailure(cause)
  if (failure !== undefined) return { code: failure.code, facts: failure.facts }
  // The text of a bug may quote what it choked on, so only the class and the place in our code are
  // told.
  const error = cause instanceof Error ? cause : new Bug('not an error')
  const place = /(\w+\.ts:\d+)/.exec(error.stack ?? '')?.[1] ?? 'unknown place'
  return { bug: `${error.name} in the state store at ${place}` }
}
