// Who a patient is at a target (design: section 2, Merges). A merge's commit makes one patient
// another one, a parting's makes him himself again: what refers to him, and the lane of his writes,
// follow from then on. What has gone out keeps the meaning that it went out with.
import type { BusinessId } from '../../model/event.ts'
import { readIntent } from '../../model/intent.ts'
import type { CrosswalkRow, Known } from '../../model/store.ts'
import type { Database } from './database.ts'
import type { LedgerRecord } from './rows.ts'

type At = Pick<LedgerRecord, 'tenant' | 'target'>

interface Row {
  readonly is_patient: string
  /** JSON of a business identifier. */
  readonly name: string | null
  readonly since: number
  readonly intent_id: string
  readonly sequence: number
}

const PATIENT = 'Patient'

/** Merges upon merges; a longer chain is a bug. */
const CHAIN_MAX = 100

/** How many merges and partings have been committed, of all targets. */
export function identitySeen(db: Database): number {
  return db.get<{ value: number }>("SELECT value FROM meta WHERE name = 'identity'")?.value ?? 0
}

function nextIdentity(db: Database): number {
  db.run("UPDATE meta SET value = value + 1 WHERE name = 'identity'")
  return identitySeen(db)
}

/** The merge by which a patient is another one now. */
function mergeOf(db: Database, { tenant, target }: At, patient: string): Row | undefined {
  return db.get<Row>(
    `SELECT is_patient, name, since, intent_id, sequence FROM identities
     WHERE tenant = ? AND target = ? AND patient = ? AND until IS NULL`,
    ...[tenant, target, patient],
  )
}

/** Whom a patient was when `seen` was the number; himself where nothing is known. */
function whoWas(
  db: Database,
  { tenant, target, seen }: At & { readonly seen: number },
  patient: string,
): Pick<Row, 'is_patient' | 'name'> {
  let who: Pick<Row, 'is_patient' | 'name'> = { is_patient: patient, name: null }
  for (let step = 0; step < CHAIN_MAX; step++) {
    const next = db.get<Row>(
      `SELECT is_patient, name FROM identities WHERE tenant = ? AND target = ? AND patient = ?
       AND since <= ? AND (until IS NULL OR until > ?)`,
      ...[tenant, target, who.is_patient, seen, seen],
    )
    if (next === undefined) return who
    who = next
  }
  return who
}

const whoIs = (db: Database, at: At, patient: string): string =>
  whoWas(db, { ...at, seen: Number.MAX_SAFE_INTEGER }, patient).is_patient

/** The lane in which the writes of a key go at this target. */
export function laneOf(db: Database, { tenant, target }: At, key: string): string {
  let lane = key
  for (let step = 0; step < CHAIN_MAX; step++) {
    const moved = db.get<{ into_key: string }>(
      'SELECT into_key FROM lanes_moved WHERE tenant = ? AND target = ? AND key = ?',
      ...[tenant, target, lane],
    )
    if (moved === undefined) return lane
    lane = moved.into_key
  }
  return lane
}

/** Whether any write says who patients are: most targets never see one. */
export function anySpeaks(db: Database): boolean {
  return db.get("SELECT 1 FROM meta WHERE name = 'lanes'") !== undefined
}

/** The lane of a row by the key that its event gave it. */
export function ownLane(db: Database, row: LedgerRecord): string {
  return laneOf(db, row, intentOf(db, row).key)
}

/** The same, for the many rows of a target that has seen no merge, without a look at the intent. */
export function laneAgain(db: Database, row: LedgerRecord): string {
  const { tenant, target } = row
  const merged = 'SELECT 1 FROM identities WHERE tenant = ? AND target = ? LIMIT 1'
  return db.get(merged, tenant, target) === undefined ? row.key : ownLane(db, row)
}

function intentOf(db: Database, row: LedgerRecord) {
  const kept = db.get<{ intent: string }>(
    'SELECT intent FROM ledger_contents WHERE intent_id = ? AND content = ?',
    ...[row.intent_id, row.content],
  )
  return readIntent(kept?.intent ?? '{}')
}

/** The lanes in which a write of identity stands, as they are now. */
export function keepLanes(db: Database, row: At & { intent_id: string }, keys: readonly string[]) {
  db.run("INSERT OR IGNORE INTO meta VALUES ('lanes', 1)")
  for (const key of keys) {
    for (const lane of new Set([key, laneOf(db, row, key)])) {
      db.run(
        'INSERT OR IGNORE INTO ledger_lanes VALUES (?, ?, ?, ?)',
        ...[row.tenant, row.target, lane, row.intent_id],
      )
    }
  }
}

export function lanesOf(db: Database, intent_id: string): readonly string[] {
  const rows = db.all<{ key: string }>(
    'SELECT key FROM ledger_lanes WHERE intent_id = ?',
    intent_id,
  )
  return rows.map(({ key }) => key)
}

/** What becomes of a write of a patient who is another one by now. */
export type Fate =
  | { readonly to: 'superseded'; readonly facts: Readonly<Record<string, string>> }
  | {
      readonly to: 'denied'
      readonly reason: 'patient_merged' | 'merge_in_circle'
      readonly facts: Readonly<Record<string, string>>
    }

/**
 * Nothing is written to a patient who went into another one: what only makes him, or is older than
 * the merge, is overtaken by it; the rest is for a person. Undefined: the write may go.
 */
export function fateOf(db: Database, row: LedgerRecord & { intent: string }): Fate | undefined {
  if (row.resource_type !== PATIENT) return undefined
  if (row.identity === 1) return circleOf(db, row)
  const merge = mergeOf(db, row, row.resource_id)
  if (merge === undefined) return undefined
  const facts = { merged_into: merge.is_patient, merge: merge.intent_id }
  const makes = readIntent(row.intent).operation === 'create'
  if (makes || row.sequence < merge.sequence) return { to: 'superseded', facts }
  return { to: 'denied', reason: 'patient_merged', facts }
}

