// Station 2: the bytes stand in the raw topic, durable, before anything is acknowledged.
// `log.append` is the call that makes them durable; the source answers only after this function has
// resolved.
import { failpoint } from '../kit/failpoint.ts'
import { sha256 } from '../kit/ids.ts'
import type { Random } from '../kit/random.ts'
import type { Log } from '../model/log.ts'
import { type RawHeaders, type Received, type Stored, topicOf } from '../model/message.ts'

export interface AppendContext {
  readonly log: Log
  readonly random: Random
  readonly tenant: string
  readonly channel: string
  /** Hash of the deployment that takes messages in at this moment. */
  readonly deployment: string
}

export async function append(received: Received, context: AppendContext): Promise<Stored> {
  const topic = topicOf.raw(context.tenant, context.channel)
  const record = {
    key: received.feed,
    headers: rawHeaders(received, context),
    value: received.bytes,
  }
  const offset = await context.log.append(topic, 0, [record])
  failpoint('append.done')
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
    traceparent: traceparent(context.random),
    deployment: context.deployment,
  }
}

/** A new trace (W3C Trace Context, version 00, sampled). */
function traceparent(random: Random): string {
  const hex = random.bytes(24).toString('hex')
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`
}
