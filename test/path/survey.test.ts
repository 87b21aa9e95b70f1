// A survey beside the work: nothing waits for it, its remarks are kept, and a target that says that
// it is another one is sent nothing until it says otherwise.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import type { Answer, Call } from '../../src/model/intent.ts'
import type { Surveyed } from '../../src/model/rooms.ts'
import { openSurvey } from '../../src/path/survey.ts'
import { ManualClock, settled } from '../peers/manual_clock.ts'

const ask = { kind: 'http', method: 'GET', path: 'metadata', headers: {}, body: undefined } as const
const question: Call = { ...ask, changes: false }
const write: Call = { ...ask, method: 'PUT', path: 'Patient/1', changes: true }
const OK: Answer = { kind: 'answer', status: 200, headers: {}, body: '' }
const patience = () => new AbortController().signal

function world(script: (Surveyed | Promise<Surveyed>)[]) {
  const clock = new ManualClock()
  const carried: Call[] = []
  const said: unknown[] = []
  const transport = {
    async call(call: Call) {
      carried.push(call)
      if (call === question) next = await script.shift()
      return OK
    },
    close: async () => {},
  }
  let next: Surveyed | undefined
  const read = () => next ?? { answered: false, remarks: [] }
  const survey = openSurvey(
    { call: question, read },
    {
      ...{ tenant: 'north', target: 'chart', transport, clock, random: seededRandom(1) },
      signals: { say: (...line) => said.push(line), count: () => {} },
      onBug: cause => assert.fail(String(cause)),
    },
  )
  const asked = () => carried.filter(call => call === question).length
  return { survey, clock, asked, carried, said }
}

test('nothing waits for a survey', async () => {
  const { survey, asked } = world([new Promise<Surveyed>(() => {})])
  assert.deepEqual(await survey.transport.call(write, patience()), OK)
  assert.deepEqual(survey.remarks, [])
  assert.equal(asked(), 1)
})

test('remarks are kept and said once, and asked for again after a day', async () => {
  const said: Surveyed = { answered: true, remarks: ['It does not.'] }
  const { survey, clock, asked, said: lines } = world([said, said])
  await settled()
  assert.deepEqual(survey.remarks, ['It does not.'])
  await clock.pass(3_600_000)
  assert.equal(asked(), 1)
  await clock.pass(86_400_000)
  assert.equal(asked(), 2)
  assert.equal(lines.length, 1)
  await survey.close()
})

test('a target that did not answer is asked again soon, at growing distances', async () => {
  const { survey, clock, asked } = world([])
  await settled()
  await clock.pass(60_000)
  assert.equal(asked(), 2)
  await clock.pass(3_600_000)
  assert.ok(asked() > 4 && asked() < 20, String(asked()))
  await survey.close()
  const before = asked()
  await clock.pass(86_400_000)
  assert.equal(asked(), before)
})

test('a target that is another one is sent nothing, until it says otherwise', async () => {
  const refuses = { code: 'target_misconfigured', facts: { fhir_version: '3.0.2' } } as const
  const { survey, clock, carried } = world([
    { answered: true, remarks: ['It speaks another version.'], refuses },
    { answered: false, remarks: [] },
    { answered: true, remarks: [] },
  ])
  await settled()
  const refused = { kind: 'not_sent', ...refuses }
  assert.deepEqual(await survey.transport.call(write, patience()), refused)
  await clock.pass(60_000)
  assert.deepEqual(await survey.transport.call(write, patience()), refused, 'silence is no word')
  assert.equal(carried.includes(write), false)
  await clock.pass(600_000)
  assert.deepEqual(await survey.transport.call(write, patience()), OK)
  assert.deepEqual(survey.remarks, [])
  await survey.close()
})

test('an adapter without a question asks nothing', async () => {
  const transport = { call: async () => OK, close: async () => {} }
  const survey = openSurvey(undefined, {
    ...{ tenant: 'north', target: 'chart', transport },
    ...{ clock: new ManualClock(), random: seededRandom(1) },
    signals: { say: () => {}, count: () => {} },
    onBug: cause => assert.fail(String(cause)),
  })
  assert.equal(survey.transport, transport)
  assert.deepEqual(survey.remarks, [])
  await survey.close()
})
