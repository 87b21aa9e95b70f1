// One message through stations 1 to 6 with nothing stored and nothing sent: what would be answered,
// which events it becomes, where they go, and what would be written there. Deterministic: no clock
// and no chance; where there is no raw record its id is the bytes' sha256 and its time MSH-7.
import { type AckCode, ackCode } from '../codecs/hl7v2/ack.ts'
import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { readTime } from '../codecs/hl7v2/datetime.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { systemClock } from '../kit/clock.ts'
import { sha256 } from '../kit/ids.ts'
import { realPath } from '../kit/real_path.ts'
import { type Code, catalogue, type Facts } from '../model/errors.ts'
import type { CanonicalEvent, Finding, Mapper, MappingRead } from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord } from '../model/log.ts'
import { type Received, type Refused, topicOf } from '../model/message.ts'
import type { ChannelPlan, Plan, TenantPlan } from '../model/plan.ts'
import { type Signals, silentSignals } from '../model/signals.ts'
import type { Admission } from '../model/store.ts'
import { receive } from '../path/1_receive.ts'
import { rawHeaders } from '../path/2_append.ts'
import { type Transformed, transform } from '../path/3_transform.ts'
import { type At, type Routing, route } from '../path/5_route.ts'
import { govern } from '../path/6_govern.ts'
import { openMapper } from '../path/mapping/mapper.ts'

export interface DryRunOptions {
  readonly signals?: Signals
  /** Default: as firth.yaml says. */
  readonly mapping_ms_max?: number
  /** Results tell what was read of the message, and by which lines; slow. */
  readonly explain?: boolean
  /**
   * Folder of the mappings of several tenants, which one process then serves: for tests, where a
   * process each would be most of the work. What lies elsewhere has a process of its own.
   */
  readonly shared_transforms?: string
}

/** One message as it would come through the channel's source, without its framing. */
export interface DryMessage {
  readonly bytes: Buffer
  /**
   * FHIR instant; default: MSH-7 in the tenant's zone, the first moment of 1970 where it has none.
   */
  readonly received_at?: string | undefined
  /** Default: the sha256 of the bytes. Ids of events and of nameless resources come from it. */
  readonly raw_id?: string | undefined
}

export interface DryRequest extends DryMessage {
  readonly tenant: string
  readonly channel: string
}

export interface DryResult {
  readonly raw_id: string
  /** As scanned from MSH, latin1; '' where it does not say. */
  readonly control_id: string
  readonly message_type: string
  /** Why station 1 would not take it. */
  readonly refused: Code | undefined
  /** `code` is undefined where the sender wants no answer (MSH-15, MSH-16). */
  readonly ack: { readonly code: AckCode | undefined; readonly text: string }
  /** `stored`: the channel has no transform. Of a batch, `dead` where any message of it is. */
  readonly fate: 'stored' | 'filtered' | 'mapped' | 'dead'
  readonly findings: readonly Finding[]
  readonly events: readonly CanonicalEvent[]
  /** One row for each event. */
  readonly routed: readonly Routed[]
  /** What the events' routes would write, with govern's word. */
  readonly intents: readonly Admission[]
  readonly dead: Death | undefined
  /** Where the dry run explains; content of the message. */
  readonly reads: readonly MappingRead[]
}

export interface Death {
  readonly code: Code
  readonly facts: Facts
}

export interface Routed {
  readonly event_id: string
  readonly routes: Routing['decisions']
}

export interface DryRun {
  /** Rejects only when it is closed. */
  run(request: DryRequest): Promise<DryResult>
  /** Many messages of one channel, mapped side by side; answers in their order. */
  runAll(
    of: { readonly tenant: string; readonly channel: string },
    messages: readonly DryMessage[],
  ): Promise<readonly DryResult[]>
  /** Ends the mapping processes. */
  close(): Promise<void>
}

/** A mapping process that does not come up so often in a row will not for the person who waits. */
const STARTS_MAX = 5

