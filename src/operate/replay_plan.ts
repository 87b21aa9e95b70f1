// A replay as it is asked for becomes one that can begin: its span in offsets, its deployment by
// its hash, its targets of the tenant. Refused, with the reason, is what could do harm or nothing.
import { type Facts, Failure } from '../model/errors.ts'
import { readIntent } from '../model/intent.ts'
import { keptWholeFrom } from '../model/keep_store.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, PartitionInfo } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { TenantPlan } from '../model/plan.ts'
import { RECORDED, type ReplayOnly, type ReplayPlan } from '../model/replay_store.ts'
import type { Store } from '../model/store.ts'
import { sequenceOf } from '../path/again.ts'
import { partsOfTopic } from '../path/replay_make.ts'
import { wholeSince } from '../path/replay_reach.ts'

export { partsOfTopic }

export interface ReplayRequest {
  /** '' for a dry run. */
  readonly name: string
  readonly topic: string
  /** An offset, or a time as ISO 8601 has it. */
  readonly from: string
  /** Undefined: the end that the topic has now. */
  readonly to: string | undefined
  readonly only: ReplayOnly
  readonly targets: readonly string[]
  /** `current`, `recorded`, or a whole hash. */
  readonly deployment: string
  readonly rate_per_second: number | undefined
  readonly by: string
  readonly why: string
}

export interface PlanRooms {
  readonly log: Pick<LogReader, 'partitions' | 'offsetOfTime' | 'read'>
  readonly store: Pick<Store, 'getCursor'>
  /** As it runs now. */
  tenant(name: string): TenantPlan | undefined
  /** A deployment of a tenant, exactly as it was. */
  find(tenant: string, deployment: string): Promise<TenantPlan | undefined>
  now(): number
}

/** Rejects with a Failure `replay_…`, `topic_unknown` or `deployment_unknown`. */
export async function planReplay(request: ReplayRequest, rooms: PlanRooms): Promise<ReplayPlan> {
  const { topic, name, only, rate_per_second, by, why } = request
  const parts = partsOfTopic(topic)
  const tenant = parts && rooms.tenant(parts.tenant)
  if (parts === undefined || tenant === undefined)
    throw new Failure('replay_topic_wrong', { topic })
  const info = await keptOf(topic, rooms)
  if (info === undefined) throw new Failure('topic_unknown', { topic })
  const plan: ReplayPlan = {
    name,
    tenant: tenant.tenant,
    topic,
    ...(await spanOf(request, info, rooms.log)),
    only,
    targets: targetsOf(request, tenant),
    deployment: await deploymentOf(request, tenant, rooms),
    rate_per_second,
    asked: askedOf(request),
    by,
    why,
    at_ms: rooms.now(),
  }
  if (plan.targets.length > 0) await inReach(plan, rooms)
  return plan
}

/** A topic from the first record on behind which nothing was let go. */
async function keptOf(topic: string, { log, store }: PlanRooms) {
  const info = (await log.partitions()).find(one => one.topic === topic)
  const whole = Number((await store.getCursor(keptWholeFrom(topic, 0))) ?? 0)
  return info && { ...info, first_offset: Math.max(info.first_offset, whole) }
}

/** What makes two requests one: not who asks, or why. */
export function askedOf({ by: _, why: __, name: ___, ...words }: ReplayRequest): string {
  const { only, targets, ...rest } = words
  const sorted = Object.entries(only)
    .filter(([, value]) => value !== undefined)
    .sort()
  return JSON.stringify({ ...rest, only: sorted, targets: targets.toSorted() })
}

async function spanOf(
  { topic, from, to }: ReplayRequest,
  info: PartitionInfo,
  log: PlanRooms['log'],
): Promise<Pick<ReplayPlan, 'from_offset' | 'to_offset'>> {
  const { first_offset, next_offset } = info
  const from_offset = await offsetAt(from, info, log)
  const to_offset = to === undefined ? next_offset : await offsetAt(to, info, log)
  if (await beginsBeforeKept(from, from_offset, { info, log })) {
    throw new Failure('replay_trimmed', { topic, first_offset })
  }
  const end = Math.min(to_offset, next_offset)
  if (from_offset >= end) throw new Failure('replay_span_empty', { topic, from_offset, to_offset })
  return { from_offset, to_offset: end }
}

