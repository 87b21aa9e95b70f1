// The picture of an engine as a person reads it, section by section, in the width that there is.
import type { PeopleLine, Status } from '../operate/status.ts'
import { fitTable } from './fit.ts'
import { pausesTable } from './pause.ts'
import { replayTable } from './replay_text.ts'
import { ago, bytesInWords, duration, type Ink, inkOf, plain } from './terminal.ts'

export const sorts = ['name', 'rate', 'waiting'] as const
export type Sort = (typeof sorts)[number]

export interface StatusView {
  readonly colours: boolean
  /** Undefined: as wide as it comes. */
  readonly columns?: number | undefined
  readonly sort: Sort
}

export function statusInWords(picture: Status, view: StatusView): string {
  const ink = inkOf(view.colours)
  const { columns } = view
  const { now_ms, pauses, replays } = picture
  const section = (title: string, text: string | undefined) =>
    text === undefined ? [] : ['', ink.bold(title), text]
  return [
    ...headOf(picture, ink),
    ...alertLines(picture, ink),
    ...section('Channels', channelTable(picture, view)),
    ...section('Feeds', feedTable(picture, view) ?? ink.dim('no sender has connected yet')),
    ...section(
      'Waiting',
      waitingTable(picture, columns) ?? ink.dim('nothing waits between the stations'),
    ),
    ...section('Writes', writeTable(picture, columns) ?? ink.dim('no write was asked for yet')),
    ...section('Oldest write that waits', oldestTable(picture, view)),
    ...section('Paused', pauses.length > 0 ? pausesTable(pauses, now_ms) : undefined),
    ...section('Replays', replays.length > 0 ? replayTable(replays, now_ms) : undefined),
    ...section('What holds space', spaceTable(picture, columns)),
    ...picture.people.flatMap(line => ['', ink.yellow(peopleInWords(line))]),
    ...remarksOf(picture, ink),
    ...deadLines(picture, { ink, columns }),
  ].join('\n')
}

function headOf(picture: Status, ink: Ink): readonly string[] {
  const { now_ms, log, store, search } = picture
  const trouble = (what: string | undefined) =>
    what === undefined ? '' : ink.red(`  TROUBLE: ${what}`)
  const { rss_bytes, event_loop_ms_p99 } = picture.process
  const running = duration(now_ms - picture.started_at_ms)
  const behind = search.behind > 0 ? `, ${search.behind} records behind` : ''
  const rebuilding = search.rebuilding && search.behind > 0 ? ', being made anew' : ''
  const indexed = `search: ${search.behind > 0 ? 'reading' : 'up to date'}${behind}${rebuilding}`
  return [
    `${ink.bold('Firth')} ${picture.project}, running for ${running}, process ${picture.pid}`,
    `log: ${log.records} records, ${bytesInWords(log.bytes)}${trouble(log.trouble)}`,
    ...(store.trouble === undefined ? [] : [`state store: ${trouble(store.trouble)}`]),
    ...(search.trouble === undefined ? [indexed] : [`search: ${trouble(search.trouble)}`]),
    `memory ${bytesInWords(rss_bytes)}, event loop ${event_loop_ms_p99.toFixed(0)} ms (99 %)`,
    ...keptLines(picture),
  ]
}

function keptLines({ kept, now_ms }: Status): readonly string[] {
  const { backup, restored } = kept ?? {}
  return [
    ...(backup ? [`backup: ${ago(backup.cut_at_ms, now_ms)}, ${plain(backup.folder)}`] : []),
    ...(restored
      ? [`restored ${ago(restored.at_ms, now_ms)} from a backup by ${plain(restored.by)}`]
      : []),
  ]
}

const ALERTS = {
  silent_feed: 'nothing comes from who sent before',
  oldest_waiting: 'records wait for this reader',
  error_rate: 'much of what comes is refused or dead',
  target_down: 'the target is not served, by its own fault',
  ledger_stuck: 'the target is served, and yet writes stand',
} as const

function alertLines({ alerts, now_ms }: Status, ink: Ink): readonly string[] {
  return alerts.map(({ alert, tenant, name, since_ms }) =>
    ink.red(`ALERT ${alert} ${tenant}/${name}: ${ALERTS[alert]}, since ${ago(since_ms, now_ms)}`),
  )
}

/** By name, or the most first. */
function sorted<T extends { readonly waiting?: number; readonly per_second?: number }>(
  lines: readonly T[],
  { sort }: StatusView,
): readonly T[] {
  if (sort === 'name') return lines
  const of = (line: T) => (sort === 'rate' ? line.per_second : line.waiting) ?? 0
  return lines.toSorted((a, b) => of(b) - of(a))
}

const rate = (per_second: number) => Number(per_second.toFixed(1))

function channelTable({ channels, now_ms }: Status, view: StatusView): string | undefined {
  if (channels.length === 0) return undefined
  return fitTable(
    [
      { title: 'channel' },
      { title: 'per second' },
      { title: 'connections', spare: 1 },
      { title: 'to be mapped' },
      { title: 'oldest' },
    ],
    sorted(channels, view).map(one => [
      `${one.tenant}/${one.channel}`,
      rate(one.per_second),
      one.connections,
      one.waiting,
      one.since_ms === undefined ? '' : ago(one.since_ms, now_ms),
    ]),
    view.columns,
  )
}