/** Starts nothing before the first message of a tenant comes. */
export function openDryRun(plan: Plan, tables: Tables, options: DryRunOptions = {}): DryRun {
  const mappers = new Map<string, Mapper>()
  const mapperOf = (tenant: TenantPlan): Mapper => {
    const shared = isShared(tenant, options) ? options.shared_transforms : undefined
    const key = shared === undefined ? tenant.tenant : ''
    const known = mappers.get(key)
    if (known !== undefined) return known
    const mapper = openMapper({
      tenant: tenant.tenant,
      transforms: shared ?? tenant.transforms,
      base: tenant.base,
      mapping_ms_max: options.mapping_ms_max ?? plan.engine.limits.mapping_ms_max,
      mapping_memory_mb_max: limits.mapping_memory_mb_max,
      explain: options.explain ?? false,
      starts_max: STARTS_MAX,
      clock: systemClock,
      signals: options.signals ?? silentSignals,
    })
    mappers.set(key, mapper)
    return mapper
  }
  const runAll: DryRun['runAll'] = async (of, messages) => {
    const tenant = present(
      plan.tenants.find(one => one.tenant === of.tenant),
      'the tenant of a dry run',
    )
    const channel = present(
      tenant.channels.find(one => one.channel === of.channel),
      'the channel of a dry run',
    )
    return dryRun(messages, { tenant, channel, tables, mapperOf })
  }
  return {
    runAll,
    async run({ tenant, channel, ...message }) {
      const [result] = await runAll({ tenant, channel }, [message])
      return present(result, 'the result of a message')
    },
    async close() {
      await Promise.all([...mappers.values()].map(mapper => mapper.close()))
    },
  }
}

/** Links lead out of a folder, so where it really lies decides. */
function isShared({ transforms, base }: TenantPlan, options: DryRunOptions): boolean {
  const shared = realPath(options.shared_transforms ?? '')
  if (shared === undefined || base !== undefined || options.explain) return false
  return transforms === undefined || realPath(transforms)?.startsWith(`${shared}/`) === true
}

interface Context {
  readonly tenant: TenantPlan
  readonly channel: ChannelPlan
  readonly tables: Tables
  mapperOf(tenant: TenantPlan): Mapper
}

async function dryRun(
  messages: readonly DryMessage[],
  context: Context,
): Promise<readonly DryResult[]> {
  const taken = messages.map(message => take(message, context))
  const records = taken.flatMap((one, i) =>
    one.kind === 'received' ? recordOf(one, i, context) : [],
  )
  const items = await transformed(records, context)
  return taken.map((one, i) => {
    if (one.kind === 'refused') return refusedResult(one)
    return receivedResult(one, items.get(i) ?? [], context)
  })
}

/** Station 1, with an id and a time that the message itself gives. */
function take(message: DryMessage, { tenant }: Context): Received | Refused {
  const { bytes, received_at, raw_id = sha256(bytes) } = message
  const at = received_at ?? sentAt(bytes, tenant.time_zone ?? 'UTC')
  const received_at_ms = Date.parse(at)
  const arrival = { bytes, peer: { address: 'dry_run', port: 0 }, door: 'dry_run', received_at_ms }
  const taken = receive(arrival, {
    clock: { ...systemClock, now: () => received_at_ms },
    random: chanceless(raw_id),
    record_bytes_max: limits.record_bytes_max,
  })
  return taken.kind === 'refused' ? taken : { ...taken, raw_id }
}

const NO_TIME = '1970-01-01T00:00:00.000Z'

/** What a message says of itself in MSH-7; of a batch its header, or else its first message. */
function sentAt(bytes: Buffer, zone: string): string {
  const own = timeOf(bytes, zone)
  if (own !== undefined) return own
  const [first] = splitBatch(bytes).messages
  return (first && timeOf(first, zone)) ?? NO_TIME
}

