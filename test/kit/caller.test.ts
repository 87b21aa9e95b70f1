// The file of the caller, from inside a function that others call.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { callerOf } from '../../src/kit/caller.ts'

function asked() {
  return callerOf(asked)
}

test('names the file that called, and resolves paths from its folder', () => {
  const caller = asked()
  assert.equal(caller?.file, import.meta.filename)
  assert.equal(caller.resolve('./x.csv'), join(import.meta.dirname, 'x.csv'))
})

test('leaves the depth of stacks as it was', () => {
  const before = Error.stackTraceLimit
  asked()
  assert.equal(Error.stackTraceLimit, before)
})

test('nobody called what is not on the stack', () => {
  assert.equal(
    callerOf(() => undefined),
    undefined,
  )
})
