// What every adapter promises, as tests: pure steps, an end for every answer, nothing of the
// patient in URLs or verdicts. Run for each row of the table; an adapter's own protocol has tests
// of its own.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AnyAdapter } from '../../src/declare/room.ts'
import { catalogue, type Outcome } from '../../src/model/errors.ts'
import type { Answer, Call, Step, StepInput, Verdict } from '../../src/model/intent.ts'
import { limits } from '../../src/model/limits.ts'
import type { AdapterSteps } from '../../src/model/rooms.ts'

export interface AdapterUnderTest {
  readonly room: AnyAdapter
  readonly config: Readonly<Record<string, unknown>>
  /** Their patient data holds the token `CANARY`. */
  readonly inputs: readonly Omit<StepInput, 'answers'>[]
  /** What its far end may answer; absent: what an HTTP server may. */
  readonly answers?: fc.Arbitrary<Answer>
  /** Outcomes that it has for some answer; absent: none is looked for. */
  readonly reaches?: readonly Outcome[]
}

/** Every word of the design's table of outcomes (section 7). */
export const allOutcomes: readonly Outcome[] = [
  ...(['ok', 'already_applied', 'fix', 'conflict', 'denied', 'throttled', 'transient'] as const),
  ...(['missing_dependency', 'auth', 'config', 'target_down', 'unknown'] as const),
]

export const CANARY = 'CANARY7f3a'

/** Lets an adapter talk to a scripted far end until it comes to a verdict. */
export async function converse(
  next: (answers: StepInput['answers']) => Step,
  far_end: (call: Call) => Answer | Promise<Answer>,
): Promise<{ verdict: Verdict; calls: readonly Call[] }> {
  const answers: { call: Call; answer: Answer }[] = []
  while (answers.length <= limits.adapter_steps_max) {
    const step = next(answers)
    if ('verdict' in step) return { verdict: step.verdict, calls: answers.map(one => one.call) }
    answers.push({ call: step.call, answer: await far_end(step.call) })
  }
  return assert.fail('no verdict within adapter_steps_max')
}

const statuses = [
  ...[0, 100, 200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 406, 408, 409],
  ...[410, 412, 413, 415, 418, 422, 423, 425, 428, 429, 500, 501, 502, 503, 504, 507, 599],
]
const bodies = [
  '',
  'null',
  '[]',
  '"text"',
  '{',
  `<html>${CANARY}</html>`,
  '{"resourceType":"OperationOutcome"}',
  `{"resourceType":"OperationOutcome","issue":[null,{"code":"${CANARY}"}]}`,
  `{"resourceType":"OperationOutcome","issue":[{"diagnostics":"${CANARY}"}]}`,
  `{"resourceType":"OperationOutcome","issue":[{"code":"required","expression":["Patient.name"]}]}`,
  `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"${CANARY}"}]}`,
  `{"resourceType":"CapabilityStatement","fhirVersion":"${CANARY}","rest":[{"mode":"${CANARY}"}]}`,
  '{"resourceType":"CapabilityStatement","fhirVersion":"3.0.2"}',
  '{"resourceType":"Bundle"}',
  '{"resourceType":"Bundle","entry":[null,{},{"resource":null}]}',
  '{"resourceType":"Patient"}',
  '{"resourceType":"Patient","id":"1","identifier":"odd","meta":"odd"}',
]
const httpAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    status: fc.constantFrom(...statuses),
    headers: fc.constantFrom(
      {},
      { etag: 'W/"3"' },
      { etag: '3' },
      { location: 'Patient/9' },
      { 'retry-after': '7' },
      { 'retry-after': 'soon' },
    ),
    body: fc.constantFrom(...bodies),
  }),
  fc.constantFrom<Answer>(
    { kind: 'not_sent', code: 'target_down', facts: { error: 'ECONNREFUSED' } },
    { kind: 'no_answer', code: 'target_answer_unknown', facts: { error: 'timeout' } },
    { kind: 'no_answer', code: 'target_answer_too_large', facts: {} },
  ),
)

/** Whether a call with this answer may have landed: then the target has to be looked at. */
function leavesOpen(answer: Answer): boolean {
  if (answer.kind === 'no_answer') return true
  return answer.kind === 'answer' && answer.status >= 500 && answer.status !== 503
}

/** Where a call goes, as far end and proxies write it down. */
function placeOf(call: Call): string {
  if (call.kind === 'http') return call.path
  return call.kind === 'file' ? call.name : ''
}

