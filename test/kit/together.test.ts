// What runs together ends together, also where something fails.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { together } from '../../src/kit/together.ts'

describe('together', () => {
  it('gives the results in the order asked for', async () => {
    const late = Promise.withResolvers<string>()
    setImmediate(() => late.resolve('a'))
    assert.deepEqual(await together([late.promise, Promise.resolve('b')]), ['a', 'b'])
    assert.deepEqual(await together([]), [])
  })

  it('fails only when nothing is under way any more, with the first cause', async () => {
    const slow = Promise.withResolvers<string>()
    let ended = false
    setTimeout(() => {
      ended = true
      slow.resolve('stands')
    }, 5)
    const both = together([
      slow.promise,
      Promise.reject(new Error('1')),
      Promise.reject(new Error('2')),
    ])
    await assert.rejects(both, /1/)
    assert.ok(ended)
  })
})
