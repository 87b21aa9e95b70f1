// Parts of the picture that an operator asks for next: each channel with its lag, the write that
// has waited longest at each target and for what, dead letters by reason, and what holds space.
import { failureOf } from '../model/errors.ts'
import type { LetterCount, SearchProgress } from '../model/search.ts'
import { waiting } from '../model/state.ts'
import type { LedgerCount } from '../model/store.ts'
import type { Engine } from './engine.ts'
import type { GroupLine } from './group_lines.ts'
import type { FeedLine } from './status.ts'
import { standsOf, waitingOfRows } from './waits.ts'

export interface ChannelLine {
  readonly tenant: string
  readonly channel: string
  /** Messages a second over the last minute, of all its feeds. */
  readonly per_second: number
  readonly connections: number
  /** Stored and not yet mapped. */
  readonly waiting: number
  readonly since_ms: number | undefined
}

/** The write of a target that has stood longest where it stands. */
export interface OldestLine {
  readonly tenant: string
  readonly target: string
  readonly intent_id: string
  readonly state: string
  readonly since_ms: number
  /** What it waits for; no patient data. */
  readonly words: string
}

export interface LetterLine {
  /** By reason, the most first, decided ones among them; none of a tenant that has no open one. */
  readonly reasons: readonly LetterCount[]
  /** Of each tenant, how many are decided. */
  readonly decided: Readonly<Record<string, number>>
}

export function channelLines(
  engine: Engine,
  { feeds, groups }: { readonly feeds: readonly FeedLine[]; readonly groups: readonly GroupLine[] },
): readonly ChannelLine[] {
  return engine.channels.map(({ plan: { tenant, channel } }) => {
    const own = feeds.filter(feed => feed.tenant === tenant && feed.channel === channel)
    const group = groups.find(one => one.group === `transform.${tenant}.${channel}`)
    return {
      tenant,
      channel,
      per_second: own.reduce((sum, feed) => sum + feed.per_second, 0),
      connections: own.reduce((sum, feed) => sum + feed.connections, 0),
      waiting: group?.waiting ?? 0,
      since_ms: group?.since_ms,
    }
  })
}

export async function oldestLines(
  engine: Engine,
  { counts, now_ms }: { readonly counts: readonly LedgerCount[]; readonly now_ms: number },
): Promise<readonly OldestLine[]> {
  const { store } = engine
  const held = counts.filter(({ state, count }) => count > 0 && waiting.includes(state))
  const firsts = await Promise.all(
    held.map(({ tenant, target, state }) => store.rowsInState({ tenant, target }, state, HEADS)),
  )
  const rows = firsts.flat()
  const waits = await waitingOfRows(rows, { store, stands: standsOf(engine), now_ms })
  const lines = rows.map(({ intent, state, changed_at_ms }, i) => ({
    tenant: intent.tenant,
    target: intent.target,
    intent_id: intent.intent_id,
    state,
    since_ms: waits[i]?.since_ms ?? changed_at_ms,
    words: waits[i]?.words ?? '',
    // What stands behind another one says less than that one.
    behind: waits[i]?.behind !== undefined,
  }))
  const byTarget = Object.values(
    Object.groupBy(lines, ({ tenant, target }) => `${tenant}.${target}`),
  )
  return byTarget.flatMap(group => {
    const [oldest] = (group ?? []).toSorted(
      (a, b) => Number(a.behind) - Number(b.behind) || a.since_ms - b.since_ms,
    )
    if (oldest === undefined) return []
    const { behind: _, ...line } = oldest
    return [line]
  })
}

/** Rows of a state that are looked at for the first of them. */
const HEADS = 20

/** Undefined while the index cannot be asked. */
export async function letterLine({ search, store }: Engine): Promise<LetterLine | undefined> {
  try {
    const [reasons, decided] = [await search.letterCounts({}), await store.closedLetters()]
    const counts: Record<string, number> = {}
    for (const { tenant, count } of reasons) counts[tenant] = (counts[tenant] ?? 0) + count
    const hasOpen = (tenant: string) => (counts[tenant] ?? 0) > (decided[tenant] ?? 0)
    return { reasons: reasons.filter(({ tenant }) => hasOpen(tenant)), decided }
  } catch (cause) {
    // The picture says of the index itself that it is in trouble.
    if (failureOf(cause)?.code !== 'search_unavailable') throw cause
    return undefined
  }
}

export async function searchLine({ search }: Engine): Promise<SearchProgress> {
  try {
    return await search.progress()
  } catch (cause) {
    const code = failureOf(cause)?.code
    if (code === undefined) throw cause
    // While the log's files cannot be read the index cannot tell how far it is.
    return { records: 0, behind: 0, rebuilding: false, trouble: code }
  }
}
