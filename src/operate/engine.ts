// The engine: a plan with its rooms opened. It starts from the far end backwards, so that nothing
// is received before there is a way on, and stops from the near end forwards, so that what was
// received is answered. Commands and tests hold an engine; nothing else opens rooms.

import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import { failureOf } from '../model/errors.ts'
import type { Log } from '../model/log.ts'
import type { Plan, TenantPlan } from '../model/plan.ts'
import type { Search } from '../model/search.ts'
import type { Store } from '../model/store.ts'
import type { Delivery } from '../path/delivery.ts'
import { openHands } from '../path/hands.ts'
import type { Unit } from '../path/unit.ts'
import { unanswered } from '../wire/mllp_limits.ts'
import { type Alerts, openAlerts } from './alerts.ts'
import { type Backups, openBackups } from './backups.ts'
import type { OpenChannel } from './open_channel.ts'
import { closeAll, OpenTenant, type TenantContext } from './open_tenant.ts'
import { openPauses, type Pauses } from './pauses.ts'
import { type EngineReplays, openEngineReplays } from './replay_answer.ts'
import { replayPins } from './replays.ts'
import { openRetention, type Retention } from './retention.ts'
import type { NamedDeployment } from './retention_deployments.ts'
import { openSearchIn } from './search_open.ts'
import type { KeptSignals } from './signals.ts'

export type { OpenChannel } from './open_channel.ts'

export interface EngineOptions {
  readonly plan: Plan
  readonly tables: Tables
  /** Absolute folder of the log and the store. */
  readonly data: string
  readonly signals: KeptSignals
  /** Firth's own, for what it leaves to read. */
  readonly version?: string
  readonly clock?: Clock
  readonly random?: Random
  /** Where deployments come from; absent: the plan's tenants start, and there is no other. */
  readonly deployments?: EngineDeployments
  /** A bug: nothing may go on. */
  onBug(cause: unknown): void
}

export interface EngineDeployments {
  /** What starts, once log and store are open. */
  start(rooms: { readonly log: Log; readonly store: Store }): Promise<readonly Starting[]>
  /** Removes snapshots that nothing names any more; absent: all of them stay. */
  prune?(names: readonly NamedDeployment[]): Promise<number>
  /** An earlier deployment; undefined where it is not there any more. */
  find(tenant: string, deployment: string): Promise<TenantPlan | undefined>
}

export interface Starting {
  readonly plan: TenantPlan
  /** Makes it durable that this one runs, once it could be opened; absent: it is known. */
  record?(): Promise<void>
}

export interface Engine {
  /** As it runs now. */
  readonly plan: Plan
  readonly log: Log
  readonly store: Store
  readonly search: Search
  readonly signals: KeptSignals
  readonly started_at_ms: number
  readonly channels: readonly OpenChannel[]
  readonly units: readonly Unit[]
  readonly deliveries: ReadonlyMap<string, Delivery>
  /** By `tenant.target`: what a person should know of a far end, as it says itself. */
  readonly remarks: ReadonlyMap<string, readonly string[]>
  readonly pauses: Pauses
  readonly retention: Pick<Retention, 'holders'>
  readonly backups: Backups
  readonly alerts: Alerts
  readonly replays: EngineReplays
  /**
   * Brings a tenant's deployment live, one after the other. `record` makes it durable; where it or
   * the opening before it rejects, what ran runs on.
   */
  activate(next: TenantPlan, record: () => Promise<void>): Promise<void>
  /** Answers what is in hand, finishes calls under way, and closes the log last. */
  stop(): Promise<void>
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { plan, tables, data, signals } = options
  unanswered.bytes_max = plan.engine.limits.unanswered_bytes_max
  const logRoom = present(tables.logs[plan.engine.log.kind], 'a planned log is in the table')
  const log = await logRoom.open(plan.engine.log.config, { data, signals })
  try {
    const room = present(tables.stores[plan.engine.store.kind], 'a planned store is in the table')
    const store = await room.open(plan.engine.store.config, { data, signals })
    try {
      return await startTenants(options, { log, store })
    } catch (cause) {
      return await failed(cause, store, signals)
    }
  } catch (cause) {
    return await failed(cause, log, signals)
  }
}

/** Why it could not start matters more than what could not be closed after it. */
async function failed(
  cause: unknown,
  room: { close(): Promise<void> },
  signals: KeptSignals,
): Promise<never> {
  await room.close().catch(closing => {
    signals.say('error', 'closing failed', { error: nameOf(closing) })
  })
  throw cause
}

interface Rooms {
  readonly log: Log
  readonly store: Store
}

