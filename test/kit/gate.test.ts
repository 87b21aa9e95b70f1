// A gate: who waits for it, who is told when it shuts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from '../../src/kit/gate.ts'

const never = new AbortController().signal
const isDone = async (promise: Promise<unknown>) =>
  (await Promise.race([
    promise.then(() => 'done'),
    new Promise(resolve => setImmediate(resolve)),
  ])) === 'done'

test('an open gate lets pass and is not shut', async () => {
  const gate = new Gate()
  assert.ok(await isDone(gate.whenOpen(never)))
  assert.equal(await isDone(gate.whenShut), false)
  gate.open()
  assert.ok(gate.isOpen)
})

test('a shut gate holds back until it opens, as often as it shuts', async () => {
  const gate = new Gate()
  for (let i = 0; i < 3; i++) {
    const told = gate.whenShut
    gate.shut()
    gate.shut()
    assert.ok(await isDone(told))
    assert.ok(await isDone(gate.whenShut))
    const waiting = gate.whenOpen(never)
    assert.equal(await isDone(waiting), false)
    gate.open()
    assert.ok(await isDone(waiting))
    assert.equal(await isDone(gate.whenShut), false)
  }
})

test('whoever gives up waiting is let go', async () => {
  const gate = new Gate()
  gate.shut()
  const stop = new AbortController()
  const waiting = gate.whenOpen(stop.signal)
  stop.abort()
  await waiting
  await gate.whenOpen(stop.signal)
})