export function adapterContract(under: AdapterUnderTest): void {
  const { room, config, inputs, answers: someAnswer = httpAnswer, reaches = [] } = under
  const long = limits.adapter_steps_max + 1
  const scripts = fc.array(someAnswer, { minLength: long, maxLength: long })
  const steps: AdapterSteps = room.steps(config)
  const ways = inputs.flatMap(input => [
    (answers: StepInput['answers']) => steps.deliver({ ...input, answers }),
    (answers: StepInput['answers']) => steps.verify({ ...input, answers, target_id: '1' }),
    (answers: StepInput['answers']) => steps.verify({ ...input, answers, target_id: undefined }),
  ])

  describe(`adapter contract: ${room.kind}`, () => {
    it('comes to a verdict of the catalogue within its steps, whatever is answered', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ways), scripts, async (next, script) => {
          let n = 0
          const { verdict } = await converse(next, () => script[n++] as Answer)
          if (verdict.code === undefined) {
            assert.ok(verdict.outcome === 'ok' || verdict.outcome === 'already_applied')
          } else assert.equal(verdict.outcome, catalogue[verdict.code].outcome)
          if (verdict.wait_ms !== undefined) assert.ok(verdict.wait_ms >= 0)
        }),
        { numRuns: 2_000 },
      )
    })

    it('puts nothing of the patient into a path or a verdict', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ways), scripts, async (next, script) => {
          let n = 0
          const { verdict, calls } = await converse(next, () => script[n++] as Answer)
          assert.ok(!JSON.stringify(verdict).includes(CANARY))
          for (const call of calls) assert.ok(!placeOf(call).includes(CANARY))
        }),
        { numRuns: 1_000 },
      )
    })

    it('asks the same for the same answers, and says which calls change something', () => {
      for (const next of ways) {
        const first = next([])
        assert.deepEqual(next([]), first)
        if (!('call' in first)) continue
        const { call } = first
        if (call.kind === 'http' && call.method === 'GET') assert.equal(call.changes, false)
      }
    })

    it('never takes a change whose end is unknown for done, nor for undone', async () => {
      for (const next of ways) {
        const { verdict, calls } = await converse(next, call =>
          call.changes
            ? { kind: 'no_answer', code: 'target_answer_unknown', facts: { error: 'timeout' } }
            : nothingThere,
        )
        if (calls.at(-1)?.changes) assert.equal(verdict.outcome, 'unknown')
      }
    })

    it('changes nothing more after a change whose end it does not know', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...ways), scripts, async (next, script) => {
          let uncertain = false
          let n = 0
          await converse(next, call => {
            assert.ok(!(uncertain && call.changes), 'a second change without a verdict between')
            const answer = script[n++] as Answer
            if (call.changes && leavesOpen(answer)) uncertain = true
            return answer
          })
        }),
        { numRuns: 2_000 },
      )
    })

    it('has each outcome that it says it has', async () => {
      const reached = new Set<Outcome>()
      // The same scripts each time: an outcome that is lost is seen at once.
      const sample = fc.sample(scripts, { numRuns: 4_000, seed: 1 })
      for (const [i, script] of sample.entries()) {
        let n = 0
        const next = ways[i % ways.length] ?? assert.fail('no way')
        const { verdict } = await converse(next, () => script[n++] as Answer)
        reached.add(verdict.outcome)
      }
      assert.deepEqual(
        reaches.filter(outcome => !reached.has(outcome)),
        [],
      )
    })

    it('asks a target about itself without changing it, and repeats nothing of it', () => {
      const survey = room.survey?.(config)
      if (survey === undefined) return
      assert.equal(survey.call.changes, false)
      fc.assert(
        fc.property(someAnswer, answer => {
          const said = survey.read(answer)
          assert.ok(!JSON.stringify(said).includes(CANARY))
          if (answer.kind === 'not_sent' || answer.kind === 'no_answer') {
            assert.deepEqual(said, { answered: false, remarks: [] })
          }
        }),
      )
    })

    it('declares whom it knows: every operation it sends stands in its profile', () => {
      for (const { intent } of inputs) {
        const row = room.profile.find(one => one.resource === intent.resource_type)
        assert.ok(row?.operations.includes(intent.operation))
      }
      for (const row of room.profile) assert.match(row.date, /^\d{4}-\d\d-\d\d$/)
    })
  })
}

const nothingThere: Answer = {
  kind: 'answer',
  status: 200,
  headers: {},
  body: '{"resourceType":"Bundle","type":"searchset"}',
}
