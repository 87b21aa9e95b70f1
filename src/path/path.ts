// The path of a message, in order, and who hands what to whom (design: section 2). Four units
// restart alone, with a topic or the ledger between them:
//
//   source ─ 1 receive ─ 2 append ──▶ raw.<tenant>.<channel>
//   raw ──── 3 transform ─ 4 canonical ──▶ canonical.<tenant>
//   canonical ── 5 route ──▶ outbound.<tenant>.<target>
//   outbound ── 6 govern ──▶ ledger ── 7 deliver ─ 8 verify ─ 9 reconcile
import { failpoint } from '../kit/failpoint.ts'
import { together } from '../kit/together.ts'
import type { CanonicalEvent, Mapper } from '../model/event.ts'
import type { WriteIntent } from '../model/intent.ts'
import type { Batch, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { ChannelPlan, TenantPlan } from '../model/plan.ts'
import type { Capability } from '../model/rooms.ts'
import type { Store } from '../model/store.ts'
import { transform } from './3_transform.ts'
import { canonical } from './4_canonical.ts'
import { intentRecord, route } from './5_route.ts'
import { govern } from './6_govern.ts'
import { fateRecord } from './audit.ts'
import { type Standing, standing } from './standing.ts'
import { openUnit, type Unit, type UnitContext } from './unit.ts'

export interface PathContext extends UnitContext {
  readonly store: Store
}

/** Every topic of a tenant, so that readers find them before the first record. */
export async function createTopics(tenant: TenantPlan, { log }: PathContext): Promise<void> {
  const name = tenant.tenant
  for (const topic of [topicOf.canonical(name), topicOf.dead(name), topicOf.audit(name)]) {
    await log.createTopic(topic)
  }
  for (const { channel } of tenant.channels) await log.createTopic(topicOf.raw(name, channel))
  for (const target of tenant.targets) await log.createTopic(topicOf.outbound(name, target.name))
}

/** Stations 3 and 4 of one channel. */
export function openTransformUnit(
  channel: ChannelPlan & { readonly transform: NonNullable<ChannelPlan['transform']> },
  tenant: TenantPlan,
  context: PathContext & { readonly mapper: Mapper },
): Unit {
  const { log, store, clock, signals } = context
  const name = tenant.tenant
  const topic = topicOf.raw(name, channel.channel)
  const group = `transform.${name}.${channel.channel}`
  let stands: Standing = new Map()
  return openUnit(
    {
      group,
      topic,
      async onStart(from_offset) {
        const topics = [topicOf.canonical(name), topicOf.dead(name), topicOf.audit(name)]
        stands = await standing(log, { source_topic: topic, from_offset, topics })
      },
      async work(batch) {
        const plans = { tenant, channel, transform: channel.transform, mapper: context.mapper }
        const transformed = await transform(batch.records, plans)
        failpoint('transform.mapped')
        const counts = await canonical(transformed, {
          log,
          store,
          tenant: name,
          channel: channel.channel,
          deployment: tenant.deployment,
          group,
          now_ms: clock.now(),
          standing: stands,
        })
        for (const [fate, count] of Object.entries(counts)) {
          signals.count('transformed', { tenant: name, channel: channel.channel, fate }, count)
        }
      },
    },
    context,
  )
}

/** Station 5 of one tenant. */
export function openRouteUnit(tenant: TenantPlan, context: PathContext): Unit {
  const name = tenant.tenant
  const routes = new Map(tenant.channels.map(channel => [channel.channel, channel.routes]))
  return openUnit(
    {
      group: `route.${name}`,
      topic: topicOf.canonical(name),
      async work(batch) {
        const outputs = new Map<string, NewRecord[]>()
        for (const record of batch.records) routeOne(record, { tenant, routes, outputs })
        const appends = [...outputs].map(([topic, records]) =>
          context.log.append(topic, 0, records),
        )
        await together(appends)
        failpoint('route.appended')
      },
    },
    context,
  )
}

interface RouteBatch {
  readonly tenant: TenantPlan
  readonly routes: ReadonlyMap<string, ChannelPlan['routes']>
  /** By topic, in the order of the events. */
  readonly outputs: Map<string, NewRecord[]>
}

function routeOne(record: LogRecord, to: RouteBatch): void {
  const event = JSON.parse(record.value.toString()) as CanonicalEvent
  const { tenant, deployment } = to.tenant
  const put = (topic: string, output: NewRecord) => {
    const outputs = to.outputs.get(topic)
    if (outputs === undefined) to.outputs.set(topic, [output])
    else outputs.push(output)
  }
  const intents = route(event, to.routes.get(event.channel) ?? [], record)
  if (intents.length === 0) {
    put(topicOf.audit(tenant), fateRecord(record, { fate: 'unrouted', facts: {}, deployment }))
  }
  for (const intent of intents) {
    const topic = topicOf.outbound(tenant, intent.target)
    put(topic, intentRecord(intent))
  }
}

/** Station 6 of one target. `admitted` wakes its delivery. */
export function openGovernUnit(
  target: {
    readonly tenant: string
    readonly name: string
    readonly profile: readonly Capability[]
  },
  context: PathContext & { admitted(): void },
): Unit {
  const labels = { tenant: target.tenant, target: target.name }
  return openUnit(
    {
      group: `govern.${target.tenant}.${target.name}`,
      topic: topicOf.outbound(target.tenant, target.name),
      async work(batch) {
        const admissions = intentsOf(batch).map(intent => govern(intent, target.profile))
        await context.store.admit(admissions, context.clock.now())
        failpoint('govern.admitted')
        for (const { state } of admissions) context.signals.count('governed', { ...labels, state })
        context.admitted()
      },
    },
    context,
  )
}

const intentsOf = (batch: Batch) =>
  batch.records.map(record => JSON.parse(record.value.toString()) as WriteIntent)
