// The HL7 v2 adapter: the contract of adapters, what each acknowledgement means, and its settings.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hl7v2 } from '../../../adapters/hl7v2/hl7v2.ts'
import type { Answer, WriteIntent } from '../../../src/model/intent.ts'
import { limits } from '../../../src/model/limits.ts'
import { intentOf } from '../../codecs/hl7v2/outbound/samples.ts'
import { adapterContract, CANARY } from '../../contract/adapter.contract.ts'
import { canonicalEvent } from '../../path/toy.ts'

const config = {
  host: '127.0.0.1',
  port: 6661,
  acknowledgement: 'first',
  connection: 'kept',
  connections_max: 1,
  connect_ms_max: 1_000,
  answer_ms_max: limits.call_ms_max,
  answer_bytes_max: 1_048_576,
  idle_ms_max: 60_000,
  message: 'forward',
  charset: 'utf-8',
  assigning_authorities: {},
  set: {},
  remove: [],
  retry_errors: ['206', '207'],
} as const

const CAME = Buffer.from(
  `MSH|^~\\&|A|B|C|D|20260101||ADT^A01|${CANARY}|P|2.5\rPID|1||${CANARY}||${CANARY}\r`,
)
const forwarded = intentOf(canonicalEvent(), 'message', CAME)
const built = intentOf(canonicalEvent(), 'event')
const gone: WriteIntent = { ...forwarded, event: { ...canonicalEvent(), message: null } }
const canonical = { ...forwarded, event: { ...canonicalEvent(), message: CAME.toString('latin1') } }

const acks = ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] as const
const errors = [
  '',
  `ERR|${CANARY}`,
  `ERR||PID^1^5^1^1|207^${CANARY}^HL70357|E|||${CANARY}|${CANARY}`,
  `ERR||${CANARY}^1|${CANARY}|E`,
  'ERR|PID^1^5^101&Required field missing&HL70357',
  'ERR|||206',
]
const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    kind: fc.constant('ack' as const),
    code: fc.constantFrom(...acks),
    err: fc.constantFrom(...errors),
  }),
  fc.constantFrom<Answer>(
    { kind: 'not_sent', code: 'target_down', facts: { why: 'ECONNREFUSED' } },
    { kind: 'not_sent', code: 'target_auth', facts: {} },
    { kind: 'not_sent', code: 'target_misconfigured', facts: {} },
    { kind: 'not_sent', code: 'sender_full', facts: {} },
    { kind: 'no_answer', code: 'target_answer_unknown', facts: { why: 'closed' } },
  ),
)

adapterContract({
  room: hl7v2,
  config,
  inputs: [forwarded, canonical, gone].map(intent => ({ intent, known: {} })),
  answers,
  reaches: ['ok', 'fix', 'transient', 'auth', 'config', 'target_down', 'unknown', 'throttled'],
})
adapterContract({
  room: hl7v2,
  config: { ...config, message: 'build' },
  inputs: [{ intent: built, known: {} }],
  answers,
})

const steps = hl7v2.steps(config)

function verdictOn(answer: Answer) {
  const first = steps.deliver({ intent: forwarded, answers: [], known: {} })
  assert.ok('call' in first)
  const step = steps.deliver({
    intent: forwarded,
    answers: [{ call: first.call, answer }],
    known: {},
  })
  assert.ok('verdict' in step)
  return step.verdict
}

const ack = (code: (typeof acks)[number], err = ''): Answer => ({ kind: 'ack', code, err })

describe('an acknowledgement', () => {
  it('of the application is proof, one of custody is not', () => {
    const proof = (code: 'AA' | 'CA') => {
      const { outcome, target_id } = verdictOn(ack(code))
      assert.equal(outcome, 'ok')
      const step = steps.verify({ intent: forwarded, answers: [], known: {}, target_id })
      assert.ok('verdict' in step)
      return step.verdict.outcome
    }
    assert.equal(proof('AA'), 'ok')
    assert.equal(proof('CA'), 'transient')
  })

  it('that refuses makes a dead letter, with the code and the place of the error', () => {
    for (const code of ['AE', 'AR', 'CE', 'CR'] as const) {
      assert.equal(verdictOn(ack(code)).outcome, 'fix')
    }
    assert.deepEqual(verdictOn(ack('AE', 'ERR||PID^1^5^1^2|101^Required^HL70357|E')), {
      outcome: 'fix',
      code: 'target_refused',
      facts: { acknowledged: 'AE', error: '101', path: 'PID-5.2' },
    })
    assert.deepEqual(verdictOn(ack('AR', 'ERR|OBX^3^5^102&Data type error&HL70357')).facts, {
      acknowledged: 'AR',
      error: '102',
      path: 'OBX[3]-5',
    })
  })

  it('of a far end that was not able to is tried again, as it is set', () => {
    assert.equal(verdictOn(ack('AE', 'ERR|||207^Internal error|E')).outcome, 'transient')
    assert.equal(verdictOn(ack('AR', 'ERR|||206')).outcome, 'transient')
    const strict = hl7v2.steps({ ...config, retry_errors: [] })
    const call = { kind: 'mllp', bytes: CAME, changes: true } as const
    const step = strict.deliver({
      intent: forwarded,
      answers: [{ call, answer: ack('AE', 'ERR|||207') }],
      known: {},
    })
    assert.equal('verdict' in step && step.verdict.outcome, 'fix')
  })

  it('that never came leaves the end open', () => {
    const facts = { why: 'no answer in time' }
    const verdict = verdictOn({ kind: 'no_answer', code: 'target_answer_unknown', facts })
    assert.deepEqual(verdict, { outcome: 'unknown', code: 'target_answer_unknown', facts })
  })
})

describe('the HL7 v2 adapter', () => {
  it('sends the same bytes on every try', () => {
    const bytes = () => {
      const step = steps.deliver({ intent: forwarded, answers: [], known: {} })
      return 'call' in step && step.call.kind === 'mllp' && Buffer.from(step.call.bytes)
    }
    assert.deepEqual(bytes(), bytes())
  })

  it('takes messages to forward, and events to build of', () => {
    assert.equal(hl7v2.takes?.(config), 'message')
    assert.equal(hl7v2.takes?.({ ...config, message: 'build' }), 'event')
  })

  it('hands its transport what that knows, and no more', () => {
    assert.deepEqual(Object.keys(hl7v2.transportConfig(config)).sort(), [
      'acknowledgement',
      'answer_bytes_max',
      'answer_ms_max',
      'connect_ms_max',
      'connection',
      'connections_max',
      'host',
      'idle_ms_max',
      'port',
    ])
  })

  it('finds a certificate without its key, and paths that are none', () => {
    const paths = (change: object) => hl7v2.lint?.({ ...config, ...change }).map(({ path }) => path)
    assert.deepEqual(paths({}), [])
    assert.deepEqual(paths({ tls: { certificate: 'c' } }), ['/tls'])
    assert.deepEqual(paths({ set: { 'PID-': 'x' }, remove: ['MSH'] }), ['/set/PID-', '/remove/0'])
    const tls = { ca: 'ca.pem', key: '-----BEGIN PRIVATE KEY-----' }
    assert.deepEqual(hl7v2.files?.({ ...config, tls: { ...tls, min_version: 'TLSv1.2' } }), [
      { path: '/tls/ca', file: 'ca.pem' },
    ])
  })
})
