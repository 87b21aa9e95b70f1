// One conversation: the adapter says the next call, the transport carries it, within named limits.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BusinessId } from '../../src/model/event.ts'
import type { Answer, Call, HttpCall, StepInput } from '../../src/model/intent.ts'
import { limits } from '../../src/model/limits.ts'
import type { OpenTransport } from '../../src/model/rooms.ts'
import { converse } from '../../src/path/converse.ts'
import { answer, handClock, toySteps } from './rooms.ts'
import { encounter, writeIntent } from './toy.ts'

const get: HttpCall = {
  kind: 'http',
  method: 'GET',
  path: 'x',
  headers: {},
  body: undefined,
  changes: false,
}
const put: HttpCall = { ...get, method: 'PUT', changes: true }
const done = { outcome: 'ok', code: undefined, facts: {} } as const

function world(call: OpenTransport['call'] = async () => answer(200)) {
  const clock = handClock()
  const asked: (readonly string[])[] = []
  const names: Record<string, BusinessId> = {}
  const calls: { call: Call; signal: AbortSignal }[] = []
  const context = {
    steps: toySteps,
    clock,
    transport: {
      call: (one: Call, signal: AbortSignal) => {
        calls.push({ call: one, signal })
        return call(one, signal)
      },
      close: async () => {},
    },
    store: {
      async known(_of: unknown, canonical: readonly string[]) {
        asked.push(canonical)
        return { ids: { 'Patient/p-M1': '77' }, names }
      },
    },
  }
  return { clock, asked, calls, context, names }
}

describe('converse', () => {
  it('makes no call where the adapter knows the end at once', async () => {
    const { context, calls } = world()
    assert.equal(await converse(writeIntent(), context, () => ({ verdict: done })), done)
    assert.equal(calls.length, 0)
  })

  it('hands each step all answers so far, oldest first', async () => {
    const answers = [answer(404), answer(201)]
    const { context, calls } = world(async () => answers[calls.length - 1] as Answer)
    const seen: StepInput['answers'][] = []
    await converse(writeIntent(), context, input => {
      seen.push([...input.answers])
      return input.answers.length < 2
        ? { call: [get, put][input.answers.length] as Call }
        : { verdict: done }
    })
    assert.deepEqual(seen, [
      [],
      [{ call: get, answer: answers[0] }],
      [
        { call: get, answer: answers[0] },
        { call: put, answer: answers[1] },
      ],
    ])
  })

  it('looks up the resource itself and all that it refers to, each once', async () => {
    const { context, asked } = world()
    const intent = writeIntent({ resource: encounter() })
    let known: StepInput['known'] = {}
    await converse(intent, context, input => {
      known = input.known
      return { verdict: done }
    })
    assert.deepEqual(asked, [['Encounter/e-V1', 'Patient/p-M1']])
    assert.deepEqual(known, { 'Patient/p-M1': '77' })
  })

  it('lets an adapter judge the answer to the last call that it may make', async () => {
    const { context, calls } = world()
    const verdict = await converse(writeIntent(), context, ({ answers }) =>
      answers.length < limits.adapter_steps_max ? { call: put } : { verdict: done },
    )
    assert.equal(verdict, done)
    assert.equal(calls.length, limits.adapter_steps_max)
  })

  it('ends an adapter that never comes to an end, as what it is', async () => {
    const { context, calls } = world()
    const verdict = await converse(writeIntent(), context, () => ({ call: get }))
    assert.equal(verdict.outcome, 'fix')
    assert.equal(verdict.code, 'adapter_failed')
    assert.equal(calls.length, limits.adapter_steps_max)
  })

  it('makes no call after its time, and says whether something may have landed', async () => {
    for (const [call, outcome] of [
      [get, 'transient'],
      [put, 'unknown'],
    ] as const) {
      const { context, calls, clock } = world(async () => {
        await clock.wind(limits.conversation_ms_max / 2)
        return answer(200)
      })
      const verdict = await converse(writeIntent(), context, () => ({ call }))
      assert.equal(verdict.outcome, outcome)
      assert.equal(calls.length, 2)
    }
  })

  it('turns an adapter that throws into a failure of its intent, without its words (G9)', async () => {
    const { context } = world()
    const verdict = await converse(writeIntent(), context, () => {
      throw new TypeError('CANARY')
    })
    assert.equal(verdict.outcome, 'fix')
    assert.equal(verdict.code, 'adapter_failed')
    assert.deepEqual(verdict.facts, { error: 'TypeError', steps: 0 })
  })

  it('believes that a change may have landed where the adapter throws at its answer (F14)', async () => {
    const { context } = world()
    const verdict = await converse(writeIntent(), context, ({ answers }) => {
      if (answers.length > 0) throw new TypeError('CANARY')
      return { call: put }
    })
    assert.equal(verdict.outcome, 'unknown')
    assert.equal(verdict.code, 'adapter_failed')
  })

  it('gives each call a signal that is not aborted yet', async () => {
    const { context, calls } = world()
    await converse(writeIntent(), context, ({ answers }) =>
      answers.length < 2 ? { call: get } : { verdict: done },
    )
    assert.deepEqual(
      calls.map(({ signal }) => signal.aborted),
      [false, false],
    )
  })
})
