// Synthetic intents and answers for the tests of the FHIR adapter.
import type { Answer, StepInput, WriteIntent } from '../../../src/model/intent.ts'
import { CANARY } from '../../contract/adapter.contract.ts'

export const mrn = { system: 'urn:oid:1.2.3', value: CANARY }

export const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ ...mrn, type: { text: 'MR' } }],
  name: [{ family: CANARY, given: ['Ada', 'B'] }],
  birthDate: '1970-01-01',
}

export const encounter = {
  resourceType: 'Encounter',
  id: 'e1',
  identifier: [{ system: 'urn:oid:1.2.4', value: `${CANARY}V` }],
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: 'Patient/p1', display: 'x' },
  period: { start: '2026-01-02T03:04:05-06:00' },
}

export function intentOf(
  resource: typeof patient | typeof encounter,
  change: Partial<WriteIntent> = {},
): WriteIntent {
  const [first] = resource.identifier
  return {
    intent_id: `intent_${resource.id}`,
    tenant: 'north',
    target: 'chart',
    route: 'chart',
    event_id: 'event',
    event_kind: 'patient.admitted',
    raw_id: 'raw',
    deployment: 'd1',
    key: 'k',
    sequence: 1,
    ordinal: 0,
    operation: 'update',
    resource_type: resource.resourceType,
    resource_id: resource.id,
    identifier: first && { system: first.system, value: first.value },
    resource,
    waits_for: [],
    ...change,
  }
}

export const inputOf = (
  resource: typeof patient | typeof encounter,
  change: Partial<WriteIntent> = {},
  known: StepInput['known'] = {},
): Omit<StepInput, 'answers'> => ({ intent: intentOf(resource, change), known })

export const answer = (
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  kind: 'answer',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

export const bundle = (...resources: readonly unknown[]) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map(resource => ({ resource })),
})

export const outcome = (code: string, more: object = {}) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, ...more }],
})
