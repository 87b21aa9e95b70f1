// The dead letters of records that ended the process whenever they were worked alone (design: G9),
// one for each unit that reads a topic.
import { derivedId } from '../kit/ids.ts'
import type { Log, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import { deadOf } from './4_canonical.ts'
import { deadRecord } from './dead_letter.ts'
import { placed } from './dead_place.ts'

export interface PoisonContext {
  readonly log: Log
  readonly tenant: string
  /** The unit. */
  readonly group: string
  readonly now_ms: number
  readonly deaths: number
}

const code = 'record_crashes'

/** A raw record, before or in its mapping. A batch is set aside whole. */
export async function buryRaw(
  record: LogRecord,
  context: PoisonContext & { readonly channel: string },
): Promise<void> {
  const { deaths } = context
  const burial = { ...context, deployment: record.headers.deployment ?? '' }
  const letter = deadOf(record, { code, facts: { deaths }, stage: 'transform', context: burial })
  const death = { of: record, letter, next: 0, followed: false }
  await append(context, await placed([death], [], context))
}

/** An event that cannot be routed, or a write intent that cannot be governed. */
export async function buryRouted(
  record: LogRecord,
  context: PoisonContext & { readonly stage: 'route' | 'deliver' },
): Promise<void> {
  const { tenant, group, now_ms, stage, deaths } = context
  const { topic, partition, offset, time_ms, headers } = record
  const letter = deadRecord(
    {
      // One that is retried stands elsewhere, and its next end is a letter of its own.
      id: derivedId(headers.intent_id ?? headers.event_id ?? '', stage, code, topic, offset),
      tenant,
      channel: headers.channel ?? '',
      route: headers.route ?? '',
      stage,
      class: 'poison',
      code,
      path: '',
      facts: { deaths },
      attempts: deaths,
      first_failed_at_ms: now_ms,
      last_failed_at_ms: now_ms,
      origin: { topic, partition, offset, time_ms, group },
      deployment: headers.deployment ?? '',
    },
    record,
  )
  await append(context, [letter])
}

async function append(
  { log, tenant }: PoisonContext,
  letters: readonly NewRecord[],
): Promise<void> {
  await log.append(topicOf.dead(tenant), 0, letters)
}
