// Tokens by a clock that the test moves: one request for many, renewal before the end, and what a
// token server that is down costs.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TokenAnswer, Tokens } from '../../src/wire/http_tokens.ts'
import { ManualClock, settled } from '../peers/manual_clock.ts'

const never = () => new AbortController().signal
const down: TokenAnswer = { refused: { code: 'target_down', facts: {} } }

/** Answers as told; else a numbered token that lives a hundred seconds. */
function server() {
  const clock = new ManualClock()
  let asked = 0
  const script: (TokenAnswer | Promise<TokenAnswer>)[] = []
  const tokens = new Tokens(async () => {
    asked += 1
    return script.shift() ?? { token: { value: `t${asked}`, life_ms: 100_000 } }
  }, clock)
  return { clock, tokens, script, asked: () => asked }
}

describe('tokens', () => {
  it('are asked for once by a hundred that wait (single flight)', async () => {
    const { tokens, asked, script } = server()
    const { promise, resolve } = Promise.withResolvers<TokenAnswer>()
    script.push(promise)
    const waiting = Array.from({ length: 100 }, () => tokens.get(never()))
    resolve({ token: { value: 'one', life_ms: 100_000 } })
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['one']))
    assert.equal(asked(), 1)
    assert.equal(await tokens.get(never()), 'one')
    assert.equal(asked(), 1)
  })

  it('are renewed while the old one still serves, and nobody waits for that', async () => {
    const { clock, tokens, script, asked } = server()
    await tokens.get(never())
    await clock.pass(79_000)
    assert.equal(await tokens.get(never()), 't1')
    assert.equal(asked(), 1)
    const { promise, resolve } = Promise.withResolvers<TokenAnswer>()
    script.push(promise)
    await clock.pass(2_000)
    assert.equal(await tokens.get(never()), 't1')
    assert.equal(asked(), 2)
    resolve({ token: { value: 'new', life_ms: 100_000 } })
    await settled()
    assert.equal(await tokens.get(never()), 'new')
  })

  it('serve to their end where the server is down, and then say what it says', async () => {
    const { clock, tokens, script, asked } = server()
    await tokens.get(never())
    script.push(down, down, down)
    await clock.pass(81_000)
    for (let i = 0; i < 10; i++) assert.equal(await tokens.get(never()), 't1')
    assert.equal(asked(), 2, 'tries to renew keep their distance')
    await clock.pass(6_000)
    assert.equal(await tokens.get(never()), 't1')
    assert.equal(asked(), 3)
    await clock.pass(8_500)
    assert.deepEqual(await tokens.get(never()), { code: 'target_down', facts: {} })
    assert.equal(await tokens.get(never()), 't5')
  })

  it('are forgotten once refused, but not the newer one that another call has got', async () => {
    const { tokens, asked } = server()
    await tokens.get(never())
    tokens.forget('t1')
    assert.equal(await tokens.get(never()), 't2')
    tokens.forget('t1')
    assert.equal(await tokens.get(never()), 't2')
    assert.equal(asked(), 2)
  })

  it('keep nobody who has no more time, and serve the others', async () => {
    const { tokens, script } = server()
    const { promise, resolve } = Promise.withResolvers<TokenAnswer>()
    script.push(promise)
    const stop = new AbortController()
    const hurried = tokens.get(stop.signal)
    const patient = tokens.get(never())
    stop.abort()
    assert.equal(await hurried, undefined)
    assert.equal(await tokens.get(AbortSignal.abort()), undefined)
    resolve({ token: { value: 'late', life_ms: 100_000 } })
    assert.equal(await patient, 'late')
  })
})
