// What retention and restore need: rows may be removed by retention alone, and a row knows whether
// a call may have landed that this ledger knows nothing of.

/**
 * ledger.doubt       1: instead of going out the row becomes `unknown` first.
 * ledger_open        the writes that are not finished, by the order of their events.
 * meta.letting_go    1 inside the transactions of retention, in which the ledger's own log may be
 *                    shortened.
 * meta.restored_ms   when the backup was taken that this file comes from; 0: it is the first.
 */
export const keepSchema = `
  ALTER TABLE ledger ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX ledger_open ON ledger (tenant, sequence) WHERE state NOT IN ('committed',
    'surfaced', 'reconciled', 'superseded', 'rejected', 'withdrawn', 'compensated');
  INSERT INTO meta VALUES ('letting_go', 0), ('restored_ms', 0);

  DROP TRIGGER ledger_moves_remain;
  CREATE TRIGGER ledger_moves_remain BEFORE DELETE ON ledger_moves
    WHEN (SELECT value FROM meta WHERE name = 'letting_go') = 0
    BEGIN SELECT RAISE(ABORT, 'ledger_moves is append-only'); END;
  DROP TRIGGER ledger_approvals_remain;
  CREATE TRIGGER ledger_approvals_remain BEFORE DELETE ON ledger_approvals
    WHEN (SELECT value FROM meta WHERE name = 'letting_go') = 0
    BEGIN SELECT RAISE(ABORT, 'ledger_approvals is append-only'); END;
`