/** MSH-7 as an instant; a day without an hour begins at its first one, in UTC. */
function timeOf(bytes: Buffer, zone: string): string | undefined {
  const msh = scanMsh(bytes)
  const sent = msh?.field(7).split(msh.delimiters.component ?? '^')[0] ?? ''
  const at = Date.parse(readTime(sent, zone)?.dateTime ?? '')
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

/** What draws from it draws the same for the same message. */
function chanceless(seed: string) {
  const drawn = Buffer.from(sha256(seed), 'hex')
  return { fraction: () => 0, bytes: (count: number) => Buffer.alloc(count, drawn) }
}

function recordOf(received: Received, offset: number, { tenant, channel }: Context): LogRecord {
  const names = { tenant: tenant.tenant, channel: channel.channel, deployment: tenant.deployment }
  return {
    topic: topicOf.raw(names.tenant, names.channel),
    partition: 0,
    offset,
    time_ms: received.received_at_ms,
    key: received.feed,
    headers: rawHeaders(received, { ...names, random: chanceless(received.raw_id) }),
    value: received.bytes,
  }
}

/** Station 3, by the offset of the record. */
async function transformed(
  records: readonly LogRecord[],
  { tenant, channel, mapperOf }: Context,
): Promise<ReadonlyMap<number, readonly Transformed[]>> {
  const plan = channel.transform
  if (plan === undefined || records.length === 0) return new Map()
  const mapper = mapperOf(tenant)
  const items = await transform(records, { tenant, channel, transform: plan, mapper })
  return Map.groupBy(items, item => item.record.offset)
}

function refusedResult(refused: Refused): DryResult {
  const { code, bytes, msh } = refused
  const { ack, message } = catalogue[code]
  const result = ack === 'AR' ? 'rejected' : 'error'
  return {
    raw_id: sha256(bytes),
    control_id: msh?.field(10) ?? '',
    message_type: '',
    refused: code,
    ack: { code: ackCode(msh, result), text: `${code}: ${message}` },
    fate: 'dead',
    ...NOTHING,
    dead: { code, facts: {} },
  }
}

const NOTHING = { findings: [], events: [], routed: [], intents: [], dead: undefined, reads: [] }

function receivedResult(
  received: Received,
  items: readonly Transformed[],
  context: Context,
): DryResult {
  const { raw_id, control_id, message_type, msh } = received
  const ack = { code: ackCode(msh, 'accepted'), text: '' }
  const known = { raw_id, control_id, message_type, refused: undefined, ack }
  if (context.channel.transform === undefined) return { ...known, fate: 'stored', ...NOTHING }
  const outcomes = items.map(item => outcomeOf(item, context))
  const fates = outcomes.map(({ fate }) => fate)
  return {
    ...known,
    fate: fates.includes('dead') ? 'dead' : fates.includes('mapped') ? 'mapped' : 'filtered',
    findings: outcomes.flatMap(one => one.findings),
    events: outcomes.flatMap(one => one.events),
    routed: outcomes.flatMap(one => one.routed),
    intents: outcomes.flatMap(one => one.intents),
    dead: outcomes.find(one => one.dead !== undefined)?.dead,
    reads: outcomes.flatMap(one => one.reads),
  }
}

type Outcome = Omit<DryResult, 'raw_id' | 'control_id' | 'message_type' | 'refused' | 'ack'>

/** Stations 4 to 6. */
function outcomeOf(item: Transformed, context: Context): Outcome {
  if (item.fate === 'filtered') return { fate: 'filtered', ...NOTHING }
  const died = (dead: Death, findings: readonly Finding[]): Outcome => {
    return { ...NOTHING, fate: 'dead', findings, dead }
  }
  if (item.fate === 'failed') return died({ code: item.code, facts: item.facts }, [])
  const { findings, record, made } = item
  if ('code' in made) return died(made, findings)
  const events = made.records.map(({ value }) => JSON.parse(value.toString()) as CanonicalEvent)
  const ways = made.records.map(({ key, headers }, i) => {
    const event = present(events[i], 'the event of a record')
    return wayOf(event, { key, headers, offset: record.offset + i, message: record.value }, context)
  })
  return {
    fate: 'mapped',
    findings,
    events,
    routed: ways.map(way => way.routed),
    intents: ways.flatMap(way => way.intents),
    dead: undefined,
    reads: item.reads ?? [],
  }
}

/** Stations 5 and 6 of one event. */
function wayOf(event: CanonicalEvent, at: At, { tenant, channel, tables }: Context) {
  const { intents, decisions } = route(event, { ...channel, targets: tenant.targets }, at)
  const admissions = intents.map(intent => {
    const target = present(
      tenant.targets.find(one => one.name === intent.target),
      'the target of an intent',
    )
    const adapter = present(tables.adapters[target.adapter], 'a planned adapter is in the table')
    return govern(intent, { profile: adapter.profile, policy: target.policy })
  })
  return { routed: { event_id: event.id, routes: decisions }, intents: admissions }
}
