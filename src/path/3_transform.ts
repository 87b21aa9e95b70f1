// Station 3: what the channel accepts goes through the tenant's mapping, in its own process and
// side by side; the answers come back in raw order. Duplicates are judged later, at their turn to
// be emitted.
import { contentHash, scanMsh } from '../codecs/hl7v2/scan.ts'
import { assert } from '../kit/assert.ts'
import type { Code, Facts } from '../model/errors.ts'
import type { Finding, MappedEvent, Mapper, MappingFacts, MappingResult } from '../model/event.ts'
import type { LogRecord } from '../model/log.ts'
import type { ChannelPlan, TenantPlan, TransformPlan } from '../model/plan.ts'
import type { MarkKey } from '../model/store.ts'

/** A raw record and what its mapping made of it. */
export type Transformed = { readonly record: LogRecord } & (
  | { readonly fate: 'filtered' }
  | {
      readonly fate: 'mapped'
      /** Undefined: the message has no control id, so no other can be known as its double. */
      readonly mark: MarkKey | undefined
      readonly events: readonly MappedEvent[]
      readonly findings: readonly Finding[]
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
  const accepted = records.filter(record => accepts(context.channel, record))
  const jobs = accepted.map(record => ({ raw: record.value, facts: factsOf(record, context) }))
  const results = await context.mapper.map(context.transform.module, jobs)
  assert(results.length === jobs.length, 'a mapper answers every job')
  const byRecord = new Map(accepted.map((record, i) => [record, results[i]]))
  return records.map(record => {
    const result = byRecord.get(record)
    return result === undefined ? { record, fate: 'filtered' } : mapped(record, result)
  })
}

/** `accept.messages` names `ADT^A01`, or `ADT` for every event of that code. */
export function accepts(channel: Pick<ChannelPlan, 'accept'>, record: LogRecord): boolean {
  const messages = channel.accept?.messages
  if (messages === undefined) return true
  const type = record.headers.message_type ?? ''
  return messages.some(entry => entry === type || type.startsWith(`${entry}^`))
}

function factsOf(record: LogRecord, context: TransformContext): MappingFacts {
  const { tenant, channel } = context
  return {
    raw_id: record.headers.raw_id ?? '',
    tenant: tenant.tenant,
    channel: channel.channel,
    received_at: record.headers.received_at ?? '',
    time_zone: tenant.time_zone ?? 'UTC',
    assigning_authorities: tenant.assigning_authorities,
  }
}

function mapped(record: LogRecord, result: MappingResult): Transformed {
  if ('code' in result) return { record, fate: 'failed', code: result.code, facts: result.facts }
  return { record, fate: 'mapped', mark: markKey(record), ...result }
}

function markKey(record: LogRecord): MarkKey | undefined {
  const { tenant = '', channel = '', feed = '', control_id = '' } = record.headers
  const msh = control_id === '' ? undefined : scanMsh(record.value)
  if (msh === undefined) return undefined
  return { tenant, channel, feed, control_id, content: contentHash(record.value, msh) }
}
