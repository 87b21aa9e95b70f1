// Station 2: the bytes stand in the raw topic, durable, before anything is acknowledged.
// `log.append` is the call that makes them durable; the source answers only after this function has
// resolved.
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import { sha256 } from '../kit/ids.ts'
import type { Random } from '../kit/random.ts'
import type { Log } from '../model/log.ts'
import { type RawHeaders, type Received, type Stored, topicOf } from '../model/message.ts'
import type { Signals } from '../model/signals.ts'

export interface AppendContext {
  readonly log: Log
  readonly random: Random
  readonly tenant: string
  readonly channel: string
  /** Hash of the deployment that takes messages in at this moment. */
  readonly deployment: string
  /** How many of a hundred messages are traced; absent: none. */
  readonly sample_percent?: number | undefined
}

interface Watched {
  readonly clock: Pick<Clock, 'now'>
  readonly signals: Signals
}

export async function append(
  received: Received,
  context: AppendContext & Partial<Watched>,
): Promise<Stored> {
  const { tenant, channel } = context
  const topic = topicOf.raw(tenant, channel)
  const headers = rawHeaders(received, context)
  const record = { key: received.feed, headers, value: received.bytes }
  const offset = await context.log.append(topic, 0, [record])
  failpoint('append.done')
  const { traceparent } = headers
  const since_ms = received.received_at_ms
  context.signals?.passed?.({
    ...{ station: 'append', labels: { tenant, channel }, began_ms: since_ms },
    ended_ms: context.clock?.now() ?? since_ms,
    messages: [{ traceparent, since_ms }],
  })
  return { position: { topic, partition: 0, offset } }
}

export function rawHeaders(received: Received, context: Omit<AppendContext, 'log'>): RawHeaders {
  const { peer } = received
  return {
    raw_id: received.raw_id,
    tenant: context.tenant,
    channel: context.channel,
    feed: received.feed,
    received_at: new Date(received.received_at_ms).toISOString(),
    sha256: sha256(received.bytes),
    control_id: received.control_id,
    message_type: received.message_type,
    hl7_version: received.msh.field(12),
    // What the sender declares (MSH-18), or nothing; the bytes are never changed for it.
    charset: received.msh.field(18),
    peer: peer.tls_name === undefined ? peer.address : `${peer.address} ${peer.tls_name}`,
    traceparent: traceparent(context.random, context.sample_percent ?? 0),
    deployment: context.deployment,
  }
}

/** A new trace (W3C Trace Context, version 00), sampled by its own random id. */
function traceparent(random: Random, sample_percent: number): string {
  const bytes = random.bytes(24)
  const hex = bytes.toString('hex')
  const sampled = (bytes.readUInt32BE() / 2 ** 32) * 100 < sample_percent
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-${sampled ? '01' : '00'}`
}
