// Station 8: what a target shows of a write, in four words: the same, something else, nothing, no
// answer.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verify } from '../../src/path/8_verify.ts'
import { answer, handClock, openStore, toyChart, toySteps } from './rooms.ts'
import { writeIntent } from './toy.ts'

const row = (intent = writeIntent()) => ({
  intent,
  state: 'committed' as const,
  content: 'c',
  approvers: 0,
  revision: 0,
  attempts: 0,
  due_at_ms: 0,
  lease_until_ms: 0,
  epoch: 1,
  first_at_ms: 0,
  changed_at_ms: 0,
  reason: undefined,
  facts: {},
  target_id: undefined,
  target_version: undefined,
})

describe('verify', () => {
  it('says the same where the target shows what was written (K01)', async t => {
    const chart = toyChart()
    const context = {
      steps: toySteps,
      transport: chart,
      store: await openStore(t),
      clock: handClock(),
    }
    const written = row()
    chart.held.set(`Patient/${written.intent.resource_id}`, JSON.stringify(written.intent.resource))
    const shown = await verify(written, undefined, context)
    assert.equal(shown.kind, 'same')
    assert.deepEqual(
      chart.calls.map(({ method }) => method),
      ['GET'],
    )
  })

  it('says differs with the paths where it shows something else (K06)', async t => {
    const chart = toyChart()
    const context = {
      steps: toySteps,
      transport: chart,
      store: await openStore(t),
      clock: handClock(),
    }
    const written = row()
    chart.held.set(`Patient/${written.intent.resource_id}`, '{}')
    const shown = await verify(written, undefined, context)
    assert.equal(shown.kind, 'differs')
    assert.deepEqual(shown.verdict.facts, { paths: 'Patient' })
  })

  it('says absent where it shows nothing (K09)', async t => {
    const context = {
      steps: toySteps,
      transport: toyChart(),
      store: await openStore(t),
      clock: handClock(),
    }
    assert.equal((await verify(row(), undefined, context)).kind, 'absent')
  })

  it('says unanswered where the question itself failed, and never takes that for absence (F14)', async t => {
    const store = await openStore(t)
    const failures = [
      answer(503),
      answer(401),
      answer(429),
      { kind: 'no_answer', code: 'target_answer_unknown', facts: {} },
      { kind: 'not_sent', code: 'target_down', facts: {} },
    ] as const
    for (const failure of failures) {
      const chart = toyChart()
      chart.behave = () => failure
      const context = { steps: toySteps, transport: chart, store, clock: handClock() }
      assert.equal((await verify(row(), undefined, context)).kind, 'unanswered')
    }
  })

  it('hands the adapter the id at the target where it is known', async t => {
    const asked: (string | undefined)[] = []
    const steps = {
      ...toySteps,
      verify: (input: Parameters<typeof toySteps.verify>[0]) => {
        asked.push(input.target_id)
        return toySteps.verify(input)
      },
    }
    const context = { steps, transport: toyChart(), store: await openStore(t), clock: handClock() }
    await verify(row(), '77', context)
    assert.deepEqual([...new Set(asked)], ['77'])
  })
})