async function startTenants(options: EngineOptions, rooms: Rooms): Promise<Engine> {
  const { plan, deployments, signals } = options
  const { clock = systemClock, random = systemRandom } = options
  const pauses = await openPauses(rooms.store)
  const hands = await openHands(rooms.store)
  const context: TenantContext & EngineOptions = {
    ...options,
    ...rooms,
    pauses,
    hands,
    onBug(cause) {
      hands.bug()
      options.onBug(cause)
    },
    clock,
    random,
    limits: plan.engine.limits,
    sample_percent: plan.engine.operate.traces?.sample_percent,
    find: deployments?.find ?? (async () => undefined),
  }
  const running = new Running(context)
  try {
    const planned = plan.tenants.map((tenant): Starting => ({ plan: tenant }))
    for (const one of (await deployments?.start(rooms)) ?? planned) {
      await running.activate(one.plan, one.record ?? (async () => {}))
    }
  } catch (cause) {
    return await failed(cause, running, signals)
  }
  const search = openSearchIn({ ...options, engine: plan.engine })
  const replays = await openEngineReplays({
    ...context,
    ...rooms,
    tenant: name => running.tenant(name)?.plan,
    editionsOf: name => running.tenant(name)?.editions,
  })
  const { version = '' } = options
  const backups = await openBackups({ ...context, data: options.data, version })
  const pins = [() => replayPins(rooms), backups.pins]
  const prune = deployments?.prune && { prune: deployments.prune }
  const retention = openRetention({ ...context, ...rooms, plan, pins, ...prune })
  const alerts = alertsOf(running, context)
  const started_at_ms = clock.now()
  let stopping: Promise<void> | undefined
  const stop = () =>
    closeAll([
      () => running.drain(),
      () => alerts.close(),
      () => backups.close(),
      () => retention.close(),
      () => replays.close(),
      ...[search, running, hands, rooms.store, rooms.log].map(closerOf),
    ])
  return {
    get plan() {
      return { ...plan, tenants: running.tenants.map(tenant => tenant.plan) }
    },
    ...rooms,
    alerts,
    backups,
    pauses,
    replays,
    retention,
    search,
    signals,
    started_at_ms,
    get channels() {
      return running.tenants.flatMap(tenant => tenant.channels)
    },
    get units() {
      return running.tenants.flatMap(tenant => tenant.units)
    },
    get deliveries() {
      return new Map(running.tenants.flatMap(deliveriesOf))
    },
    get remarks() {
      return new Map(running.tenants.flatMap(remarksOf))
    },
    activate: (next, record) => running.activate(next, record),
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

const alertsOf = (running: Running, context: TenantContext & EngineOptions) =>
  openAlerts({
    ...context,
    limits: context.plan.engine.operate.alerts,
    channels: () => running.tenants.flatMap(tenant => tenant.channels),
    units: () => running.tenants.flatMap(tenant => tenant.units),
    deliveries: () => new Map(running.tenants.flatMap(deliveriesOf)),
  })

const closerOf = (room: { close(): Promise<void> }) => () => room.close()

const deliveriesOf = ({ plan, targets }: OpenTenant) =>
  targets.map(target => [`${plan.tenant}.${target.plan.name}`, target.delivery] as const)

const remarksOf = ({ plan, targets }: OpenTenant) =>
  targets.map(target => [`${plan.tenant}.${target.plan.name}`, target.remarks] as const)

/** All tenants that run. Their steps from one deployment to another come one after the other. */
class Running {
  readonly #context: TenantContext
  readonly #tenants = new Map<string, OpenTenant>()
  #last: Promise<void> = Promise.resolve()

  constructor(context: TenantContext) {
    this.#context = context
  }

  tenant(name: string): OpenTenant | undefined {
    return this.#tenants.get(name)
  }

  get tenants(): readonly OpenTenant[] {
    return [...this.#tenants.values()]
  }

  activate(next: TenantPlan, record: () => Promise<void>): Promise<void> {
    const step = this.#last.then(() => this.#activate(next, record))
    this.#last = step.catch(() => {
      // Whoever asked for it is told; the next one does not depend on it.
    })
    return step
  }

  async drain(): Promise<void> {
    await this.#last
    await closeAll(this.tenants.map(tenant => () => tenant.drain()))
  }

  async close(): Promise<void> {
    await this.drain()
    await closeAll(this.tenants.map(closerOf))
  }

  async #activate(next: TenantPlan, record: () => Promise<void>): Promise<void> {
    const open = this.#tenants.get(next.tenant)
    if (open !== undefined) return open.become(next, record)
    const tenant = await OpenTenant.open(next, this.#context)
    try {
      await tenant.become(next, record)
      this.#tenants.set(next.tenant, tenant)
    } catch (cause) {
      await tenant.close()
      throw cause
    }
  }
}

/** The class or the code, never the message: it may hold what a sender sent. */
const nameOf = (cause: unknown) =>
  failureOf(cause)?.code ?? (cause instanceof Error ? cause.name : typeof cause)