const isOffset = (text: string) => /^\d+$/.test(text)

async function offsetAt(text: string, info: PartitionInfo, log: PlanRooms['log']) {
  if (isOffset(text)) return Number(text)
  const time_ms = Date.parse(text)
  if (Number.isNaN(time_ms)) throw new Failure('replay_span_empty', { topic: info.topic })
  return log.offsetOfTime(info.topic, info.partition, time_ms)
}

/** Of a time nobody knows any more what stood between it and the first record that is kept. */
async function beginsBeforeKept(
  from: string,
  from_offset: number,
  { info, log }: { readonly info: PartitionInfo; readonly log: PlanRooms['log'] },
): Promise<boolean> {
  if (info.first_offset === 0) return false
  if (isOffset(from)) return from_offset < info.first_offset
  const [first] = await log.read(info.topic, info.partition, info.first_offset, ONE)
  return first !== undefined && Date.parse(from) < first.time_ms
}

const ONE = { records_max: 1, bytes_max: limits.batch_bytes_max }

function targetsOf({ topic, targets }: ReplayRequest, tenant: TenantPlan): readonly string[] {
  const parts = partsOfTopic(topic)
  const own = parts?.level === 'outbound' ? parts.rest : undefined
  const known = (name: string) =>
    tenant.targets.some(one => one.name === name) && (own === undefined || name === own)
  const wrong = targets.find(name => !known(name))
  // Governing intents again can have no other end than their target.
  const missing = own !== undefined && targets.length === 0 ? own : undefined
  const target = wrong ?? missing
  if (target !== undefined) throw new Failure('replay_target_unknown', { topic, target })
  return [...new Set(targets)]
}

async function deploymentOf(
  { topic, deployment }: ReplayRequest,
  tenant: TenantPlan,
  rooms: PlanRooms,
): Promise<string> {
  if (deployment === RECORDED) return RECORDED
  const hash = deployment === 'current' ? tenant.deployment : deployment
  const found = hash === tenant.deployment ? tenant : await rooms.find(tenant.tenant, hash)
  const facts = { tenant: tenant.tenant, deployment: hash }
  if (found === undefined) throw new Failure('deployment_unknown', facts)
  const parts = partsOfTopic(topic)
  const channel = parts?.level === 'raw' ? parts.rest : undefined
  if (channel !== undefined && !found.channels.some(one => one.channel === channel)) {
    throw new Failure('replay_topic_wrong', { ...facts, topic, channel })
  }
  return hash
}

/** The ledger must know of every write that the span can come to. */
async function inReach(plan: ReplayPlan, rooms: PlanRooms): Promise<void> {
  const { log, store } = rooms
  const facts: Facts = { tenant: plan.tenant, topic: plan.topic }
  const whole = await wholeSince(plan.tenant, store)
  const [first] = await log.read(plan.topic, 0, plan.from_offset, ONE)
  if (first === undefined) return
  if (plan.topic.startsWith('outbound.')) {
    const { sequence } = readIntent(first.value.toString())
    if (sequence < whole) throw new Failure('replay_beyond_ledger', { ...facts, whole, sequence })
    return
  }
  const canonical = topicOf.canonical(plan.tenant)
  const raw = plan.topic.startsWith('raw.')
  const sequence = raw ? await log.offsetOfTime(canonical, 0, first.time_ms) : sequenceOf(first)
  if (sequence < whole) throw new Failure('replay_beyond_ledger', { ...facts, whole, sequence })
  // Without its events' first appends nobody knows which position in the order they had.
  const info = await keptOf(canonical, rooms)
  if (!raw || info === undefined || info.first_offset === 0) return
  const [kept] = await log.read(canonical, 0, info.first_offset, ONE)
  if (kept !== undefined && kept.time_ms > first.time_ms) {
    throw new Failure('replay_trimmed', { topic: canonical, first_offset: info.first_offset })
  }
}
