// Acts on dead letters: what was decided, the move of the write that died, and an outbox of the
// records that the decision appends to the log, in one transaction. A row of the outbox goes when
// its record stands in the log.

import type { Closed, DeadJob, LetterAct, OutboxRow } from '../../model/dead_store.ts'
import { Failure } from '../../model/errors.ts'
import { mayMove } from '../../model/state.ts'
import { Changes, find } from './changes.ts'
import type { Database } from './database.ts'
import { currentEpoch } from './ledger.ts'
import { letterStates, putLetter, putOutgoing } from './letters.ts'

export function closeLetters(
  db: Database,
  acts: readonly LetterAct[],
  epoch: number,
): readonly Closed[] {
  if (epoch !== currentEpoch(db)) throw new Failure('data_in_use')
  const changes = new Changes(db)
  const answers = acts.map(act => close(db, changes, { ...act, epoch }))
  changes.settle()
  return answers
}

type Act = LetterAct & { readonly epoch: number }

function close(db: Database, changes: Changes, act: Act): Closed {
  const { move, intent_id, at_ms, epoch } = act
  if (letterStates(db, [act.letter_id]).length > 0) return 'not_open'
  const row = move === undefined ? undefined : find(db, intent_id ?? '')
  if (move !== undefined && (row?.state !== 'dead' || !mayMove('dead', move.to))) return 'not_dead'
  putLetter(db, act)
  if (row !== undefined && move !== undefined) {
    const facts = JSON.stringify(move.facts ?? {})
    changes.apply(row, { to: move.to, at_ms, epoch, facts, attempts: 0, due_at_ms: at_ms })
  }
  putOutgoing(db, act.outgoing)
  return 'closed'
}

export function outbox(db: Database, limit: number): readonly OutboxRow[] {
  const rows = db.all<{
    n: number
    topic: string
    from_offset: number
    key: string
    headers: string
    value: Uint8Array
  }>(
    'SELECT n, topic, from_offset, "key", headers, value FROM letter_outbox ORDER BY n LIMIT ?',
    limit,
  )
  return rows.map(({ n, topic, from_offset, key, headers, value }) => {
    return { n, topic, from_offset, record: { key, headers: JSON.parse(headers), value } }
  })
}

export function clearOutbox(db: Database, rows: readonly number[]): void {
  for (const n of rows) db.run('DELETE FROM letter_outbox WHERE n = ?', n)
}

const JOB = 'job, word, filter, "by", why, rate, at_ms, state, spans, counts'

export function putDeadJob(db: Database, one: DeadJob): void {
  db.run(
    `INSERT INTO dead_jobs (${JOB}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job)
     DO UPDATE SET state = excluded.state, spans = excluded.spans, counts = excluded.counts`,
    ...[one.job, one.word, one.filter, one.by, one.why, one.rate, one.at_ms, one.state],
    ...[one.spans, one.counts],
  )
}

export function deadJobs(db: Database, limit: number): readonly DeadJob[] {
  return db.all<DeadJob>(
    `SELECT ${JOB} FROM dead_jobs ORDER BY at_ms DESC, job DESC LIMIT ?`,
    limit,
  )
}