function feedTable({ feeds, now_ms }: Status, view: StatusView): string | undefined {
  if (feeds.length === 0) return undefined
  return fitTable(
    [
      { title: 'channel' },
      { title: 'feed' },
      { title: 'connections', spare: 3 },
      { title: 'received' },
      { title: 'acknowledged', spare: 2 },
      { title: 'refused', spare: 1 },
      { title: 'per second' },
      { title: 'last' },
    ],
    sorted(feeds, view).map(feed => [
      `${feed.tenant}/${feed.channel}`,
      feed.feed,
      feed.connections,
      feed.received,
      feed.acknowledged,
      feed.refused,
      rate(feed.per_second),
      ago(feed.last_at_ms, now_ms),
    ]),
    view.columns,
  )
}

function waitingTable({ groups, now_ms }: Status, columns: number | undefined) {
  const rows = groups.filter(group => group.waiting > 0 || group.trouble !== undefined)
  if (rows.length === 0) return undefined
  return fitTable(
    [
      { title: 'reader' },
      { title: 'topic', spare: 1 },
      { title: 'waiting' },
      { title: 'oldest' },
      { title: 'trouble' },
    ],
    rows.map(row => [
      row.group,
      row.topic,
      row.waiting,
      row.since_ms === undefined ? '' : ago(row.since_ms, now_ms),
      row.trouble ?? '',
    ]),
    columns,
  )
}

function writeTable({ writes, now_ms }: Status, columns: number | undefined) {
  if (writes.length === 0) return undefined
  return fitTable(
    [
      { title: 'target' },
      { title: 'state' },
      { title: 'shown as', spare: 1 },
      { title: 'writes' },
      { title: 'oldest change' },
      { title: 'paused or limited' },
    ],
    writes.map(row => [
      `${row.tenant}/${row.target}`,
      row.state,
      row.shown,
      row.count,
      ago(row.since_ms, now_ms),
      pauseInWords(row, now_ms),
    ]),
    columns,
  )
}

function oldestTable({ oldest, now_ms }: Status, { columns }: StatusView): string | undefined {
  if (oldest.length === 0) return undefined
  return fitTable(
    [
      { title: 'target' },
      { title: 'state', spare: 1 },
      { title: 'since' },
      { title: 'waits for' },
      { title: 'intent', spare: 2 },
    ],
    oldest.map(one => [
      `${one.tenant}/${one.target}`,
      one.state,
      ago(one.since_ms, now_ms),
      one.words,
      one.intent_id,
    ]),
    columns,
  )
}

function spaceTable({ space, now_ms }: Status, columns: number | undefined): string | undefined {
  if (space.length === 0) return undefined
  return fitTable(
    [
      { title: 'topic' },
      { title: 'why' },
      { title: 'for' },
      { title: 'records' },
      { title: 'since' },
    ],
    space.map(one => [
      one.topic,
      one.why,
      one.more > 0 ? `${one.name} and ${one.more} more` : one.name,
      one.records,
      one.since_ms === undefined ? '' : ago(one.since_ms, now_ms),
    ]),
    columns,
  )
}

function peopleInWords({ tenant, target, approvals, unknown, dead }: PeopleLine): string {
  const parts = [
    ...(approvals > 0 ? [`${approvals} to approve (firth approve list)`] : []),
    ...(unknown > 0 ? [`${unknown} that may have landed (firth release list)`] : []),
    ...(dead > 0 ? [`${dead} dead that hold their patients (firth release list)`] : []),
  ]
  return `Waiting for people at ${tenant}/${target}: ${parts.join(', ')}.`
}

function remarksOf({ remarks }: Status, ink: Ink): readonly string[] {
  return Object.entries(remarks).flatMap(([target, said]) => [
    '',
    ink.yellow(`${target} says of itself:`),
    ...said.map(one => `  ${one}`),
  ])
}

/** Reasons that are shown; firth dead list shows the others. */
const REASONS_MAX = 10

function deadLines(
  { letters, dead }: Status,
  { ink, columns }: { readonly ink: Ink; readonly columns: number | undefined },
): readonly string[] {
  const lines: string[] = []
  const reasons = letters?.reasons ?? []
  if (reasons.length > 0) {
    const heads = [{ title: 'dead letters' }, { title: 'channel' }, { title: 'reason' }]
    const rows = reasons
      .slice(0, REASONS_MAX)
      .map(one => [one.count, `${one.tenant}/${one.channel}`, one.code])
    lines.push('', fitTable(heads, rows, columns))
  }
  const kept = Object.entries(dead).filter(([, count]) => count > 0)
  if (kept.length > 0) {
    const words = kept.map(([tenant, count]) => {
      const decided = letters?.decided[tenant] ?? 0
      return `${tenant} ${count}${decided > 0 ? ` (${decided} more decided)` : ''}`
    })
    lines.push('', ink.yellow(`Dead letters: ${words.join(', ')}. See: firth dead list`))
  }
  return lines
}

function pauseInWords(row: Status['writes'][number], now_ms: number): string {
  if (row.paused_for === undefined) return rateInWords(row)
  const left_ms = row.paused_until_ms - now_ms
  return `${row.paused_for}, ${left_ms > 0 ? `again in ${duration(left_ms)}` : 'being tried'}`
}

function rateInWords({ rate_per_second, rate_wait_ms }: Status['writes'][number]): string {
  if (rate_per_second === undefined) return ''
  const wait = rate_wait_ms > 0 ? `, next in ${duration(rate_wait_ms)}` : ''
  return `${rate_per_second} calls/s${wait}`
}
