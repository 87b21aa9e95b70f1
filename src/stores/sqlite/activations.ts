// Activations of deployments: rows that are only ever added. The newest row of a tenant is what
// runs.
import type { Activation } from '../../model/activation.ts'
import type { Database } from './database.ts'

interface ActivationRecord {
  readonly tenant: string
  readonly deployment: string
  readonly at_ms: number
  readonly by: string
  readonly how: Activation['how']
  readonly tests: Activation['tests']
  /** JSON. */
  readonly changes: string
  readonly positions: string
}

const COLUMNS = 'tenant, deployment, at_ms, "by", how, tests, changes, positions'

export function activate(db: Database, one: Activation): void {
  db.run(
    `INSERT INTO activations (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[one.tenant, one.deployment, one.at_ms, one.by, one.how, one.tests],
    ...[JSON.stringify(one.changes), JSON.stringify(one.positions)],
  )
}

export function active(db: Database): readonly Activation[] {
  return db
    .all<ActivationRecord>(
      `SELECT ${COLUMNS} FROM activations
       WHERE n IN (SELECT max(n) FROM activations GROUP BY tenant) ORDER BY tenant`,
    )
    .map(toActivation)
}

export function activations(
  db: Database,
  { tenant, limit }: { readonly tenant?: string | undefined; readonly limit: number },
): readonly Activation[] {
  const records =
    tenant === undefined
      ? db.all<ActivationRecord>(
          `SELECT ${COLUMNS} FROM activations ORDER BY n DESC LIMIT ?`,
          limit,
        )
      : db.all<ActivationRecord>(
          `SELECT ${COLUMNS} FROM activations WHERE tenant = ? ORDER BY n DESC LIMIT ?`,
          ...[tenant, limit],
        )
  return records.map(toActivation)
}

const toActivation = (record: ActivationRecord): Activation => ({
  ...record,
  changes: JSON.parse(record.changes) as Activation['changes'],
  positions: JSON.parse(record.positions) as Activation['positions'],
})
