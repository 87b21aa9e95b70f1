// Where each consumer group stands, durable in <data>/log/groups.db. A group is written down at its
// first subscription, so it holds retention back before its first commit; each subscription gets a
// number (epoch) that was never used before, and only the newest may commit.
import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../model/errors.ts'
import type { GroupInfo } from '../../model/log.ts'
import type { Place } from './codec.ts'
import type { PartitionEnd, Remark } from './recover.ts'
import { openDurable } from './segment.ts'

export const GROUPS_FILE = 'groups.db'

const FORMAT = 1

const TABLES = `
  CREATE TABLE groups(
    name TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    start_offset INTEGER NOT NULL,      -- where it begins without a commit
    committed_offset INTEGER,
    PRIMARY KEY (name, topic, partition)
  ) WITHOUT ROWID;
  CREATE TABLE epoch(last INTEGER NOT NULL);
  INSERT INTO epoch VALUES (0);
  PRAGMA user_version = ${FORMAT};
`

export interface GroupRow extends GroupInfo {
  /** The next offset to be read: the committed one, or where the group began. */
  readonly position: number
}

export interface Assignment extends Place {
  readonly epoch: number
  readonly position: number
}

export interface Commit extends Place {
  readonly group: string
  readonly next_offset: number
  readonly epoch: number
}

/** A partition with the offset at which a new group begins in it. */
export interface Wanted extends Place {
  readonly start_offset: number
}

export class GroupTable {
  readonly #db: DatabaseSync

  /** Throws what SQLite throws, or `log_newer`. */
  constructor(file: string) {
    this.#db = openDurable(file)
    try {
      const format = this.#db.prepare('PRAGMA user_version').get()?.user_version as number
      if (format > FORMAT) throw new Failure('log_newer', { file: GROUPS_FILE, format })
      if (format === 0) this.#transaction(() => this.#db.exec(TABLES))
    } catch (cause) {
      this.#db.close()
      throw cause
    }
  }

  /** Takes the partitions over for a group: whoever had them may commit no more. */
  assign(group: string, wanted: readonly Wanted[]): readonly Assignment[] {
    return this.#transaction(() => {
      const next = this.#db.prepare('UPDATE epoch SET last = last + 1 RETURNING last').get()
      const epoch = next?.last as number
      const upsert = this.#db.prepare(
        `INSERT INTO groups VALUES (?, ?, ?, ?, ?, NULL)
         ON CONFLICT DO UPDATE SET epoch = excluded.epoch
         RETURNING coalesce(committed_offset, start_offset) AS position`,
      )
      return wanted.map(({ topic, partition, start_offset }) => {
        const row = upsert.get(group, topic, partition, epoch, start_offset)
        return { topic, partition, epoch, position: row?.position as number }
      })
    })
  }

  /** One transaction for all; answers which were taken, in order. */
  commit(commits: readonly Commit[]): readonly boolean[] {
    return this.#transaction(() => {
      const update = this.#db.prepare(
        `UPDATE groups SET committed_offset = ?
         WHERE name = ? AND topic = ? AND partition = ? AND epoch = ?`,
      )
      return commits.map(({ group, topic, partition, next_offset, epoch }) => {
        return update.run(next_offset, group, topic, partition, epoch).changes === 1
      })
    })
  }

  remove(group: string): void {
    this.#transaction(() => this.#db.prepare('DELETE FROM groups WHERE name = ?').run(group))
  }

  rows(): readonly GroupRow[] {
    return groupRows(this.#db)
  }

  /** Sets positions beyond `next_offset` back to it. */
  clamp(group: string, { topic, partition }: Place, next_offset: number): void {
    this.#transaction(() => {
      this.#db
        .prepare(
          `UPDATE groups SET committed_offset = min(committed_offset, ?1),
             start_offset = min(start_offset, ?1)
           WHERE name = ?2 AND topic = ?3 AND partition = ?4`,
        )
        .run(next_offset, group, topic, partition)
    })
  }

  /** `file` does not exist yet. */
  copyTo(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file)
  }

  close(): void {
    this.#db.close()
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw cause
    }
  }
}

/** Also for readers beside a running engine; none where the tables are not made yet. */
export function groupRows(db: DatabaseSync): readonly GroupRow[] {
  const made = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'groups'").get()
  if (made === undefined) return []
  const rows = db.prepare(
    'SELECT * FROM groups ORDER BY name COLLATE BINARY, topic COLLATE BINARY, partition',
  )
  return rows.all().map(row => {
    const committed = row.committed_offset as number | null
    return {
      group: row.name as string,
      topic: row.topic as string,
      partition: row.partition as number,
      committed_offset: committed ?? undefined,
      position: committed ?? (row.start_offset as number),
    }
  })
}

/**
 * A position beyond the end of the log would skip what is appended next; it is set to the end, and
 * said. It happens where segments were lost or restored from an older copy than the groups.
 */
export function clampGroups(table: GroupTable, ends: readonly PartitionEnd[]): Remark[] {
  const remarks: Remark[] = []
  for (const { group, position, ...place } of table.rows()) {
    const { topic, partition } = place
    const end = ends.find(row => row.topic === topic && row.partition === partition)
    const next_offset = end?.next_offset ?? 0
    if (position <= next_offset) continue
    table.clamp(group, place, next_offset)
    const facts = { group, topic, partition, position, next_offset }
    remarks.push({ level: 'error', what: 'a group stood beyond the end of the log', facts })
  }
  return remarks
}
