// The tables of who is who at a target: merges and partings, with what they move (identities.ts).

/**
 * identities     who a patient is at a target: a merge opens a row, a parting ends it. `since` and
 *                `until` are numbers of `meta.identity`, which counts such commits; `name`: the
 *                business identifier of the one who stays.
 * ledger_lanes   the lanes in which a write of identity stands: its own and the other patient's.
 * lanes_moved    a key whose writes go in another lane, and the write that said so.
 * ledger.identity       1: it says who patients are, and is a barrier in all of its lanes.
 * ledger.identity_seen  `meta.identity` when it went out last: what its references meant.
 * ledger_waits.until_known  1: the wait is over as soon as the resource is known at the target.
 */
export const identitySchema = `
  INSERT INTO meta VALUES ('identity', 0);
  ALTER TABLE ledger ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger ADD COLUMN identity_seen INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE ledger_waits ADD COLUMN until_known INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE identities (
    tenant TEXT NOT NULL, target TEXT NOT NULL, patient TEXT NOT NULL, is_patient TEXT NOT NULL,
    name TEXT, since INTEGER NOT NULL, until INTEGER, intent_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (tenant, target, patient, since)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ledger_lanes (
    tenant TEXT NOT NULL, target TEXT NOT NULL, key TEXT NOT NULL, intent_id TEXT NOT NULL,
    PRIMARY KEY (tenant, target, key, intent_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_lanes_intent ON ledger_lanes (intent_id);

  CREATE TABLE lanes_moved (
    tenant TEXT NOT NULL, target TEXT NOT NULL, key TEXT NOT NULL, into_key TEXT NOT NULL,
    intent_id TEXT NOT NULL, PRIMARY KEY (tenant, target, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lanes_moved_intent ON lanes_moved (intent_id);
`
