// Replays as people ask for them: begun, paused, resumed, cancelled, listed; beside a running
// engine, which works on them, and on the files without one, where they wait for its next start.
import type { Clock } from '../kit/clock.ts'
import type { Random } from '../kit/random.ts'
import { Failure } from '../model/errors.ts'
import { keptWholeFrom } from '../model/keep_store.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { Pin } from '../model/pin.ts'
import type { LostEvent, ReplayRow, ReplayWord } from '../model/replay_store.ts'
import type { Signals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import type { Governance } from '../path/6_govern.ts'
import type { Editions } from '../path/editions.ts'
import { type Waits, type WorkingReplay, workReplay } from '../path/replay.ts'
import { actRecord } from '../path/replay_acts.ts'
import { askedOf, type PlanRooms, planReplay, type ReplayRequest } from './replay_plan.ts'

export interface ReplayLine extends ReplayRow {
  /** Undefined while it works, and where no engine runs. */
  readonly waits: Waits | undefined
  readonly per_second: number
  /** Until its end at this rate; undefined where it does not move. */
  readonly left_ms: number | undefined
}

export interface ShownReplay extends ReplayLine {
  readonly words: readonly ReplayWord[]
  /** The first of them. */
  readonly lost: readonly LostEvent[]
}

export interface ReplayRooms extends Omit<PlanRooms, 'log' | 'store'> {
  readonly log: Log
  readonly store: Store
}

/** What an engine has at work. */
export interface Replays {
  at(name: string): WorkingReplay | undefined
  /** Works on what runs by the store and is not at work yet. */
  refresh(): Promise<void>
  close(): Promise<void>
}

export interface ReplaysContext {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  /** Undefined where the tenant does not run. */
  editionsOf(tenant: string): Editions | undefined
  /** What rules over a target as it runs now. */
  governanceOf(tenant: string, target: string): Governance | undefined
  onBug(cause: unknown): void
}

const LISTED_MAX = 1_000
const LOST_SHOWN_MAX = 100

export async function openReplays(context: ReplaysContext): Promise<Replays> {
  const working = new Map<string, WorkingReplay>()
  let closed = false
  const replays: Replays = {
    at: name => working.get(name),
    async refresh() {
      for (const one of working.values()) one.wake()
      const rows = await context.store.replays({ state: 'running', limit: LISTED_MAX })
      for (const { name, tenant } of rows.toReversed()) {
        const editions = context.editionsOf(tenant)
        if (closed || working.has(name) || editions === undefined) continue
        const onEnd = () => {
          working.delete(name)
          // Somebody may have resumed it while it was ending.
          if (!closed) void replays.refresh().catch(context.onBug)
        }
        const governanceOf = (target: string) => context.governanceOf(tenant, target)
        working.set(name, workReplay(name, { ...context, editions, governanceOf, onEnd }))
      }
    },
    async close() {
      closed = true
      await Promise.all([...working.values()].map(one => one.close()))
    },
  }
  await replays.refresh()
  return replays
}

/**
 * Begins a replay, durable when it resolves; the same words under the same name go on with the one
 * that there is. Rejects with a Failure where it is refused.
 */
export async function beginReplay(request: ReplayRequest, rooms: ReplayRooms): Promise<ReplayRow> {
  const { store, log } = rooms
  const known = await store.replay(request.name)
  if (known !== undefined) return goOn(known, request, rooms)
  const running = await store.replays({ state: 'running', limit: limits.replays_max })
  if (running.length >= limits.replays_max) {
    throw new Failure('replay_too_many', { replays_max: limits.replays_max })
  }
  const plan = await planReplay(request, rooms)
  const { made, row } = await store.makeReplay(plan, await sinkEnd(plan.topic, plan.tenant, log))
  // Somebody else was a moment faster.
  if (!made) return goOn(row, request, rooms)
  await keptStill(row, rooms)
  return row
}

async function goOn(row: ReplayRow, request: ReplayRequest, rooms: ReplayRooms) {
  const { name, topic, state } = row
  if (row.asked !== askedOf(request)) throw new Failure('replay_name_used', { name, topic, state })
  const { by, why } = request
  return state === 'paused' ? turn({ name, word: 'resume', by, why }, rooms) : row
}

/** It is pinned from here on; what was let go before that refuses it. */
async function keptStill(row: ReplayRow, { log, store, now }: ReplayRooms): Promise<void> {
  const info = (await log.partitions()).find(one => one.topic === row.topic)
  // Between records that something else pins, retention may have let go of more.
  const whole = Number((await store.getCursor(keptWholeFrom(row.topic, 0))) ?? 0)
  const first_offset = Math.max(info?.first_offset ?? 0, whole)
  if (first_offset <= row.from_offset) return
  const turned = { word: 'cancel', by: 'firth', why: 'trimmed', at_ms: now() } as const
  await store.turnReplay(row.name, turned)
  throw new Failure('replay_trimmed', { topic: row.topic, first_offset })
}

async function sinkEnd(topic: string, tenant: string, log: Log): Promise<number> {
  const sink = topic.startsWith('raw.') ? topicOf.canonical(tenant) : topic
  return (await log.partitions()).find(one => one.topic === sink)?.next_offset ?? 0
}

export interface Turning {
  readonly name: string
  readonly word: 'pause' | 'resume' | 'cancel'
  readonly by: string
  readonly why: string
}

/** Rejects with `replay_unknown` or `replay_not_turned`. The word stands in the audit. */
export async function turn(turning: Turning, { store, log, now }: ReplayRooms): Promise<ReplayRow> {
  const { name, word, by, why } = turning
  const row = await store.replay(name)
  if (row === undefined) throw new Failure('replay_unknown', { name })
  const said = { word, by, why, at_ms: now() }
  if (!(await store.turnReplay(name, said))) {
    throw new Failure('replay_not_turned', { name, word, state: row.state })
  }
  const { record } = await actRecord(row, said, log)
  await log.append(topicOf.audit(row.tenant), 0, [record])
  return (await store.replay(name)) ?? row
}

export async function listReplays(
  store: Pick<Store, 'replays'>,
  replays: Pick<Replays, 'at'> | undefined,
): Promise<readonly ReplayLine[]> {
  const rows = await store.replays({ limit: LISTED_MAX })
  return rows.map(row => lineOf(row, replays?.at(row.name)))
}

export async function showReplay(
  name: string,
  { store }: Pick<ReplayRooms, 'store'>,
  replays: Pick<Replays, 'at'> | undefined,
): Promise<ShownReplay> {
  const row = await store.replay(name)
  if (row === undefined) throw new Failure('replay_unknown', { name })
  const [words, lost] = [store.replayWords(name), store.lostEvents(name, LOST_SHOWN_MAX)]
  return { ...lineOf(row, replays?.at(name)), words: await words, lost: await lost }
}

function lineOf(row: ReplayRow, work: WorkingReplay | undefined): ReplayLine {
  const per_second = row.state === 'running' ? (work?.per_second ?? 0) : 0
  const left = row.to_offset - row.position
  const left_ms = per_second > 0 ? Math.round((left * 1_000) / per_second) : undefined
  return { ...row, waits: work?.waits, per_second, left_ms }
}

/** What replays that have not ended still need: their span, and where its events stood first. */
export async function replayPins({
  log,
  store,
}: {
  readonly log: Pick<Log, 'read' | 'offsetOfTime'>
  readonly store: Pick<Store, 'replays'>
}): Promise<readonly Pin[]> {
  const pins: Pin[] = []
  for (const state of ['running', 'paused'] as const) {
    for (const row of await store.replays({ state, limit: LISTED_MAX })) {
      const { topic, position: from_offset, to_offset, name } = row
      pins.push({ topic, partition: 0, from_offset, to_offset, why: 'replay', name })
      if (!topic.startsWith('raw.')) continue
      const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
      const [first] = await log.read(topic, 0, from_offset, bounds)
      const canonical = topicOf.canonical(row.tenant)
      const from = first && (await log.offsetOfTime(canonical, 0, first.time_ms - SLACK_MS))
      if (from === undefined) continue
      const span = { from_offset: from, to_offset: undefined }
      pins.push({ topic: canonical, partition: 0, ...span, why: 'replay', name })
    }
  }
  return pins
}

/** As the replay looks back for the first appends. */
const SLACK_MS = 60_000
