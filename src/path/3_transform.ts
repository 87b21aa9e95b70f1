// Station 3: what the channel accepts goes through the tenant's mapping, in its own process and
// side by side; the answers come back in raw order. Duplicates are judged later, at their turn to
// be emitted.
import { contentHash, scanMsh } from '../codecs/hl7v2/scan.ts'
import { assert, present } from '../kit/assert.ts'
import type { Code, Facts } from '../model/errors.ts'
import type {
  Finding,
  Mapper,
  MappingFacts,
  MappingJob,
  MappingRead,
  MappingResult,
} from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord } from '../model/log.ts'
import { rootOf } from '../model/message.ts'
import type { ChannelPlan, TenantPlan, TransformPlan } from '../model/plan.ts'
import type { MarkKey } from '../model/store.ts'
import { accepts } from './accept.ts'
import { type Part, partsOf } from './batch.ts'
import { type Made, madeOf } from './event_record.ts'

/** A raw record, or one message of its batch, and what its mapping made of it. */
export type Transformed = { readonly record: LogRecord } & (
  | { readonly fate: 'filtered' }
  | {
      readonly fate: 'mapped'
      /** Undefined: the message has no control id, so no other can be known as its double. */
      readonly mark: MarkKey | undefined
      /** Checked and as text: what a mapping made is let go at once, so that it never grows old. */
      readonly made: Made
      readonly findings: readonly Finding[]
      /** Only of a mapper that explains. */
      readonly reads?: readonly MappingRead[]
    }
  | { readonly fate: 'failed'; readonly code: Code; readonly facts: Facts }
)

export interface TransformContext {
  readonly tenant: TenantPlan
  readonly channel: ChannelPlan
  readonly transform: TransformPlan
  readonly mapper: Mapper
}

export async function transform(
  records: readonly LogRecord[],
  context: TransformContext,
): Promise<readonly Transformed[]> {
  const all = records.flatMap(partsOrFate)
  const accepted = all.filter(isPart).filter(({ record }) => accepts(context.channel, record))
  const done = await Promise.all(slicesOf(accepted).map(slice => mapSlice(slice, context)))
  const byPart = new Map(done.flat().map((one, i) => [accepted[i], one]))
  return all.map(one => {
    if (!isPart(one)) return one
    return byPart.get(one) ?? { record: one.record, fate: 'filtered' }
  })
}

/** Messages that are handed over and finished together. */
const SLICE = 16

function slicesOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const count = Math.ceil(parts.length / SLICE)
  return Array.from({ length: count }, (_, i) => parts.slice(i * SLICE, (i + 1) * SLICE))
}

async function mapSlice(
  slice: readonly Part[],
  context: TransformContext,
): Promise<readonly Transformed[]> {
  const jobs = slice.map(part => jobOf(part, context))
  const results = await context.mapper.map(context.transform.module, jobs)
  assert(results.length === jobs.length, 'a mapper answers every job')
  return slice.map((part, i) => mapped(part, present(results[i], 'a result'), context))
}

/** The messages of a record, or what becomes of a batch that has none to hand on. */
function partsOrFate(record: LogRecord): readonly (Part | Transformed)[] {
  const { batch_messages_max } = limits
  const parts = partsOf(record)
  if ('too_many' in parts) {
    return [{ record, fate: 'failed', code: 'batch_too_large', facts: { batch_messages_max } }]
  }
  if (parts.messages.length > 0) return parts.messages
  const { findings } = parts
  if (findings.some(({ code }) => code === 'batch_count')) {
    return [{ record, fate: 'failed', code: 'batch_incomplete', facts: {} }]
  }
  return [{ record, fate: 'mapped', mark: undefined, made: { records: [] }, findings }]
}

const isPart = (one: Part | Transformed): one is Part => !('fate' in one)

function jobOf({ record, findings }: Part, context: TransformContext): MappingJob {
  const { topic, headers: all } = record
  const headers = Object.fromEntries(
    LINEAGE.flatMap(name => (all[name] === undefined ? [] : [[name, all[name]]])),
  )
  const { deployment } = context.tenant
  const origin = { topic, headers, deployment, findings }
  return { raw: record.value, facts: factsOf(record, context), origin }
}

/** What an event tells of its message. */
const LINEAGE = [
  ...['raw_id', 'root_id', 'index', 'control_id', 'message_type', 'hl7_version', 'sha256'],
] as const

function factsOf(record: LogRecord, context: TransformContext): MappingFacts {
  const { tenant, channel } = context
  return {
    raw_id: rootOf(record.headers),
    tenant: tenant.tenant,
    channel: channel.channel,
    received_at: record.headers.received_at ?? '',
    time_zone: tenant.time_zone ?? 'UTC',
    assigning_authorities: tenant.assigning_authorities,
    ...(channel.charset === undefined ? {} : { charset: channel.charset }),
  }
}

function mapped(part: Part, result: MappingResult, context: TransformContext): Transformed {
  const { record } = part
  if ('code' in result) return { record, fate: 'failed', code: result.code, facts: result.facts }
  const { tenant, deployment } = context.tenant
  const of = { record, tenant, deployment, channel: context.channel.channel }
  return {
    record,
    fate: 'mapped',
    mark: markKey(record),
    made: madeOf(result.events, of),
    findings: [...part.findings, ...result.findings],
    ...(result.reads && { reads: result.reads }),
  }
}

function markKey(record: LogRecord): MarkKey | undefined {
  const { tenant = '', channel = '', feed = '', control_id = '' } = record.headers
  const msh = control_id === '' ? undefined : scanMsh(record.value)
  if (msh === undefined) return undefined
  return { tenant, channel, feed, control_id, content: contentHash(record.value, msh) }
}
