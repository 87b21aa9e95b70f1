// The engine: a plan with its rooms opened. It starts from the far end backwards, so that nothing
// is received before there is a way on, and stops from the near end forwards, so that what was
// received is answered. Commands and tests hold an engine; nothing else opens rooms.

import type { AnyAdapter, Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import { failureOf } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Log } from '../model/log.ts'
import type { ChannelPlan, Plan, TargetPlan, TenantPlan } from '../model/plan.ts'
import type { OpenSource } from '../model/rooms.ts'
import type { Store } from '../model/store.ts'
import { openReconciling } from '../path/9_reconcile.ts'
import { type Delivery, openDelivery } from '../path/delivery.ts'
import { OpenEditions } from '../path/editions.ts'
import { openIntake } from '../path/intake.ts'
import { createTopics, openGovernUnit, openRouteUnit, openTransformUnit } from '../path/path.ts'
import type { Unit } from '../path/unit.ts'
import { unanswered } from '../wire/mllp_limits.ts'
import { openRetention } from './retention.ts'
import type { KeptSignals } from './signals.ts'

export interface EngineOptions {
  readonly plan: Plan
  readonly tables: Tables
  /** Absolute folder of the log and the store. */
  readonly data: string
  readonly signals: KeptSignals
  readonly clock?: Clock
  readonly random?: Random
  /** A bug: nothing may go on. */
  onBug(cause: unknown): void
}

export interface OpenChannel {
  readonly plan: ChannelPlan
  readonly source: OpenSource
}

export interface Engine {
  readonly plan: Plan
  readonly log: Log
  readonly store: Store
  readonly signals: KeptSignals
  readonly started_at_ms: number
  readonly channels: readonly OpenChannel[]
  readonly units: readonly Unit[]
  readonly deliveries: ReadonlyMap<string, Delivery>
  /** Answers what is in hand, finishes calls under way, and closes the log last. */
  stop(): Promise<void>
}

interface Opened {
  readonly channels: OpenChannel[]
  readonly units: Unit[]
  readonly deliveries: Map<string, Delivery>
  /** In the order of opening; closed in reverse. */
  readonly closers: (() => Promise<void>)[]
}

type Context = Required<EngineOptions> & { readonly log: Log; readonly store: Store }

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { plan, tables, data, signals } = options
  const { clock = systemClock, random = systemRandom } = options
  unanswered.bytes_max = plan.engine.limits.unanswered_bytes_max
  const opened: Opened = { channels: [], units: [], deliveries: new Map(), closers: [] }
  try {
    const log = await openLog(plan, tables, options)
    opened.closers.push(() => log.close())
    const storeRoom = present(
      tables.stores[plan.engine.store.kind],
      'a planned store is in the table',
    )
    const store = await storeRoom.open(plan.engine.store.config, { data, signals })
    opened.closers.push(() => store.close())
    const context: Context = { ...options, clock, random, log, store }
    for (const tenant of plan.tenants) await openTenant(tenant, context, opened)
    opened.closers.push(openRetention({ log, store, clock, signals, plan, onBug: options.onBug }))
    for (const tenant of plan.tenants) {
      for (const channel of tenant.channels) await openSource(channel, tenant, { context, opened })
    }
    const { channels, units, deliveries } = opened
    const started_at_ms = clock.now()
    const stop = () => closeAll(opened)
    return { plan, log, store, signals, started_at_ms, channels, units, deliveries, stop }
  } catch (cause) {
    // Why it could not start matters more than what could not be closed after it.
    await closeAll(opened).catch(closing => {
      signals.say('error', 'closing failed', { error: nameOf(closing) })
    })
    throw cause
  }
}

function openLog(plan: Plan, tables: Tables, options: EngineOptions): Promise<Log> {
  const room = present(tables.logs[plan.engine.log.kind], 'a planned log is in the table')
  return room.open(plan.engine.log.config, { data: options.data, signals: options.signals })
}

async function openTenant(tenant: TenantPlan, context: Context, opened: Opened): Promise<void> {
  await createTopics(tenant, context)
  const keep = <T extends { close(): Promise<void> }>(room: T): T => {
    opened.closers.push(() => room.close())
    return room
  }
  for (const target of tenant.targets) await openTarget(target, tenant, { context, opened })
  const { clock, signals, plan } = context
  const { mapping_ms_max } = plan.engine.limits
  const editions = keep(
    new OpenEditions(tenant, { clock, signals, mapping_ms_max, find: async () => undefined }),
  )
  opened.units.push(keep(openRouteUnit(tenant.tenant, { ...context, editions })))
  for (const { channel, transform } of tenant.channels) {
    if (transform === undefined) continue
    const of = { tenant: tenant.tenant, channel }
    opened.units.push(keep(openTransformUnit(of, { ...context, editions })))
  }
}

async function openTarget(
  target: TargetPlan,
  { tenant }: TenantPlan,
  { context, opened }: { context: Context; opened: Opened },
): Promise<void> {
  const { tables, signals, clock, random, log, store } = context
  const adapter: AnyAdapter = present(
    tables.adapters[target.adapter],
    'a planned adapter is in the table',
  )
  const room = present(
    tables.transports[adapter.transport],
    "an adapter's transport is in the table",
  )
  const transport = await room.open(adapter.transportConfig(target.config), { signals })
  opened.closers.push(() => transport.close())
  const deliver = {
    tenant,
    target: target.name,
    steps: adapter.steps(target.config),
    transport,
    store,
    log,
    clock,
    random,
    signals,
    settle_ms: adapter.settle_ms,
    visible_ms: adapter.visible_ms,
    in_flight_max: target.in_flight_max,
    onBug: context.onBug,
  }
  const reconciling = openReconciling(deliver, RECONCILE)
  opened.closers.push(() => reconciling.close())
  const delivery = openDelivery(deliver)
  opened.closers.push(() => delivery.close())
  opened.deliveries.set(`${tenant}.${target.name}`, delivery)
  const { profile } = adapter
  const unit = openGovernUnit(
    { tenant, name: target.name, profile },
    { ...context, admitted: () => delivery.wake() },
  )
  opened.units.push(unit)
  opened.closers.push(() => unit.close())
}

const RECONCILE = { every_ms: 60_000, age_ms_min: 60_000, rows_max: limits.batch_records_max }

async function openSource(
  channel: ChannelPlan,
  tenant: TenantPlan,
  { context, opened }: { context: Context; opened: Opened },
): Promise<void> {
  const room = present(
    context.tables.sources[channel.source.kind],
    'a planned source is in the table',
  )
  const intake = openIntake({
    ...context,
    tenant: tenant.tenant,
    channel: channel.channel,
    deployment: tenant.deployment,
    record_bytes_max: limits.record_bytes_max,
  })
  const source = await room.open(channel.source.config, {
    tenant: tenant.tenant,
    channel: channel.channel,
    intake,
    signals: context.signals,
  })
  opened.closers.push(() => source.drain())
  opened.channels.push({ plan: channel, source })
}

/** In reverse order of opening: sources drain first, the log closes last. */
async function closeAll(opened: Opened): Promise<void> {
  const failures: unknown[] = []
  for (const close of opened.closers.splice(0).reverse()) {
    try {
      await close()
    } catch (cause) {
      failures.push(cause)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** The class or the code, never the message: it may hold what a sender sent. */
const nameOf = (cause: unknown) =>
  failureOf(cause)?.code ?? (cause instanceof Error ? cause.name : typeof cause)
