// Calls to a thread: in order, each with its own answer; failures arrive as failures, a bug ends
// the process.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Thread } from '../../../src/logs/embedded/thread.ts'
import { Failure } from '../../../src/model/errors.ts'
import type { ToyMethods } from './toy_thread.ts'

const file = new URL('./toy_thread.ts', import.meta.url)

test('answers come in order, each to its call, whether the thread sleeps or not', async () => {
  const toy = new Thread<ToyMethods>(file, { a: 1 })
  assert.deepEqual(await toy.call('options', undefined), { a: 1 })
  for (let i = 1; i <= 200; i++) assert.equal(await toy.call('count', undefined), i)
  const many = Array.from({ length: 500 }, (_, i) => toy.call('double', i))
  assert.deepEqual(
    await Promise.all(many),
    many.map((_, i) => i * 2),
  )
  await toy.end()
})

test('memory is handed over and back, not copied', async () => {
  const toy = new Thread<ToyMethods>(file, {})
  const { buffer } = Buffer.allocUnsafeSlow(100).fill(7)
  const { memory } = await toy.call('give', buffer, [buffer])
  assert.equal(buffer.byteLength, 0)
  assert.deepEqual(
    [...new Uint8Array(memory)],
    Array.from({ length: 100 }, () => 7),
  )
  await toy.end()
})

test('a failure crosses with its code and facts, and the thread goes on', async () => {
  const toy = new Thread<ToyMethods>(file, {})
  await assert.rejects(toy.call('fail', 5), (cause: unknown) => {
    assert.ok(cause instanceof Failure)
    assert.equal(cause.code, 'log_corrupt')
    assert.deepEqual(cause.facts, { offset: 5 })
    return true
  })
  assert.equal(await toy.call('double', 2), 4)
  await toy.end()
})

test('a bug in the thread ends the process', () => {
  const module = new URL('../../../src/logs/embedded/thread.ts', import.meta.url)
  const program = `
    import { Thread } from ${JSON.stringify(module.href)}
    const toy = new Thread(new URL(${JSON.stringify(file.href)}), {})
    await toy.call('bug', undefined)
    console.log('went on')`
  const args = ['--input-type=module', '--eval', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.notEqual(status, 0)
  assert.match(stderr, /TypeError: synthetic/)
  assert.equal(stdout, '')
})
