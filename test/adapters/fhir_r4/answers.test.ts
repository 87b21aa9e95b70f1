// What each answer of a FHIR server means: statuses, waits, issues.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../../src/model/intent.ts'
import { CANARY } from '../../contract/adapter.contract.ts'
import { answer, deliver, inputOf, outcome, patient } from './samples.ts'

describe('what a status means', () => {
  const create = inputOf(patient, { operation: 'create' })
  const judged = async (...script: Answer[]) => (await deliver(create, ...script)).verdict
  const table: [Answer, string | undefined][] = [
    [answer(200, outcome('processing')), 'target_refused'],
    [answer(202), 'target_answer_unknown'],
    [answer(302, '', { location: 'https://login' }), 'target_misconfigured'],
    [answer(400, outcome('invalid')), 'target_refused'],
    [answer(401), 'target_auth'],
    [answer(403), 'target_auth'],
    [answer(403, outcome('forbidden')), 'target_forbidden'],
    [answer(404, '<html>'), 'target_misconfigured'],
    [answer(404, outcome('not-supported')), 'operation_undeclared'],
    [answer(405, outcome('not-supported')), 'operation_undeclared'],
    [answer(408), 'target_transient'],
    [answer(413), 'target_refused'],
    [answer(415), 'target_refused'],
    [answer(422, outcome('value')), 'target_refused'],
    [answer(429), 'target_throttled'],
    [answer(500, '<html>'), 'target_answer_unknown'],
    [answer(502), 'target_answer_unknown'],
    [answer(503), 'target_transient'],
    [answer(504), 'target_answer_unknown'],
    [{ kind: 'not_sent', code: 'target_down', facts: {} }, 'target_down'],
    [{ kind: 'no_answer', code: 'target_answer_unknown', facts: {} }, 'target_answer_unknown'],
  ]
  for (const [given, code] of table) {
    const name = given.kind === 'answer' ? `${given.status} ${given.body.slice(0, 30)}` : given.kind
    it(`of a create: ${name}`, async () => {
      assert.equal((await judged(given)).code, code)
    })
  }

  it('never doubts a read: where it has no answer nothing has happened', async () => {
    const lost: Answer = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} }
    const large: Answer = { kind: 'no_answer', code: 'target_answer_too_large', facts: {} }
    const html = answer(200, '<html>login</html>')
    const known = inputOf(patient, {}, { 'Patient/p1': '7' })
    const after = async (given: Answer) => (await deliver(known, given)).verdict.outcome
    assert.equal(await after(lost), 'transient')
    assert.equal(await after(answer(500)), 'transient')
    assert.equal(await after(large), 'fix')
    assert.equal(await after(html), 'config')
  })

  it('takes the wait from Retry-After, in seconds or as a date', async () => {
    const date = 'Sat, 21 Nov 2026 12:00:00 GMT'
    const later = 'Sat, 21 Nov 2026 12:01:30 GMT'
    assert.equal((await judged(answer(429, '', { 'retry-after': '120' }))).wait_ms, 120_000)
    assert.equal((await judged(answer(503, '', { 'retry-after': later, date }))).wait_ms, 90_000)
    assert.equal((await judged(answer(429, '', { 'retry-after': later }))).wait_ms, undefined)
    assert.equal((await judged(answer(429, '', { 'retry-after': 'soon' }))).wait_ms, undefined)
  })

  it('tells codes and paths of an OperationOutcome and nothing that a person wrote', async () => {
    const verdict = await judged(
      answer(
        422,
        outcome('value', {
          diagnostics: `HAPI-0450: name ${CANARY}`,
          details: { text: CANARY },
          expression: ['Patient.name[0].family'],
        }),
      ),
    )
    assert.deepEqual(verdict.facts, {
      status: 422,
      issues: 'value,HAPI-0450',
      path: 'Patient.name[0].family',
    })
  })
})
