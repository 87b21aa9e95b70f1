// One message through every station of one channel, with nothing stored and nothing sent: what each
// station sees, decides and hands on, up to the calls that the target's adapter would make first.
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import { holds } from '../codecs/when/holds.ts'
import { eventReader, messageReader } from '../codecs/when/names.ts'
import { conditionText, namesIn } from '../codecs/when/text.ts'
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import type { Condition, ConditionReader } from '../model/condition.ts'
import type { CanonicalEvent } from '../model/event.ts'
import type { Step, WriteIntent } from '../model/intent.ts'
import { topicOf } from '../model/message.ts'
import { approvals, type ChannelPlan, type Plan, type TargetPlan } from '../model/plan.ts'
import { riskOf } from '../model/risk.ts'
import type { Admission } from '../model/store.ts'
import { type Accepting, readable } from '../path/accept.ts'
import { type DryResult, openDryRun, type Routed } from './dry_run.ts'

/** What MSH says, latin1, as it stands. */
export interface HeaderFacts {
  readonly bytes: number
  readonly sender: string
  readonly control_id: string
  readonly message_type: string
  readonly hl7_version: string
  readonly charset: string
  readonly segments: readonly string[]
}

export interface TriedRoute {
  readonly route: string
  readonly to: string
  readonly decision: Routed['routes'][number]['decision']
  /** Its condition, with what stands at the names that it asks for; undefined: it has none. */
  readonly when: string | undefined
  readonly saw: Readonly<Record<string, readonly string[]>>
  readonly writes: readonly TriedWrite[]
}

export interface TriedWrite {
  readonly intent_id: string
  readonly operation: string
  readonly resource: string
  readonly risk: string | undefined
  readonly approval: string
  readonly state: Admission['state']
  readonly reason: string | undefined
  /** What the adapter would do first, as data; undefined where it is denied. */
  readonly first: Step | undefined
}

export interface Tried {
  readonly tenant: string
  readonly channel: string
  readonly file: string
  readonly source: string
  readonly header: HeaderFacts
  readonly topic: string
  readonly ack: DryResult['ack']
  readonly accept: Acceptance
  /** `base`, or the tenant's own. */
  readonly transform: string | undefined
  readonly fate: DryResult['fate']
  readonly refused: DryResult['refused']
  readonly dead: DryResult['dead']
  readonly findings: DryResult['findings']
  readonly events: readonly { readonly event: CanonicalEvent; readonly routes: TriedRoute[] }[]
}

export interface Acceptance {
  readonly accepted: boolean
  readonly why: string
}

export interface TryOptions {
  readonly plan: Plan
  readonly tables: Tables
  readonly channel: ChannelPlan
  readonly bytes: Buffer
  readonly received_at?: string | undefined
}

export async function tryMessage(options: TryOptions): Promise<Tried> {
  const { plan, tables, channel, bytes, received_at } = options
  const { tenant, channel: name } = channel
  const dry = openDryRun(plan, tables)
  try {
    const result = await dry.run({ tenant, channel: name, bytes, received_at })
    return {
      tenant,
      channel: name,
      file: channel.file,
      source: sourceOf(channel),
      header: headerFacts(bytes),
      topic: topicOf.raw(tenant, name),
      ack: result.ack,
      accept: acceptance(channel, bytes),
      transform: channel.transform?.name,
      fate: result.fate,
      refused: result.refused,
      dead: result.dead,
      findings: result.findings,
      events: result.events.map(event => ({ event, routes: routesOf(event, result, options) })),
    }
  } finally {
    await dry.close()
  }
}

function sourceOf({ source }: ChannelPlan): string {
  const { port } = source.config
  return typeof port === 'number' ? `${source.kind} :${port}` : source.kind
}

function headerFacts(bytes: Buffer): HeaderFacts {
  const msh = scanMsh(bytes)
  const of = (n: number) => msh?.field(n) ?? ''
  return {
    bytes: bytes.length,
    sender: `${of(3)}|${of(4)}`,
    control_id: of(10),
    message_type: of(9),
    hl7_version: of(12),
    charset: of(18),
    segments: readable(bytes, undefined)?.segments.map(({ name }) => name) ?? [],
  }
}

