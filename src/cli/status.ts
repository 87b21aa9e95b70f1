// firth status: what flows, what waits and since when, of the engine that owns the data folder.
import type { PeopleLine, Status } from '../operate/status.ts'
import { askControl } from '../wire/control.ts'
import { type Command, dataOption, exit, jsonOption, projectOption } from './command.ts'
import { foldersOf } from './folders.ts'
import { pausesTable } from './pause.ts'
import { replayTable } from './replay_text.ts'
import { ago, bytesInWords, duration, inkOf, table } from './terminal.ts'

export const status: Command = {
  name: 'status',
  arguments: '',
  summary: 'Shows feeds, rates, what waits and since when, beside a running engine.',
  options: { ...projectOption, ...dataOption, ...jsonOption },
  notes: ['Exit code 1 when something is in trouble, 4 when no engine runs on the data folder.'],
  examples: ['firth status --data /var/lib/firth', 'firth status --json'],
  async run(args, world) {
    const { data } = foldersOf(args, world)
    const picture = (await askControl(data, { command: 'status', args: {} })) as Status
    world.out(
      args.flag('json') ? `${JSON.stringify(picture)}\n` : `${inWords(picture, world.colours)}\n`,
    )
    const { log, store, groups, writes } = picture
    const stuck = groups.some(row => row.trouble) || writes.some(row => row.paused_for)
    return stuck || log.trouble || store.trouble ? exit.failed : exit.ok
  },
}

function inWords(picture: Status, colours: boolean): string {
  const ink = inkOf(colours)
  const { now_ms, log, store } = picture
  const parts = [
    `${ink.bold('Firth')} ${picture.project}, running for ${duration(now_ms - picture.started_at_ms)}, process ${picture.pid}`,
    `log: ${log.records} records, ${bytesInWords(log.bytes)}${
      log.trouble === undefined ? '' : ink.red(`  TROUBLE: ${log.trouble}`)
    }`,
    ...(store.trouble === undefined
      ? []
      : [`state store: ${ink.red(`TROUBLE: ${store.trouble}`)}`]),
    '',
    ink.bold('Feeds'),
    picture.feeds.length === 0 ? ink.dim('no sender has connected yet') : feedTable(picture),
    '',
    ink.bold('Waiting'),
    waitingTable(picture) ?? ink.dim('nothing waits between the stations'),
    '',
    ink.bold('Writes'),
    picture.writes.length === 0 ? ink.dim('no write was asked for yet') : writeTable(picture),
  ]
  if (picture.pauses.length > 0) {
    parts.push('', ink.bold('Paused'), pausesTable(picture.pauses, now_ms))
  }
  if (picture.replays.length > 0) {
    parts.push('', ink.bold('Replays'), replayTable(picture.replays, now_ms))
  }
  for (const line of picture.people) parts.push('', ink.yellow(peopleInWords(line)))
  for (const [target, remarks] of Object.entries(picture.remarks)) {
    parts.push('', ink.yellow(`${target} says of itself:`), ...remarks.map(one => `  ${one}`))
  }
  const dead = Object.entries(picture.dead).filter(([, count]) => count > 0)
  if (dead.length > 0) {
    const words = dead.map(([tenant, count]) => `${tenant} ${count}`).join(', ')
    parts.push('', ink.yellow(`Dead letters: ${words}. See: firth dead list`))
  }
  return parts.join('\n')
}

function feedTable({ feeds, now_ms }: Status): string {
  return table(
    ['channel', 'feed', 'connections', 'received', 'acknowledged', 'refused', 'per second', 'last'],
    feeds.map(feed => [
      `${feed.tenant}/${feed.channel}`,
      feed.feed,
      feed.connections,
      feed.received,
      feed.acknowledged,
      feed.refused,
      Number(feed.per_second.toFixed(1)),
      ago(feed.last_at_ms, now_ms),
    ]),
  )
}

function waitingTable({ groups, now_ms }: Status): string | undefined {
  const rows = groups.filter(group => group.waiting > 0 || group.trouble !== undefined)
  if (rows.length === 0) return undefined
  return table(
    ['reader', 'topic', 'waiting', 'oldest', 'trouble'],
    rows.map(row => [
      row.group,
      row.topic,
      row.waiting,
      row.since_ms === undefined ? '' : ago(row.since_ms, now_ms),
      row.trouble ?? '',
    ]),
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

function writeTable({ writes, now_ms }: Status): string {
  return table(
    ['target', 'state', 'shown as', 'writes', 'oldest change', 'paused or limited'],
    writes.map(row => [
      `${row.tenant}/${row.target}`,
      row.state,
      row.shown,
      row.count,
      ago(row.since_ms, now_ms),
      pauseInWords(row, now_ms),
    ]),
  )
}
