// What a backup and a restore leave behind for people: a line in the audit of each tenant, and what
// `firth status` says of the last of each.
import { derivedId } from '../kit/ids.ts'
import { LAST_BACKUP_CURSOR, RESTORED_CURSOR } from '../model/keep_store.ts'
import type { NewRecord, Position } from '../model/log.ts'
import type { Store } from '../model/store.ts'

export interface KeepAct {
  readonly act: 'backup' | 'restore'
  /** Of the backup. */
  readonly folder: string
  /** Everything that was received later is not in it. Milliseconds since 1970. */
  readonly cut_at_ms: number
  readonly at_ms: number
  readonly by: string
  readonly why: string
}

/** The topics among these that take a line, each with it; the line of one act has one `act_id`. */
export function keepLines(
  ends: readonly Position[],
  said: KeepAct,
): readonly { readonly topic: string; readonly from_offset: number; readonly record: NewRecord }[] {
  const { act, folder, cut_at_ms, at_ms, by, why } = said
  const audits = ends.filter(({ topic }) => topic.startsWith('audit.'))
  return audits.map(({ topic, offset: from_offset }) => {
    const tenant = topic.slice('audit.'.length)
    const headers = { act, act_id: derivedId(act, tenant, folder, at_ms), tenant }
    const told = { act, folder, cut_at: timeOf(cut_at_ms), at: timeOf(at_ms), by, why }
    const record = { key: act, headers, value: Buffer.from(JSON.stringify(told)) }
    return { topic, from_offset, record }
  })
}

const timeOf = (at_ms: number) => new Date(at_ms).toISOString()

/** The last one of a data folder; undefined where there was none. */
export interface Kept {
  readonly backup:
    | { readonly folder: string; readonly cut_at_ms: number; readonly by: string }
    | undefined
  readonly restored:
    | { readonly cut_at_ms: number; readonly at_ms: number; readonly by: string }
    | undefined
}

export async function keptOf(store: Pick<Store, 'getCursor'>): Promise<Kept> {
  const [backup, restored] = await Promise.all([
    store.getCursor(LAST_BACKUP_CURSOR),
    store.getCursor(RESTORED_CURSOR),
  ])
  return {
    backup: backup === undefined ? undefined : JSON.parse(backup),
    restored: restored === undefined ? undefined : JSON.parse(restored),
  }
}