/** A merge into somebody who went into the same patient before. */
function circleOf(db: Database, row: LedgerRecord & { intent: string }): Fate | undefined {
  const { identities = [] } = readIntent(row.intent)
  const circle = identities.find(({ of, is }) => of !== is && whoIs(db, row, is) === of)
  if (circle === undefined) return undefined
  return { to: 'denied', reason: 'merge_in_circle', facts: { merged_into: circle.of } }
}

/** Whether a write says of any patient that he is another one than he is. */
export function saysNews(db: Database, row: LedgerRecord & { intent: string }): boolean {
  const { identities = [] } = readIntent(row.intent)
  return identities.some(({ of, is }) => (mergeOf(db, row, of)?.is_patient ?? of) !== is)
}

/**
 * What a committed write says of identity. Answers with the lanes that writes may have to leave for
 * another one now.
 */
export function identify(db: Database, row: LedgerRecord): readonly string[] {
  const { identities = [], also_keys = [], refers_to } = intentOf(db, row)
  return identities.flatMap(({ of, is }) => {
    const before = mergeOf(db, row, of)
    if (before?.is_patient === is || (before === undefined && of === is)) return []
    const seen = nextIdentity(db)
    const left = before === undefined ? [] : part(db, row, { patient: of, merge: before, seen })
    if (of === is) return left
    // Round in a circle, and a person says that it landed: the newest word counts.
    const circle = whoIs(db, row, is) === of ? mergeOf(db, row, is) : undefined
    const freed = circle === undefined ? [] : part(db, row, { patient: is, merge: circle, seen })
    const name = refers_to[`${PATIENT}/${is}`]
    db.run(
      'INSERT INTO identities VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?)',
      ...[row.tenant, row.target, of, is, name === undefined ? null : JSON.stringify(name)],
      ...[seen, row.intent_id, row.sequence],
    )
    return [...left, ...freed, ...also_keys.flatMap(key => moveLane(db, row, key))]
  })
}

interface Parting {
  readonly patient: string
  readonly merge: Row
  readonly seen: number
}

/** Ends a merge; the keys that it moved have their own lanes again. */
function part(db: Database, at: At, { patient, merge, seen }: Parting): readonly string[] {
  const { tenant, target } = at
  db.run(
    `UPDATE identities SET until = ? WHERE tenant = ? AND target = ? AND patient = ?
     AND since = ?`,
    ...[seen, tenant, target, patient, merge.since],
  )
  const keys = db.all<{ key: string }>(
    'SELECT key FROM lanes_moved WHERE intent_id = ? AND tenant = ? AND target = ?',
    ...[merge.intent_id, tenant, target],
  )
  const lanes = keys.map(({ key }) => laneOf(db, at, key))
  db.run('DELETE FROM lanes_moved WHERE intent_id = ?', merge.intent_id)
  return lanes
}

/** Nothing where the key's writes go there already: so no lane leads back to itself. */
function moveLane(db: Database, row: LedgerRecord, key: string): readonly string[] {
  const [left, lane] = [laneOf(db, row, key), laneOf(db, row, row.key)]
  if (left === lane) return []
  db.run(
    `INSERT INTO lanes_moved VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET into_key = excluded.into_key, intent_id = excluded.intent_id`,
    ...[row.tenant, row.target, key, lane, row.intent_id],
  )
  return [left]
}

/**
 * The ids at the target of what an intent refers to, as it meant them when it went out last: its
 * own resource is itself, and a patient who had gone into another one is that one. `canonical` are
 * references, `Type/id`; what is not known is left out.
 */
export function known(
  db: Database,
  of: At & { readonly intent_id: string; readonly self: string },
  canonical: readonly string[],
): Known {
  const row = db.get<{ identity_seen: number }>(
    'SELECT identity_seen FROM ledger WHERE intent_id = ?',
    of.intent_id,
  )
  const at = { ...of, seen: row?.identity_seen ?? identitySeen(db) }
  const ids: [string, string][] = []
  const names: [string, BusinessId][] = []
  for (const reference of canonical) {
    const [type, id] = partsOf(reference)
    const follows = type === PATIENT && reference !== of.self
    const who = follows ? whoWas(db, at, id) : { is_patient: id, name: null }
    const target_id = idAt(db, of, [type, who.is_patient])
    if (target_id !== undefined) ids.push([reference, target_id])
    if (who.name !== null) names.push([reference, JSON.parse(who.name) as BusinessId])
  }
  return { ids: Object.fromEntries(ids), names: Object.fromEntries(names) }
}

/** What is found under the name of a patient who is another one by now is that one's. */
export function asIs(db: Database, row: CrosswalkRow): CrosswalkRow {
  if (row.resource_type !== PATIENT) return row
  return { ...row, resource_id: whoIs(db, row, row.resource_id) }
}

export function idAt(
  db: Database,
  { tenant, target }: At,
  [resource_type, resource_id]: readonly [string, string],
): string | undefined {
  return db.get<{ target_id: string }>(
    `SELECT target_id FROM crosswalk
     WHERE tenant = ? AND target = ? AND resource_type = ? AND resource_id = ?`,
    ...[tenant, target, resource_type, resource_id],
  )?.target_id
}

function partsOf(reference: string): readonly [type: string, id: string] {
  const slash = reference.indexOf('/')
  return [reference.slice(0, slash), reference.slice(slash + 1)]
}