/** The channels that let this message in, in the order of the plan. */
export function channelsFor(plan: Plan, bytes: Buffer): readonly ChannelPlan[] {
  const channels = plan.tenants.flatMap(tenant => tenant.channels)
  return channels.filter(channel => acceptance(channel, bytes).accepted)
}

export function acceptance({ accept, charset }: Accepting, bytes: Buffer): Acceptance {
  const type = typeOf(bytes)
  const { messages, when } = accept ?? {}
  if (messages !== undefined) {
    const entry = messages.find(one => one === type || type.startsWith(`${one}^`))
    if (entry === undefined) {
      return { accepted: false, why: `${type || 'no type'} is not in accept.messages` }
    }
  }
  if (when === undefined) {
    const why = messages === undefined ? 'everything is let in' : `${type} is in accept.messages`
    return { accepted: true, why }
  }
  const message = readable(bytes, charset)
  if (message === undefined) {
    return { accepted: true, why: 'it cannot be read, and its dead letter will say why' }
  }
  const read = messageReader(message)
  const accepted = holds(when, read)
  const word = accepted ? 'holds' : 'does not hold'
  const saw = sawText(sawOf(when, read))
  return { accepted, why: `accept.when ${word}: ${conditionText(when)}${saw}` }
}

function typeOf(bytes: Buffer): string {
  const msh = scanMsh(bytes)
  const [code = '', event = ''] = msh?.field(9).split(msh.delimiters.component ?? '^') ?? []
  return event === '' ? code : `${code}^${event}`
}

type Saw = Readonly<Record<string, readonly string[]>>

const sawOf = (condition: Condition, read: ConditionReader): Saw =>
  Object.fromEntries(namesIn(condition).map(name => [name, read(name)]))

export function sawText(saw: Saw): string {
  const parts = Object.entries(saw).map(([name, texts]) => {
    return `${name} is ${texts.length === 0 ? 'not there' : texts.join(', ')}`
  })
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`
}

function routesOf(event: CanonicalEvent, result: DryResult, options: TryOptions): TriedRoute[] {
  const { channel } = options
  const decisions = result.routed.find(one => one.event_id === event.id)?.routes ?? []
  const read = eventReader(event)
  return decisions.map(({ route, to, decision }) => {
    const { when } = present(
      channel.routes.find(one => one.name === route),
      'the route of a decision',
    )
    const own = result.intents.filter(
      ({ intent }) => intent.event_id === event.id && intent.route === route,
    )
    return {
      route,
      to,
      decision,
      when: when && conditionText(when),
      saw: when === undefined ? {} : sawOf(when, read),
      writes: own.map(admission => writeOf(admission, own, options)),
    }
  })
}

function writeOf(
  admission: Admission,
  beside: readonly Admission[],
  options: TryOptions,
): TriedWrite {
  const { intent, state, reason, approvers } = admission
  const tenant = options.plan.tenants.find(one => one.tenant === intent.tenant)
  const target = present(
    tenant?.targets.find(one => one.name === intent.target),
    'the target of a write',
  )
  const others = beside.map(one => one.intent)
  return {
    intent_id: intent.intent_id,
    operation: intent.operation,
    resource: intent.resource_type,
    risk: riskOf(intent),
    approval: approvals[approvers] ?? 'automatic',
    state,
    reason,
    first: state === 'denied' ? undefined : firstStep(intent, { target, others }, options.tables),
  }
}

/** What it waits for counts as written; the target's ids are not known, so they are named. */
function firstStep(
  intent: WriteIntent,
  around: { readonly target: TargetPlan; readonly others: readonly WriteIntent[] },
  tables: Tables,
): Step {
  const { target, others } = around
  const adapter = present(tables.adapters[target.adapter], 'a planned adapter is in the table')
  const written = others.filter(one => intent.waits_for.includes(one.intent_id))
  const known = Object.fromEntries(
    written.map(one => [
      `${one.resource_type}/${one.resource_id}`,
      `id-of-${one.resource_type.toLowerCase()}-there`,
    ]),
  )
  return adapter.steps(target.config).deliver({ intent, answers: [], known })
}
