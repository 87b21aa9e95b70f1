// The budget of bytes that all connections share.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/model/limits.ts'
import { ByteBudget, mllpListenerLimits, unanswered } from '../../src/wire/mllp_limits.ts'

test('whoever waits is woken once, as soon as there is room, and not before', () => {
  const budget = new ByteBudget(100)
  const woken: string[] = []
  budget.take(150)
  assert.equal(budget.full, true)
  const leaver = () => woken.push('leaver')
  budget.wait(() => woken.push('first'))
  budget.wait(leaver)
  budget.forget(leaver)
  budget.take(-50)
  assert.deepEqual([budget.taken, budget.full, woken], [100, true, []])
  budget.take(-1)
  assert.deepEqual([budget.full, woken], [false, ['first']])
  budget.take(-99)
  assert.deepEqual([budget.taken, woken], [0, ['first']])
})

test('whoever finds it full again while being woken waits again', () => {
  const budget = new ByteBudget(10)
  let wakes = 0
  const wake = () => {
    wakes += 1
    budget.take(10)
    budget.wait(wake)
  }
  budget.take(10)
  budget.wait(wake)
  budget.take(-10)
  assert.equal(wakes, 1)
  budget.take(-10)
  assert.equal(wakes, 2)
})

test('one frame of the largest size fits what one connection may have in hand', () => {
  assert.ok(mllpListenerLimits.frame_bytes_max <= mllpListenerLimits.in_hand_bytes_max)
  assert.equal(mllpListenerLimits.frame_bytes_max, limits.record_bytes_max)
  assert.equal(unanswered.bytes_max, limits.unanswered_bytes_max)
})
