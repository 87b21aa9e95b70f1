// What tests of the path need around it: synthetic records, toy rooms (a mapper, a chart with its
// adapter), a clock that is wound by hand, and ears for signals. The log and the store are real
// ones.

import { sha256 } from '../../src/kit/ids.ts'
import type { Code, Facts } from '../../src/model/errors.ts'
import type {
  BusinessId,
  CanonicalEvent,
  Finding,
  MappedEvent,
  Mapper,
  MappingJob,
  MappingResult,
  Resource,
} from '../../src/model/event.ts'
import { usualOnFailure, type WriteIntent } from '../../src/model/intent.ts'
import type { Headers, LogRecord } from '../../src/model/log.ts'
import type {
  ChannelPlan,
  OnFailure,
  RoutePlan,
  TargetPlan,
  TenantPlan,
} from '../../src/model/plan.ts'
import type { SignalLevel, Signals } from '../../src/model/signals.ts'
import type { Governance } from '../../src/path/6_govern.ts'
import { complete } from '../../src/path/completion.ts'
import type { Editions } from '../../src/path/editions.ts'
import { type Made, madeOf } from '../../src/path/event_record.ts'

export const TENANT = 'harbor'
export const CHANNEL = 'adt_in'
export const TARGET = 'chart'
export const DEPLOYMENT = 'd'.repeat(64)
/** 2026-01-05T08:00:00Z. */
export const START_MS = 1_767_600_000_000

export interface MessageOptions {
  readonly type?: string
  readonly control_id?: string
  /** MSH-7. */
  readonly at?: string
  readonly facility?: string
  /** Distinguishes contents. */
  readonly note?: string
}

/** A small synthetic message: MSH and one Z segment. */
export function message(options: MessageOptions = {}): Buffer {
  const { type = 'ADT^A01', control_id = 'C1', at = '20260105080000', note = 'n' } = options
  const { facility = 'HARBOR' } = options
  return Buffer.from(
    `MSH|^~\\&|HIS|${facility}|FIRTH|FIRTH|${at}||${type}|${control_id}|P|2.5.1\rZNT|${note}\r`,
  )
}

export interface RawOptions extends MessageOptions {
  readonly raw_id?: string
  readonly offset?: number
  readonly headers?: Headers
  readonly value?: Buffer
}

/** A record as station 2 leaves it. */
export function rawRecord(options: RawOptions = {}): LogRecord {
  const { type = 'ADT^A01', control_id = 'C1', facility = 'HARBOR', offset = 0 } = options
  const value = options.value ?? message(options)
  return {
    topic: `raw.${TENANT}.${CHANNEL}`,
    partition: 0,
    offset,
    time_ms: START_MS + offset,
    key: `2575|HIS|${facility}`,
    headers: {
      raw_id: options.raw_id ?? `raw${offset}`,
      tenant: TENANT,
      channel: CHANNEL,
      feed: `2575|HIS|${facility}`,
      received_at: new Date(START_MS + offset).toISOString(),
      sha256: sha256(value),
      control_id,
      message_type: type,
      hl7_version: '2.5.1',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      ...options.headers,
    },
    value,
  }
}

export const id = (value: string): BusinessId => ({ system: 'urn:oid:2.999.1', value })

export function patient(value = 'M1', more: Readonly<Record<string, unknown>> = {}): Resource {
  return { resourceType: 'Patient', id: `p-${value}`, identifier: [id(value)], ...more }
}

export function encounter(value = 'V1', of = 'M1'): Resource {
  return {
    resourceType: 'Encounter',
    id: `e-${value}`,
    identifier: [id(value)],
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: `Patient/p-${of}` },
  }
}

export function mappedEvent(change: Partial<MappedEvent> = {}): MappedEvent {
  return {
    kind: 'patient.admitted',
    occurred_at: undefined,
    patient: id('M1'),
    visit: id('V1'),
    subject: id('V1'),
    resources: [patient(), encounter()],
    ...change,
  }
}

export function canonicalEvent(change: Partial<CanonicalEvent> = {}): CanonicalEvent {
  const resources = [patient(), encounter()]
  return {
    id: 'event1',
    kind: 'patient.admitted',
    schema_version: 1,
    tenant: TENANT,
    channel: CHANNEL,
    occurred_at: new Date(START_MS).toISOString(),
    recorded_at: new Date(START_MS).toISOString(),
    patient: id('M1'),
    visit: id('V1'),
    resources: bundle(resources),
    source: {
      raw_id: 'raw0',
      index: 0,
      topic: `raw.${TENANT}.${CHANNEL}`,
      control_id: 'C1',
      message_type: 'ADT^A01',
      hl7_version: '2.5.1',
      sha256: 'f'.repeat(64),
    },
    deployment: DEPLOYMENT,
    warnings: [],
    ...change,
  }
}

export function bundle(resources: readonly Resource[]): CanonicalEvent['resources'] {
  const entry = resources.map(resource => ({
    fullUrl: `http://firth.invalid/${resource.resourceType}/${resource.id}`,
    resource,
  }))
  return { resourceType: 'Bundle', type: 'collection', entry }
}

let made = 0

/** Of a patient and a key of its own, unless told otherwise. */
export function writeIntent(change: Partial<WriteIntent> = {}): WriteIntent {
  made += 1
  const resource = change.resource ?? patient(`M${made}`)
  return {
    intent_id: `intent${made}`,
    tenant: TENANT,
    channel: 'adt',
    traceparent: '',
    target: TARGET,
    route: 'chart',
    event_id: `event${made}`,
    event_kind: 'patient.updated',
    raw_id: `raw${made}`,
    deployment: DEPLOYMENT,
    key: `key${made}`,
    sequence: made,
    ordinal: 0,
    operation: 'update',
    resource_type: resource.resourceType,
    resource_id: resource.id,
    identifier: id(resource.id.slice(2)),
    resource,
    waits_for: [],
    refers_to: {},
    approval: undefined,
    on_failure: usualOnFailure,
    ...change,
  }
}

