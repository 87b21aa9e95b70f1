// How replays, and dry runs of them, read in a terminal.
import type { DryReplay } from '../operate/replay_dry.ts'
import { judgements } from '../operate/replay_judge.ts'
import type { ReplayLine, ShownReplay } from '../operate/replays.ts'
import { ago, duration, inkOf, plain, table } from './terminal.ts'

const WAITS = {
  live: 'live traffic goes first',
  mapping: 'records are mapped the first time',
  target: 'the target has enough to send',
  trouble: 'trouble, see the signals',
} as const

export function replayTable(lines: readonly ReplayLine[], now_ms: number): string {
  return table(
    ['replay', 'topic', 'state', 'done', 'events', 'per second', 'left', 'changed', 'waits for'],
    lines.map(one => [
      plain(one.name),
      one.topic,
      one.state,
      doneOf(one),
      one.counts.events,
      Number(one.per_second.toFixed(1)),
      one.left_ms === undefined ? '' : duration(one.left_ms),
      ago(one.changed_at_ms, now_ms),
      one.waits === undefined ? (one.reason ?? '') : WAITS[one.waits],
    ]),
  )
}

function doneOf({ position, from_offset, to_offset }: ReplayLine): string {
  const part = (position - from_offset) / Math.max(1, to_offset - from_offset)
  return `${Math.floor(part * 100)}%`
}

export function replayText(one: ShownReplay, colours: boolean): string {
  const ink = inkOf(colours)
  const { counts, targets } = one
  const only = Object.entries(one.only).map(([name, value]) => `${name}=${value}`)
  const counted = Object.entries(counts).filter(([, count]) => count > 0)
  return [
    ink.bold(plain(`${one.name} is ${one.state}${one.reason ? `: ${one.reason}` : ''}`)),
    `span      ${one.topic} from ${one.from_offset} to ${one.to_offset}, next ${one.position} (${doneOf(one)})`,
    ...(only.length === 0 ? [] : [plain(`only      ${only.join(', ')}`)]),
    `reaches   ${targets.length === 0 ? 'no target, only readers of its topic' : targets.join(', ')}`,
    `by        deployment ${one.deployment}`,
    `counts    ${counted.map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing yet'}`,
    ...(one.waits === undefined ? [] : [`waits for ${WAITS[one.waits]}`]),
    ...(one.left_ms === undefined ? [] : [`left      ${duration(one.left_ms)}`]),
    '',
    ...one.words.map(({ word, by, why, at_ms }) =>
      plain(`${new Date(at_ms).toISOString()}  ${word} by ${by}${why === '' ? '' : `: ${why}`}`),
    ),
    ...lostText(one.lost, counts.lost),
  ].join('\n')
}

function lostText(lost: ShownReplay['lost'], count: number): string[] {
  if (count === 0) return []
  const rows = lost.slice(0, 10).map(({ event_id, raw_id }) => `  ${event_id}  of ${raw_id}`)
  return ['', `No longer made: ${count} events. What they wrote is a proposal to retract:`, ...rows]
}

export function dryText(dry: DryReplay, colours: boolean, show: boolean): string {
  const ink = inkOf(colours)
  const { plan, counts, events, unmapped } = dry
  const { targets } = plan
  const skipped = (['filtered', 'duplicate', 'no_event', 'newer', 'still_dead', 'dead'] as const)
    .filter(name => counts[name] > 0)
    .map(name => `${counts[name]} ${name}`)
  const changes = dry.changes.map(({ kind, at, records }) => [records, kind, at])
  return [
    ink.bold(
      `${plan.topic} from ${plan.from_offset} to ${plan.to_offset} by ${plan.deployment}: ${counts.chosen} of ${counts.read} records. Nothing was written.`,
    ),
    `events: ${events.same} the same, ${events.changed} changed, ${events.new} new, ${events.lost} no longer made`,
    ...(skipped.length === 0 ? [] : [`left out: ${skipped.join(', ')}`]),
    ...(unmapped === 0 ? [] : [`${unmapped} records at the end are not mapped yet: not looked at`]),
    '',
    targets.length === 0
      ? 'It names no target: its events go to readers of the canonical topic only (--to-target).'
      : writesTable(dry),
    ...(changes.length === 0 ? [] : ['', table(['messages', 'what', 'where'], changes)]),
    ...(show ? samplesText(dry, colours) : []),
    ...lostText(dry.lost, events.lost),
    '',
  ].join('\n')
}

function writesTable({ writes }: DryReplay): string {
  const used = judgements.filter(word => Object.values(writes).some(by => by[word] !== undefined))
  const rows = Object.entries(writes).map(([target, by]) => [
    target,
    ...used.map(word => by[word] ?? 0),
  ])
  const heads = used.map(word => word.replaceAll('_', ' '))
  return table(['target', ...heads], rows)
}

function samplesText({ samples }: DryReplay, colours: boolean): string[] {
  const ink = inkOf(colours)
  return samples.flatMap(({ offset, raw_id, changes }) => [
    '',
    ink.bold(`${offset}  ${raw_id}`),
    ...changes.flatMap(({ kind, path, before, after }) => [
      `  ${kind} ${path}`,
      ...(before === undefined ? [] : [`    ${ink.red('-')} ${valueText(before)}`]),
      ...(after === undefined ? [] : [`    ${ink.green('+')} ${valueText(after)}`]),
    ]),
  ])
}

const VALUE_MAX = 400

function valueText(value: unknown): string {
  const text = plain(JSON.stringify(value))
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}…`
}
