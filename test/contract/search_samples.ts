// Records as the path leaves them, for tests of the search index and of the audit.
import type { Headers, NewRecord } from '../../src/model/log.ts'

const TENANT = 'harbor'

export interface RawSample {
  readonly raw_id?: string
  readonly control_id?: string
  readonly type?: string
  readonly tenant?: string
  readonly channel?: string
  /** Segments behind MSH. */
  readonly more?: string
}

export function rawRecord(sample: RawSample = {}): NewRecord {
  const { raw_id = 'r', control_id = 'C1', type = 'ADT^A01', more = '' } = sample
  const { tenant = TENANT, channel = 'adt_in' } = sample
  return {
    key: 'feed',
    headers: { raw_id, tenant, channel, feed: 'feed', control_id, message_type: type },
    value: Buffer.from(
      `MSH|^~\\&|HIS|HARBOR|||20260105080000||${type}|${control_id}|P|2.5.1\r${more}`,
    ),
  }
}

export interface EventSample {
  readonly raw_id: string
  readonly event_id: string
  readonly patient: string
  readonly visit?: string
  readonly index?: string
}

export function eventRecord({ raw_id, event_id, patient, visit, index }: EventSample): NewRecord {
  const of = (value: string | undefined) => (value ? { system: 'urn:oid:2.999', value } : null)
  const event = { id: event_id, patient: of(patient), visit: of(visit), resources: { entry: [] } }
  return {
    key: `urn:oid:2.999|${patient}`,
    headers: {
      raw_id,
      event_id,
      tenant: TENANT,
      channel: 'adt_in',
      ...(index === undefined ? {} : { index }),
    },
    value: Buffer.from(JSON.stringify(event)),
  }
}

export interface LetterSample {
  readonly id?: string
  readonly raw_id?: string
  readonly code?: string
  readonly channel?: string
  readonly stage?: string
  readonly target?: string
}

export function letterRecord(sample: LetterSample): NewRecord {
  const { id = '1'.repeat(32), raw_id, code = 'mapping_failed', channel = 'adt_in' } = sample
  const { stage = 'transform', target } = sample
  const headers: Headers = {
    ...(raw_id === undefined ? {} : { raw_id }),
    // A write knows its message by the raw_id alone.
    ...(raw_id === undefined || stage === 'deliver' ? {} : { control_id: 'C1' }),
    'dlt.id': id,
    'dlt.tenant': TENANT,
    'dlt.channel': channel,
    'dlt.route': '',
    'dlt.stage': stage,
    'dlt.class': 'poison',
    'dlt.error.code': code,
    'dlt.error.facts': JSON.stringify(target === undefined ? {} : { target }),
    'dlt.first-failed-at': '2026-01-05T08:00:00.000Z',
    'dlt.last-failed-at': '2026-01-05T08:00:00.000Z',
  }
  return { key: 'k', headers, value: Buffer.from('MSH|') }
}
