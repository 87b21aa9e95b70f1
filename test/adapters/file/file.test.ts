// The file adapter: the contract of adapters, names, contents, and what a file that stands means.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { file } from '../../../adapters/file/file.ts'
import { fileName } from '../../../adapters/file/name.ts'
import { controlIdOf } from '../../../src/codecs/hl7v2/outbound/message.ts'
import type { Answer, WriteIntent } from '../../../src/model/intent.ts'
import { intentOf, settings } from '../../codecs/hl7v2/outbound/samples.ts'
import { adapterContract, CANARY } from '../../contract/adapter.contract.ts'
import { canonicalEvent, patient, writeIntent } from '../../path/toy.ts'

const config = {
  folder: '/nowhere',
  mode: '640',
  per: 'event',
  name: '{kind}_{intent_id}.{extension}',
  taken_away: false,
} as const
const forwarding = { ...config, hl7v2: { ...settings, message: 'forward' } } as const

const CAME = Buffer.from(`MSH|^~\\&|A|B|C|D|20260101||ADT^A01|${CANARY}|P|2.5\rPID|1||${CANARY}\r`)
const whole = intentOf(canonicalEvent(), 'event')
const forwarded = intentOf(canonicalEvent(), 'message', CAME)
const single = writeIntent({ resource: { ...patient('M1'), note: CANARY } })

const answers = fc.constantFrom<Answer>(
  { kind: 'file', found: 'made' },
  { kind: 'file', found: 'same' },
  { kind: 'file', found: 'other' },
  { kind: 'file', found: 'absent' },
  { kind: 'not_sent', code: 'target_down', facts: { error: 'ENOSPC' } },
  { kind: 'not_sent', code: 'target_misconfigured', facts: { error: 'EACCES' } },
  { kind: 'no_answer', code: 'target_answer_unknown', facts: { error: 'EIO' } },
)

adapterContract({
  room: file,
  config,
  inputs: [whole, single].map(intent => ({ intent, known: {} })),
  answers,
  reaches: ['ok', 'already_applied', 'conflict', 'config', 'target_down', 'unknown'],
})
adapterContract({
  room: file,
  config: { ...forwarding, taken_away: true },
  inputs: [{ intent: forwarded, known: {} }],
  answers,
})

function callOf(intent: WriteIntent, of: Parameters<typeof file.steps>[0] = config) {
  const step = file.steps(of).deliver({ intent, answers: [], known: {} })
  assert.ok('call' in step && step.call.kind === 'file')
  return { ...step.call, text: Buffer.from(step.call.bytes).toString('utf8') }
}

describe('a file', () => {
  it('holds the event as JSON, the same on every try', () => {
    const { text, name, changes } = callOf(whole)
    const event = canonicalEvent()
    const held = JSON.parse(text)
    assert.deepEqual(held.resources, { ...event.resources, id: event.id })
    assert.deepEqual(
      [held.id, held.kind, held.occurred_at, held.patient, held.source],
      [event.id, event.kind, event.occurred_at, event.patient, event.source],
    )
    assert.equal(name, `patient.admitted_${whole.intent_id}.json`)
    assert.equal(changes, true)
    assert.equal(callOf(whole).text, text)
  })

  it('holds a message that is forwarded or built, or one resource', () => {
    const came = callOf(forwarded, forwarding)
    assert.equal(
      came.text,
      CAME.toString().replace(`A01|${CANARY}`, `A01|${controlIdOf(forwarded)}`),
    )
    assert.match(came.name, /\.hl7$/)
    assert.match(callOf(whole, { ...config, hl7v2: settings }).text, /^MSH\|.*\rEVN\|A01\|/)
    assert.deepEqual(
      JSON.parse(callOf(single, { ...config, per: 'resource' }).text),
      single.resource,
    )
  })

  it('is named by its template, of which nothing leads out of the folder', () => {
    const template = '{tenant}-{channel}.{type}.{time}.{event_id}.{control_id}.{extension}'
    const at = Date.parse(canonicalEvent().occurred_at)
    const time = new Date(at).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
    assert.equal(
      fileName(template, whole, 'hl7'),
      `north-adt.Bundle.${time}.event1.${controlIdOf(whole)}.hl7`.replace(
        'north-adt',
        `${whole.tenant}-${whole.channel}`,
      ),
    )
    const odd = { ...whole, event_id: '../../etc/passwd', event_kind: '..' } as WriteIntent
    assert.equal(fileName('{event_id}', odd, 'hl7'), '_.._etc_passwd')
    assert.equal(fileName('{kind}{event_id}', odd, 'x').startsWith('.'), false)
    assert.ok(fileName('{event_id}', { ...whole, event_id: 'x'.repeat(999) }, 'x').length <= 200)
  })
})

describe('what stands in the folder', () => {
  const seen = (answer: Answer, change: object = {}, target_id: string | undefined = 'known') => {
    const steps = file.steps({ ...config, ...change })
    const call = { kind: 'file', name: 'x', bytes: CAME, changes: false } as const
    const input = { intent: whole, answers: [{ call, answer }], known: {} }
    const verify = steps.verify({ ...input, target_id })
    const deliver = steps.deliver(input)
    assert.ok('verdict' in verify && 'verdict' in deliver)
    return [deliver.verdict.outcome, verify.verdict.outcome, verify.verdict.code]
  }

  it('is proof where it is the same, and a conflict where it is not', () => {
    assert.deepEqual(seen({ kind: 'file', found: 'same' }), ['already_applied', 'ok', undefined])
    assert.deepEqual(seen({ kind: 'file', found: 'other' }), [
      'conflict',
      'conflict',
      'target_mismatch',
    ])
    assert.equal(seen({ kind: 'file', found: 'absent' })[2], 'target_absent')
  })

  it('may be taken away where that is agreed, but only what was known to stand there', () => {
    const absent: Answer = { kind: 'file', found: 'absent' }
    assert.equal(seen(absent, { taken_away: true })[1], 'ok')
    const steps = file.steps({ ...config, taken_away: true })
    const call = { kind: 'file', name: 'x', bytes: CAME, changes: false } as const
    const never = { intent: whole, answers: [{ call, answer: absent }], known: {} }
    const step = steps.verify({ ...never, target_id: undefined })
    assert.equal('verdict' in step && step.verdict.code, 'target_absent')
    assert.equal(file.proof?.({ ...config, taken_away: true }), 'answer')
    assert.equal(file.proof?.(config), 'read')
  })
})

describe('settings of files', () => {
  const paths = (change: object) => file.lint?.({ ...config, ...change }).map(({ path }) => path)

  it('name what is known in braces, and something that no other write has', () => {
    assert.deepEqual(paths({}), [])
    assert.deepEqual(paths({ name: '{control_id}.hl7' }), [])
    assert.deepEqual(paths({ name: '{patient}_{intent_id}' }), ['/name'])
    assert.deepEqual(paths({ name: '{intent_id' }), ['/name', '/name'])
    assert.deepEqual(paths({ name: '{kind}_{event_id}' }), ['/name'])
  })

  it('put no single resource into a message, and judge what is set in it', () => {
    assert.deepEqual(paths({ per: 'resource' }), [])
    assert.deepEqual(paths({ per: 'resource', hl7v2: settings }), ['/per'])
    assert.deepEqual(paths({ hl7v2: { ...settings, remove: ['MSH'] } }), ['/hl7v2/remove/0'])
    assert.equal(file.takes?.({ ...config, per: 'resource' }), 'resource')
    assert.equal(file.takes?.(config), 'event')
    assert.equal(file.takes?.(forwarding), 'message')
  })
})