const RESOURCES = ['Patient', 'Encounter', 'Observation', 'Condition', 'Practitioner', 'Bundle']

/** Nothing is forbidden and nobody is asked. */
export const GOVERNANCE: Governance = {
  profile: RESOURCES.map(resource => ({
    resource,
    operations: ['create', 'update', 'patch', 'retract'],
    source: 'a test',
    date: '2026-11-21',
    proof: 'verified',
  })),
  policy: undefined,
}

export const ON_FAILURE: OnFailure = {
  retry: { wait_ms_min: 1_000, wait_ms_max: 300_000, for_ms: 24 * 3_600_000 },
  order: 'patient',
  on_dead: 'continue',
}

export function routePlan(change: Partial<RoutePlan> = {}): RoutePlan {
  const bare = { name: 'chart', to: TARGET, when: undefined, write: undefined }
  return { ...bare, on_failure: ON_FAILURE, ...change }
}

export function targetPlan(change: Partial<TargetPlan> = {}): TargetPlan {
  return {
    name: TARGET,
    adapter: 'toy',
    config: {},
    environment: 'test',
    takes: 'resource',
    in_flight_max: 4,
    rate_per_second: undefined,
    on_unknown: 'verify',
    policy: undefined,
    ...change,
  }
}

export function channelPlan(change: Partial<ChannelPlan> = {}): ChannelPlan {
  return {
    tenant: TENANT,
    channel: CHANNEL,
    about: 'Admissions.',
    file: `channels/${TENANT}/${CHANNEL}.yaml`,
    source: { kind: 'toy', config: {} },
    environment: 'test',
    charset: undefined,
    accept: undefined,
    transform: { name: 'base', module: '/toy/base.ts' },
    match: 'all',
    routes: [routePlan()],
    on_failure: ON_FAILURE,
    ...change,
  }
}

export function tenantPlan(change: Partial<TenantPlan> = {}): TenantPlan {
  return {
    tenant: TENANT,
    name: 'Harbor',
    environment: 'test',
    time_zone: 'America/Los_Angeles',
    assigning_authorities: { HARBOR: 'urn:oid:2.999.1' },
    targets: [targetPlan()],
    channels: [channelPlan()],
    deployment: DEPLOYMENT,
    transforms: undefined,
    ...change,
  }
}

/** Maps in this process, by a function of the test. */
export interface ToyMapper extends Mapper {
  /** Modules and jobs in the order in which they were asked for. */
  readonly asked: readonly { readonly module: string; readonly job: MappingJob }[]
}

/** What a mapping of a test returns: its events, or why there are none. */
export type ToyResult =
  | { readonly events: readonly MappedEvent[]; readonly findings: readonly Finding[] }
  | { readonly code: Code; readonly facts: Facts }

/** As the mapping process finishes them. */
export function completed(result: ToyResult, { facts, origin }: MappingJob): MappingResult {
  if ('code' in result) return result
  const findings = [...origin.findings, ...result.findings]
  const made = complete({ ...result, findings }, { facts, origin })
  if ('code' in made) return made
  const events = made.events.map(({ text, ...event }) => ({ ...event, value: Buffer.from(text) }))
  return { events, findings: result.findings }
}

/** What comes of one raw record whose mapping returned these events. */
export function finished(events: readonly MappedEvent[], record: LogRecord): Made {
  const of = { record, tenant: TENANT, channel: CHANNEL, deployment: DEPLOYMENT }
  const received_at = record.headers.received_at ?? ''
  const facts = { ...of, raw_id: '', received_at, time_zone: 'UTC', assigning_authorities: {} }
  const origin = { ...record, deployment: DEPLOYMENT, findings: [] }
  const made = completed({ events, findings: [] }, { raw: record.value, facts, origin })
  return 'code' in made ? { code: 'event_invalid', facts: made.facts } : madeOf(made.events, of)
}

export function toyMapper(map: (job: MappingJob) => ToyResult): ToyMapper {
  const asked: { module: string; job: MappingJob }[] = []
  return {
    asked,
    async map(module, jobs) {
      asked.push(...jobs.map(job => ({ module, job })))
      return jobs.map(job => completed(map(job), job))
    },
    close: async () => {},
  }
}

/** One deployment for every record, with this mapper. */
export function fixedEditions(plan: TenantPlan, mapper: Mapper): Editions {
  return { use: (_deployment, work) => work({ plan, mapper }), planOf: async () => plan }
}

/** Hears every signal. */
export interface Ears extends Signals {
  readonly said: readonly { level: SignalLevel; what: string; facts: Facts }[]
  /** Of a counter, over all of its labels that hold these. */
  total(name: string, labels?: Readonly<Record<string, string>>): number
}

export function ears(): Ears {
  const said: { level: SignalLevel; what: string; facts: Facts }[] = []
  const counted: { name: string; labels: Readonly<Record<string, string>>; by: number }[] = []
  return {
    said,
    say: (level, what, facts = {}) => void said.push({ level, what, facts }),
    count: (name, labels, by = 1) => void counted.push({ name, labels, by }),
    total: (name, labels = {}) =>
      counted
        .filter(one => one.name === name)
        .filter(one => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, { by }) => sum + by, 0),
  }
}
