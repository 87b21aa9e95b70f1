// Where an intent goes from station 5: into the outbound topic of its target, or to the dead
// letters where it is too large for any log, or where the message that it forwards is gone. So no
// row of the ledger that was written before is ever revised to nothing.
import { derivedId } from '../kit/ids.ts'
import type { Code, Facts } from '../model/errors.ts'
import type { WriteIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import { intentRecord } from './5_route.ts'
import { deadRecord } from './dead_letter.ts'

/** `from` is the canonical record; `now_ms` stands in a dead letter only. */
export function outbound(
  intent: WriteIntent,
  from: LogRecord,
  { now_ms }: { readonly now_ms: number },
): { readonly topic: string; readonly output: NewRecord } {
  const { tenant, target } = intent
  const output = intentRecord(intent, from.headers.replay)
  const wrong = troubleOf(intent, output)
  if (wrong === undefined) return { topic: topicOf.outbound(tenant, target), output }
  const { code, facts } = wrong
  const { topic, partition, offset, time_ms } = from
  const reason = {
    id: derivedId(intent.intent_id, code),
    tenant,
    channel: intent.channel,
    route: intent.route,
    stage: 'route',
    class: 'poison',
    code,
    path: '',
    facts: { ...facts, target },
    attempts: 1,
    first_failed_at_ms: now_ms,
    last_failed_at_ms: now_ms,
    origin: { topic, partition, offset, time_ms, group: `route.${tenant}` },
    deployment: intent.deployment,
  } as const
  // The event stands for it: it is below the limit, and a retry routes it anew.
  return { topic: topicOf.dead(tenant), output: deadRecord(reason, from) }
}

function troubleOf({ event }: WriteIntent, output: NewRecord): Trouble | undefined {
  if (event?.message === null) return { code: 'source_message_gone', facts: {} }
  const bytes = output.value.length
  const { record_bytes_max } = limits
  if (bytes <= record_bytes_max) return undefined
  return { code: 'intent_too_large', facts: { bytes, record_bytes_max } }
}

interface Trouble {
  readonly code: Code
  readonly facts: Facts
}
