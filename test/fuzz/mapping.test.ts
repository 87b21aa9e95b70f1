// Mutants through the base mappings, in this process: each becomes events or a failure by its code,
// the same ones every time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/model/errors.ts'
import { mapped } from '../transforms/base/mapped.ts'
import { fuzz } from './run.ts'

const CASES_USUAL = 3_000

function outcome(bytes: Buffer): { word: string; json: string } {
  try {
    const { events, findings } = mapped(bytes)
    return { word: 'events', json: JSON.stringify({ events, findings }) }
  } catch (thrown) {
    assert(thrown instanceof Failure, String((thrown as Error).stack ?? thrown))
    return { word: thrown.code, json: JSON.stringify(thrown.facts) }
  }
}

test('mutants become events or a failure by its code, twice the same', { timeout: 0 }, () => {
  const { said } = fuzz('mapping', CASES_USUAL, (bytes, number) => {
    const { word, json } = outcome(bytes)
    if (number % 16 === 0) assert.deepEqual(outcome(bytes), { word, json })
    return word
  })
  if (process.env.FIRTH_FUZZ !== undefined) return
  assert((said.events ?? 0) > 0 && (said.message_unreadable ?? 0) > 0, 'of every kind some')
})
