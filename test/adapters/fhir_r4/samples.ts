// Synthetic intents and answers for the tests of the FHIR adapter, and its conversations by script.
import assert from 'node:assert/strict'
import { fhir_r4 } from '../../../adapters/fhir_r4/fhir_r4.ts'
import {
  type Answer,
  type Call,
  type HttpCall,
  type StepInput,
  usualOnFailure,
  type Verdict,
  type WriteIntent,
} from '../../../src/model/intent.ts'
import { CANARY, converse } from '../../contract/adapter.contract.ts'

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
    channel: 'adt',
    traceparent: '',
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
    refers_to: {},
    approval: undefined,
    on_failure: usualOnFailure,
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

export const config = {
  base_url: 'http://127.0.0.1:1/fhir',
  connections_max: 1,
  connect_ms_max: 1,
  call_ms_max: 1,
  answer_bytes_max: 1024,
}
const steps = fhir_r4.steps(config)

type Input = Omit<StepInput, 'answers'>

function scripted(script: Answer[]): (call: Call) => Answer {
  return call => {
    const { method, path } = asHttp(call)
    return script.shift() ?? assert.fail(`an unexpected call: ${method} ${path}`)
  }
}

export function asHttp(call: Call): HttpCall {
  assert.ok(call.kind === 'http')
  return call
}

/** Runs a delivery against answers in turn; one too few or too many fails the test. */
export async function deliver(input: Input, ...script: Answer[]) {
  const result = await converse(answers => steps.deliver({ ...input, answers }), scripted(script))
  assert.equal(script.length, 0, 'answers are left over')
  return { ...result, calls: result.calls.map(asHttp) }
}

export async function verify(
  input: Input,
  target_id: string | undefined,
  ...script: Answer[]
): Promise<Verdict> {
  const { verdict } = await converse(
    answers => steps.verify({ ...input, answers, target_id }),
    scripted(script),
  )
  return verdict
}

const { id: _, ...elements } = patient
/** The patient without our id: what is sent. */
export const content = elements

/** The patient as the target holds him. */
export const theirs = (change: object = {}, version = '3') => ({
  ...content,
  id: '7',
  meta: { versionId: version, lastUpdated: '2026-01-01T00:00:00Z' },
  ...change,
})
