// The tables of state.db, as a list of migrations that only grows: number n brings a file from
// version n to n + 1, and an older file is brought up when it is opened. A file from a newer Firth
// is refused.
import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../model/errors.ts'
import { identitySchema } from './schema_identity.ts'
import { keepSchema } from './schema_keep.ts'

/**
 * ledger            one row an intent: where it stands now. `holds`: it has a place in the order,
 *                   before the later writes of its resource. `barrier`: and before all later ones
 *                   of its key. `busy`: a call may be under way or may have landed. `turn`: nothing
 *                   before it and nothing it waits for outstanding: only its time keeps it back.
 *                   `revision`: how many contents it had before this one; `approvers`: how many
 *                   people this one needs.
 * ledger_contents   what an intent would write, one row a revision; its row names the current one.
 * ledger_moves      every change of a row with all values it set: the ledger's own log.
 * ledger_waits      which intents a row has to wait for.
 * ledger_newest     the newest committed write of each resource of a target (design: G4).
 * ledger_approvals  who agreed to which revision of an intent: another revision begins with none.
 * activations       every deployment that was brought live, in order; rows are only added.
 * replays           what is or was sent through the path again, and how far it has come.
 * replay_words      who began, paused, resumed, cancelled a replay, and when it ended.
 * replay_lost       events that a replay found no longer made.
 * pauses            what a person stopped or let go; the newest row of a name counts.
 * ledger_counts     rows by state, kept beside, so that a count never reads the ledger.
 * letters           what was decided about a dead letter; rows are only added, open ones have none.
 * letter_counts     how many of them each tenant has.
 * letter_outbox     records of such decisions that have yet to stand in the log.
 * dead_jobs         decisions about many letters at once, and how far they have come.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('epoch', 0);

  CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE marks (
    tenant TEXT NOT NULL, channel TEXT NOT NULL, feed TEXT NOT NULL, control_id TEXT NOT NULL,
    content TEXT NOT NULL, raw_id TEXT NOT NULL, marked_at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, channel, feed, control_id, content)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX marks_age ON marks (marked_at_ms);

  CREATE TABLE crosswalk (
    tenant TEXT NOT NULL, target TEXT NOT NULL, resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL, target_id TEXT NOT NULL,
    PRIMARY KEY (tenant, target, resource_type, resource_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ledger (
    intent_id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL, target TEXT NOT NULL,
    key TEXT NOT NULL, sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    resource_type TEXT NOT NULL, resource_id TEXT NOT NULL,
    state TEXT NOT NULL, holds INTEGER NOT NULL, busy INTEGER NOT NULL, turn INTEGER NOT NULL,
    content TEXT NOT NULL, next_content TEXT,
    attempts INTEGER NOT NULL, due_at_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL,
    epoch INTEGER NOT NULL, first_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL,
    reason TEXT, facts TEXT NOT NULL, target_id TEXT, target_version TEXT,
    moves INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ledger_order ON ledger (tenant, target, key, sequence, ordinal, intent_id)
    WHERE holds = 1;
  CREATE INDEX ledger_busy_key ON ledger (tenant, target, key) WHERE busy = 1;
  CREATE INDEX ledger_busy_resource ON ledger (tenant, target, resource_type, resource_id)
    WHERE busy = 1;
  CREATE INDEX ledger_turn ON ledger (tenant, target, key) WHERE turn = 1;
  CREATE INDEX ledger_ready ON ledger (tenant, target, due_at_ms, sequence, ordinal)
    WHERE turn = 1;
  CREATE INDEX ledger_lease ON ledger (tenant, target, lease_until_ms) WHERE busy = 1;
  CREATE INDEX ledger_state ON ledger (tenant, target, state, changed_at_ms);

  CREATE TABLE ledger_contents (
    intent_id TEXT NOT NULL, content TEXT NOT NULL, operation TEXT NOT NULL,
    raw_id TEXT NOT NULL, intent TEXT NOT NULL,
    UNIQUE (intent_id, content)
  ) STRICT;
  CREATE INDEX ledger_contents_raw ON ledger_contents (raw_id);

  CREATE TABLE ledger_moves (
    intent_id TEXT NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    from_state TEXT, to_state TEXT NOT NULL, epoch INTEGER NOT NULL, reason TEXT,
    facts TEXT NOT NULL, content TEXT NOT NULL, attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL,
    target_id TEXT, target_version TEXT,
    PRIMARY KEY (intent_id, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER ledger_moves_stay BEFORE UPDATE ON ledger_moves
    BEGIN SELECT RAISE(ABORT, 'ledger_moves is append-only'); END;
  CREATE TRIGGER ledger_moves_remain BEFORE DELETE ON ledger_moves
    BEGIN SELECT RAISE(ABORT, 'ledger_moves is append-only'); END;

  CREATE TABLE ledger_waits (
    intent_id TEXT NOT NULL, waits_for TEXT NOT NULL, PRIMARY KEY (intent_id, waits_for)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_waits_reverse ON ledger_waits (waits_for);

  CREATE TABLE ledger_newest (
    tenant TEXT NOT NULL, target TEXT NOT NULL, resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL, sequence INTEGER NOT NULL, intent_id TEXT NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (tenant, target, resource_type, resource_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ledger_counts (
    tenant TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (tenant, target, state)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE ledger ADD COLUMN barrier INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN by_resource INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN hold_dead INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN approvers INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger_contents ADD COLUMN approvers INTEGER NOT NULL DEFAULT 0;
  UPDATE ledger SET barrier = 1 WHERE holds = 1;

  DROP INDEX ledger_busy_key;
  DROP INDEX ledger_turn;
  CREATE INDEX ledger_barrier ON ledger (tenant, target, key, sequence, ordinal, intent_id)
    WHERE barrier = 1;
  CREATE INDEX ledger_busy_key ON ledger (tenant, target, key) WHERE busy = 1 AND barrier = 1;
  CREATE INDEX ledger_resource ON ledger
    (tenant, target, resource_type, resource_id, key, sequence, ordinal, intent_id)
    WHERE holds = 1;
  CREATE INDEX ledger_turn ON ledger (tenant, target, key, resource_type, resource_id)
    WHERE turn = 1;
  CREATE INDEX ledger_dead_holding ON ledger (tenant, target, changed_at_ms)
    WHERE holds = 1 AND state = 'dead';

  CREATE TABLE ledger_approvals (
    intent_id TEXT NOT NULL, revision INTEGER NOT NULL, person TEXT NOT NULL,
    content TEXT NOT NULL, by_name TEXT NOT NULL, why TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (intent_id, revision, person)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER ledger_approvals_stay BEFORE UPDATE ON ledger_approvals
    BEGIN SELECT RAISE(ABORT, 'ledger_approvals is append-only'); END;
  CREATE TRIGGER ledger_approvals_remain BEFORE DELETE ON ledger_approvals
    BEGIN SELECT RAISE(ABORT, 'ledger_approvals is append-only'); END;
  `,
  `
  CREATE TABLE activations (
    n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, deployment TEXT NOT NULL, at_ms INTEGER NOT NULL,
    "by" TEXT NOT NULL, how TEXT NOT NULL, tests TEXT NOT NULL,
    changes TEXT NOT NULL, positions TEXT NOT NULL
  ) STRICT;
  CREATE INDEX activations_tenant ON activations (tenant, n);
  CREATE TRIGGER activations_stay BEFORE UPDATE ON activations
    BEGIN SELECT RAISE(ABORT, 'activations is append-only'); END;
  CREATE TRIGGER activations_remain BEFORE DELETE ON activations
    BEGIN SELECT RAISE(ABORT, 'activations is append-only'); END;
  `,
  `
  CREATE TABLE replays (
    n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, state TEXT NOT NULL,
    position INTEGER NOT NULL, sink_offset INTEGER NOT NULL, counts TEXT NOT NULL, reason TEXT,
    changed_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX replays_state ON replays (state, n);
  CREATE TABLE replay_words (
    n INTEGER PRIMARY KEY, name TEXT NOT NULL, word TEXT NOT NULL, "by" TEXT NOT NULL,
    why TEXT NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX replay_words_name ON replay_words (name, n);
  CREATE TRIGGER replay_words_stay BEFORE UPDATE ON replay_words
    BEGIN SELECT RAISE(ABORT, 'replay_words is append-only'); END;
  CREATE TRIGGER replay_words_remain BEFORE DELETE ON replay_words
    BEGIN SELECT RAISE(ABORT, 'replay_words is append-only'); END;
  CREATE TABLE replay_lost (
    name TEXT NOT NULL, event_id TEXT NOT NULL, raw_id TEXT NOT NULL, UNIQUE (name, event_id)
  ) STRICT;
  `,
  `
  CREATE TABLE letters (
    letter_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, state TEXT NOT NULL, "by" TEXT NOT NULL,
    why TEXT NOT NULL, at_ms INTEGER NOT NULL, raw_id TEXT, intent_id TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER letters_stay BEFORE UPDATE ON letters
    BEGIN SELECT RAISE(ABORT, 'letters is append-only'); END;
  CREATE TRIGGER letters_remain BEFORE DELETE ON letters
    BEGIN SELECT RAISE(ABORT, 'letters is append-only'); END;
  CREATE TABLE letter_counts (
    tenant TEXT PRIMARY KEY, closed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE letter_outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, from_offset INTEGER NOT NULL,
    "key" TEXT NOT NULL, headers TEXT NOT NULL, value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE dead_jobs (
    job TEXT PRIMARY KEY, word TEXT NOT NULL, filter TEXT NOT NULL, "by" TEXT NOT NULL,
    why TEXT NOT NULL, rate INTEGER NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL,
    spans TEXT NOT NULL, counts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_jobs_age ON dead_jobs (at_ms);
  `,
  `
  CREATE TABLE pauses (
    n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    word TEXT NOT NULL, "by" TEXT NOT NULL, why TEXT NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pauses_name ON pauses (tenant, kind, name, n);
  CREATE TRIGGER pauses_stay BEFORE UPDATE ON pauses
    BEGIN SELECT RAISE(ABORT, 'pauses is append-only'); END;
  CREATE TRIGGER pauses_remain BEFORE DELETE ON pauses
    BEGIN SELECT RAISE(ABORT, 'pauses is append-only'); END;

  CREATE INDEX ledger_exceptions ON ledger (tenant, target, key)
    WHERE holds = 0 AND state IN ('conflict', 'denied', 'rejected', 'dead');
  `,
  identitySchema,
  keepSchema,
]

/** Brings an opened file to the newest version, all steps or none. Throws `store_newer`. */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (user_version > steps.length) {
      throw new Failure('store_newer', { version: user_version, known: steps.length })
    }
    for (const step of steps.slice(user_version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${steps.length}`)
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}
