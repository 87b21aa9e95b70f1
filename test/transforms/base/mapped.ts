// Mapping in one's own process, for tests of the base mappings.
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import type {
  CanonicalEvent,
  Finding,
  MappedEvent,
  MappingFacts,
} from '../../../src/model/event.ts'
import base from '../../../transforms/base/index.ts'

export const facts: MappingFacts = {
  raw_id: '01hzzzzzzzzzzzzzzzzzzzzzzz',
  tenant: 'harbor',
  channel: 'adt_in',
  received_at: '2026-03-01T16:15:00.000Z',
  time_zone: 'America/Chicago',
  assigning_authorities: { HARBOR: 'urn:oid:1.2.840.99.1' },
}

export interface Mapped {
  readonly events: readonly MappedEvent[]
  readonly findings: readonly Finding[]
}

/** What the mapping process would answer. Throws what the mapping throws. */
export function mapped(raw: Buffer, given: MappingFacts = facts): Mapped {
  const message = readMessage(raw)
  const findings: Finding[] = []
  const report = (finding: Finding) => void findings.push(finding)
  const events = base.map(message, { facts: given, report })
  return { events, findings: [...message.findings, ...findings] }
}

/** Lines of a message, ended by CR. */
export const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r'))

/** A mapped event in the envelope of station 4. */
export function canonical(event: MappedEvent): CanonicalEvent {
  return {
    id: '0'.repeat(32),
    kind: event.kind,
    schema_version: 1,
    tenant: facts.tenant,
    channel: facts.channel,
    occurred_at: event.occurred_at ?? facts.received_at,
    recorded_at: facts.received_at,
    patient: event.patient,
    visit: event.visit,
    resources: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: event.resources.map(resource => ({
        fullUrl: `http://firth.invalid/${resource.resourceType}/${resource.id}`,
        resource,
      })),
    },
    source: {
      raw_id: facts.raw_id,
      index: 0,
      topic: 'raw.harbor.adt_in',
      control_id: 'C1',
      message_type: 'ADT^A01',
      hl7_version: '2.5.1',
      sha256: '0'.repeat(64),
    },
    deployment: '0123456789ab',
    warnings: [],
  }
}
