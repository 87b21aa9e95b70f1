// The path of a message, in order, and who hands what to whom (design: section 2). Four units
// restart alone, with a topic or the ledger between them:
//
//   source ─ 1 receive ─ 2 append ──▶ raw.<tenant>.<channel>
//   raw ──── 3 transform ─ 4 canonical ──▶ canonical.<tenant>
//   canonical ── 5 route ──▶ outbound.<tenant>.<target>
//   outbound ── 6 govern ──▶ ledger ── 7 deliver ─ 8 verify ─ 9 reconcile
import { failpoint } from '../kit/failpoint.ts'
import type { Gate } from '../kit/gate.ts'
import { together } from '../kit/together.ts'
import type { CanonicalEvent } from '../model/event.ts'
import { readIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { Batch, Headers, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { TenantPlan } from '../model/plan.ts'
import type { Store } from '../model/store.ts'
import { transform } from './3_transform.ts'
import { canonical } from './4_canonical.ts'
import { type At, route } from './5_route.ts'
import { type Governance, govern } from './6_govern.ts'
import { isReplayed, mayReach, routedBy } from './again.ts'
import { fateRecord } from './audit.ts'
import type { Edition, Editions } from './editions.ts'
import { Misses } from './misses.ts'
import { outbound } from './outbound.ts'
import { passage } from './passage.ts'
import { buryRaw, buryRouted } from './poison.ts'
import { forwards, SourceMessages } from './source_message.ts'
import { type Standing, standing } from './standing.ts'
import { openUnit, type Unit, type UnitContext } from './unit.ts'

export interface PathContext extends UnitContext {
  readonly store: Store
  /** How many of a hundred messages are traced; absent: none. */
  readonly sample_percent?: number | undefined
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

/**
 * Stations 3 and 4 of one channel: each raw record by the deployment that took it in. They stand
 * still while the gate is shut.
 */
export function openTransformUnit(
  of: { readonly tenant: string; readonly channel: string },
  context: PathContext & { readonly editions: Editions; readonly gate?: Gate },
): Unit {
  const { tenant: name, channel } = of
  const { log, editions } = context
  const topic = topicOf.raw(name, channel)
  const group = `transform.${name}.${channel}`
  const misses = new Misses(of, context.signals)
  let stands: Standing = new Map()
  return openUnit(
    {
      group,
      topic,
      gate: context.gate,
      async onStart(from_offset) {
        const topics = [topicOf.canonical(name), topicOf.dead(name), topicOf.audit(name)]
        stands = await standing(log, { source_topic: topic, from_offset, topics })
      },
      bury: (record, deaths) =>
        buryRaw(record, { ...of, log, group, deaths, now_ms: context.clock.now() }),
      async work(batch) {
        for (const { headers } of batch.records) failpoint('transform.record', headers.control_id)
        for (const records of runsOf(batch.records)) {
          await editions.use(deploymentOf(records[0]), edition =>
            transformRun(records, {
              ...{ ...context, edition, channel, group, misses },
              standing: stands,
            }),
          )
        }
      },
    },
    context,
  )
}

const deploymentOf = (record: LogRecord | undefined) => record?.headers.deployment ?? ''

/** Neighbours that one deployment took in, in their order. */
function runsOf(records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const runs: LogRecord[][] = []
  for (const record of records) {
    const run = runs.at(-1)
    if (run !== undefined && deploymentOf(run[0]) === deploymentOf(record)) run.push(record)
    else runs.push([record])
  }
  return runs
}

interface TransformRun extends PathContext {
  readonly edition: Edition
  readonly channel: string
  readonly group: string
  readonly standing: Standing
  readonly misses: Misses
}

async function transformRun(records: readonly LogRecord[], run: TransformRun): Promise<void> {
  const { clock, signals, edition } = run
  const { plan: tenant, mapper } = edition
  const began_ms = clock.now()
  const channel = tenant.channels.find(one => one.channel === run.channel)
  // A channel that only stored, in the deployment that took them in: there was nothing to map.
  const transformed =
    channel?.transform === undefined
      ? records.map(record => ({ record, fate: 'filtered' as const }))
      : await transform(records, { tenant, channel, transform: channel.transform, mapper })
  failpoint('transform.mapped')
  run.misses.count(transformed)
  const counts = await canonical(transformed, {
    ...run,
    tenant: tenant.tenant,
    deployment: tenant.deployment,
    now_ms: clock.now(),
  })
  for (const [fate, count] of Object.entries(counts)) {
    signals.count('transformed', { tenant: tenant.tenant, channel: run.channel, fate }, count)
  }
  const labels = { tenant: tenant.tenant, channel: run.channel }
  signals.passed?.(passage('transform', records, { labels, began_ms, clock }))
}

/** Station 5 of one tenant: each event by its own deployment. */
export function openRouteUnit(
  tenant: string,
  context: PathContext & { readonly editions: Editions },
): Unit {
  const group = `route.${tenant}`
  const topic = topicOf.canonical(tenant)
  let stands: Standing = new Map()
  return openUnit(
    {
      group,
      topic,
      async onStart(from_offset) {
        const topics = [topicOf.audit(tenant)]
        const of = { source_topic: topic, from_offset, topics, keyOf: eventOf }
        stands = await standing(context.log, of)
      },
      bury: (record, deaths) =>
        buryRouted(record, { ...poison(context), ...{ tenant, group, deaths, stage: 'route' } }),
      async work(batch) {
        const outputs = new Map<string, NewRecord[]>()
        const messages = new SourceMessages(context.log)
        const now_ms = context.clock.now()
        for (const record of batch.records) {
          failpoint('route.record', record.key)
          const plan = await context.editions.planOf(routedBy(record.headers))
          const wanted = forwards(plan, record.headers.channel)
          const message = wanted ? await messages.of(record) : undefined
          routeOne({ ...record, message }, { plan, outputs, now_ms, stands })
        }
        const appends = [...outputs].map(([to, records]) => context.log.append(to, 0, records))
        await together(appends)
        failpoint('route.appended')
        const of = { labels: { tenant }, began_ms: now_ms, clock: context.clock }
        context.signals.passed?.(passage('route', batch.records, of))
      },
    },
    context,
  )
}

interface RouteBatch {
  /** By which the event is routed. */
  readonly plan: TenantPlan
  /** By topic, in the order of the events. */
  readonly outputs: Map<string, NewRecord[]>
  readonly now_ms: number
  /** Events of which it is told already: a redo after a crash tells nothing twice. */
  readonly stands: Standing
}

const eventOf = ({ event_id = '' }: Headers) => event_id

function routeOne(record: LogRecord & At, batch: RouteBatch): void {
  const { plan, outputs, now_ms, stands } = batch
  const event = JSON.parse(record.value.toString()) as CanonicalEvent
  const { tenant, deployment } = plan
  const put = (topic: string, output: NewRecord) => {
    const made = outputs.get(topic)
    if (made === undefined) outputs.set(topic, [output])
    else made.push(output)
  }
  const channel = plan.channels.find(one => one.channel === event.channel)
  const ways = { ...(channel ?? NO_WAY), targets: plan.targets }
  const { intents, decisions } = route(event, ways, record)
  // What was routed or not is told of an event's first append; a replay counts its own.
  const isTold = isReplayed(record.headers) || stands.has(eventOf(record.headers))
  if (intents.length === 0 && !isTold) {
    const why = decisions.map(({ route: name, decision }) => [`route.${name}`, decision])
    const facts = { routes: decisions.length, ...Object.fromEntries(why) }
    put(topicOf.audit(tenant), fateRecord(record, { fate: 'unrouted', facts, deployment }))
  }
  const may = mayReach(record.headers)
  for (const intent of intents.filter(({ target }) => may(target))) {
    const { topic, output } = outbound(intent, record, { now_ms })
    put(topic, output)
  }
}

/** Whatever has not gone out is governed by what rules now, however it was admitted. */
async function governStanding(
  target: Governance & { readonly tenant: string; readonly name: string },
  { store, clock }: PathContext,
): Promise<void> {
  const at = { tenant: target.tenant, target: target.name }
  const limit = limits.batch_records_max
  for (const state of ['denied', 'awaiting_approval', 'accepted'] as const) {
    let after: string | undefined = ''
    while (after !== undefined) {
      const page = await store.pageOfState(at, state, { after, limit })
      const anew = page.rows.map(row => ({ row, admission: govern(row.intent, target) }))
      const changed = anew.filter(
        ({ row, admission }) =>
          row.state !== admission.state || row.approvers !== admission.approvers,
      )
      if (changed.length > 0) {
        await store.admit(
          changed.map(({ admission }) => admission),
          clock.now(),
        )
      }
      after = page.next
    }
  }
}

/** A channel that its own deployment no longer has. */
const NO_WAY = { match: 'all', routes: [] } as const

/** Station 6 of one target. `admitted` wakes its delivery. */
export function openGovernUnit(
  target: Governance & { readonly tenant: string; readonly name: string },
  context: PathContext & { admitted(): void },
): Unit {
  const { tenant } = target
  const labels = { tenant, target: target.name }
  const group = `govern.${tenant}.${target.name}`
  return openUnit(
    {
      group,
      bury: (record, deaths) =>
        buryRouted(record, { ...poison(context), ...{ tenant, group, deaths, stage: 'deliver' } }),
      topic: topicOf.outbound(target.tenant, target.name),
      async onStart() {
        await governStanding(target, context)
        context.admitted()
      },
      async work(batch) {
        for (const { key } of batch.records) failpoint('govern.record', key)
        const began_ms = context.clock.now()
        const admissions = intentsOf(batch).map(intent => govern(intent, target))
        await context.store.admit(admissions, began_ms)
        failpoint('govern.admitted')
        for (const { state } of admissions) context.signals.count('governed', { ...labels, state })
        const of = { labels, began_ms, clock: context.clock }
        context.signals.passed?.(passage('govern', batch.records, of))
        context.admitted()
      },
    },
    context,
  )
}

const poison = ({ log, clock }: PathContext) => ({ log, now_ms: clock.now() })

const intentsOf = (batch: Batch) => batch.records.map(record => readIntent(record.value.toString()))
