// Every limit of time, on a clock that the test moves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mllpListenerLimits } from '../../src/wire/mllp_limits.ts'
import { Patience } from '../../src/wire/mllp_patience.ts'
import { ManualClock } from '../peers/manual_clock.ts'

const LIMITS = {
  ...mllpListenerLimits,
  first_byte_ms_max: 100,
  frame_ms_max: 50,
  idle_ms_max: 300,
  unread_answer_ms_max: 200,
}

function start() {
  const clock = new ManualClock()
  return { clock, patience: new Patience(clock, LIMITS) }
}

test('the first byte has its own limit, which ends with it', async () => {
  const { clock, patience } = start()
  await clock.pass(99)
  assert.equal(patience.overdue(0, 0), undefined)
  await clock.pass(1)
  assert.equal(patience.overdue(0, 0), 'no first byte')
  patience.heard('none')
  await clock.pass(299)
  assert.equal(patience.overdue(0, 0), undefined)
  await clock.pass(1)
  assert.equal(patience.overdue(0, 0), 'idle')
})

test('a frame has its time from its own beginning, however many bytes come', async () => {
  const { clock, patience } = start()
  patience.heard('begun')
  await clock.pass(30)
  patience.heard('goes_on')
  await clock.pass(19)
  assert.equal(patience.overdue(0, 0), undefined)
  patience.heard('begun')
  await clock.pass(40)
  patience.heard('goes_on')
  assert.equal(patience.overdue(0, 0), undefined)
  await clock.pass(10)
  assert.equal(patience.overdue(0, 0), 'frame not finished')
  patience.heard('none')
  assert.equal(patience.overdue(0, 0), undefined)
})

test('a frame that begins with the first bytes counts from them', async () => {
  const { clock, patience } = start()
  patience.heard('goes_on')
  await clock.pass(50)
  assert.equal(patience.overdue(0, 0), 'frame not finished')
})

test('nobody is idle while an answer is owed', async () => {
  const { clock, patience } = start()
  patience.heard('none')
  await clock.pass(1_000)
  assert.equal(patience.overdue(0, 1), undefined)
  assert.equal(patience.overdue(0, 0), 'idle')
})

test('time in which we do not read is not counted against the sender', async () => {
  const { clock, patience } = start()
  patience.heard('begun')
  await clock.pass(40)
  patience.pause()
  patience.pause()
  await clock.pass(10_000)
  assert.equal(patience.overdue(0, 0), undefined)
  patience.resume()
  patience.resume()
  await clock.pass(9)
  assert.equal(patience.overdue(0, 0), undefined)
  await clock.pass(1)
  assert.equal(patience.overdue(0, 0), 'frame not finished')
})

test('answers that are not read have their limit, which any progress begins anew', async () => {
  const { clock, patience } = start()
  patience.heard('none')
  patience.pause()
  assert.equal(patience.overdue(500, 3), undefined)
  await clock.pass(150)
  assert.equal(patience.overdue(900, 3), undefined)
  await clock.pass(49)
  assert.equal(patience.overdue(899, 3), undefined)
  await clock.pass(199)
  assert.equal(patience.overdue(899, 3), undefined)
  await clock.pass(1)
  assert.equal(patience.overdue(899, 3), 'answers not read')
  assert.equal(patience.overdue(0, 3), undefined)
})
