// The one side door of the path: a record that cannot go on, kept with its bytes, its key and its
// own headers, beside the reason (`dlt.…`, facts of Kafka Connect's kind; no patient data, no stack
// trace).
import { derivedId, sha256 } from '../kit/ids.ts'
import { type Code, catalogue, type Facts } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { Headers, NewRecord, Position } from '../model/log.ts'
import type { Refused } from '../model/message.ts'

/** Stations as dead letters name them. */
export type DeadStage = 'decode' | 'transform' | 'validate' | 'route' | 'deliver'
export type DeadClass = 'poison' | 'exhausted' | 'rejected' | 'held'

export interface DeadReason {
  readonly id: string
  readonly tenant: string
  readonly channel: string
  readonly route: string
  readonly stage: DeadStage
  readonly class: DeadClass
  readonly code: Code
  /** Where in the record: a segment-field-component or a JSON pointer; '' where it is the whole. */
  readonly path: string
  readonly facts: Facts
  readonly attempts: number
  readonly first_failed_at_ms: number
  readonly last_failed_at_ms: number
  readonly origin: (Position & { readonly time_ms: number; readonly group: string }) | undefined
  readonly deployment: string
}

/** The record as it came, with the reason added to its headers. */
export function deadRecord(reason: DeadReason, original: NewRecord): NewRecord {
  return {
    key: original.key,
    headers: { ...original.headers, ...deadHeaders(reason) },
    value: original.value,
  }
}

function deadHeaders(reason: DeadReason): Headers {
  const { origin } = reason
  return {
    'dlt.v': '1',
    'dlt.id': reason.id,
    'dlt.tenant': reason.tenant,
    'dlt.channel': reason.channel,
    'dlt.route': reason.route,
    'dlt.stage': reason.stage,
    'dlt.class': reason.class,
    'dlt.error.code': reason.code,
    'dlt.error.path': reason.path,
    'dlt.error.message': catalogue[reason.code].message,
    'dlt.error.facts': JSON.stringify(reason.facts),
    'dlt.attempts': String(reason.attempts),
    'dlt.first-failed-at': new Date(reason.first_failed_at_ms).toISOString(),
    'dlt.last-failed-at': new Date(reason.last_failed_at_ms).toISOString(),
    'dlt.config.version': reason.deployment,
    ...(origin === undefined
      ? {}
      : {
          'dlt.origin.topic': origin.topic,
          'dlt.origin.partition': String(origin.partition),
          'dlt.origin.offset': String(origin.offset),
          'dlt.origin.timestamp': String(origin.time_ms),
          'dlt.origin.group': origin.group,
        }),
  }
}

/**
 * A refused input was never raw: its dead letter keeps the first `refused_bytes_kept` bytes. The id
 * comes from what was refused and where, so a sender that repeats itself fills no disk.
 */
export function refusedRecord(
  refused: Refused,
  context: { tenant: string; channel: string; deployment: string; repeats: number },
): NewRecord {
  const kept = refused.bytes.subarray(0, limits.refused_bytes_kept)
  const reason: DeadReason = {
    id: refusedId(refused, context),
    tenant: context.tenant,
    channel: context.channel,
    route: '',
    stage: 'decode',
    class: 'rejected',
    code: refused.code,
    path: '',
    facts: { bytes: refused.bytes.length, bytes_kept: kept.length, repeats: context.repeats },
    attempts: 1,
    first_failed_at_ms: refused.received_at_ms,
    last_failed_at_ms: refused.received_at_ms,
    origin: undefined,
    deployment: context.deployment,
  }
  const headers = { tenant: context.tenant, channel: context.channel, peer: refused.peer.address }
  return deadRecord(reason, { key: refused.door, headers, value: kept })
}

export function refusedId(refused: Refused, context: { tenant: string; channel: string }): string {
  const kept = refused.bytes.subarray(0, limits.refused_bytes_kept)
  const where = [context.tenant, context.channel, refused.door, refused.peer.address] as const
  return derivedId(...where, refused.code, refused.bytes.length, sha256(kept))
}
