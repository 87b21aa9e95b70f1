// Hostile mappings against the real process: each costs its own message, with a code that says
// which, and the message behind it is mapped (design: section 5, G7, G9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moduleOf, tenant } from '../path/mapping/tenant.ts'

interface Attack {
  /** Runs in map() of the message M0 alone. */
  readonly body: string
  readonly head?: string
  readonly code: string
}

const attacks: Readonly<Record<string, Attack>> = {
  'that throws': { body: 'throw new Error()', code: 'mapping_failed' },
  'that throws what cannot be read': {
    body: 'throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
    code: 'mapping_failed',
  },
  'that recurses': { body: 'const f = (): void => f(); f()', code: 'mapping_failed' },
  'that loops': { body: 'for (;;) {}', code: 'mapping_timeout' },
  'that grows': {
    body: 'const all: unknown[] = []; for (;;) all.push(new Array(1e4).fill(id))',
    code: 'mapping_memory',
  },
  'that makes a gigantic result': {
    body: `return [{ ...base.map(message, context)[0], occurred_at: 'x'.repeat(2 ** 25) } as any]`,
    code: 'mapping_result_too_large',
  },
  'that makes a text longer than there may be': {
    body: `const x = 'x'.repeat(2 ** 28); const list = [x, x, x, x, x, x, x, x]
      const huge = { resourceType: 'Basic', id: 'b', list }
      return [{ ...base.map(message, context)[0], resources: [huge] } as any]`,
    code: 'mapping_result_too_large',
  },
  'that makes too many events': {
    body: 'return new Array(20_000).fill(base.map(message, context)[0])',
    code: 'mapping_result_too_large',
  },
  'that returns a circle': {
    body: `const circle: any = { resourceType: 'Basic', id: 'b' }; circle.a = circle
      return [{ ...base.map(message, context)[0], resources: [circle] } as any]`,
    code: 'event_invalid',
  },
  'that returns no events': { body: "return [{ kind: 'x' } as any]", code: 'event_invalid' },
  'that returns a promise': { body: 'return Promise.resolve([]) as any', code: 'mapping_failed' },
  'that changes a prototype': {
    body: '(Array.prototype as any).map = () => []',
    code: 'mapping_failed',
  },
  'that adds to a prototype': {
    body: "(Object.prototype as any).toJSON = () => 'forged'",
    code: 'mapping_failed',
  },
  'that changes what the base is': {
    body: '(base as any).map = () => []',
    code: 'mapping_failed',
  },
  'that changes how messages are read': {
    body: "(message.constructor as any).prototype.text = () => 'forged'",
    code: 'mapping_failed',
  },
  'that changes how answers are written': {
    body: '(message.raw.constructor as any).prototype.write = () => 0',
    code: 'mapping_failed',
  },
  'that leaves something on the global object': {
    body: '(globalThis as any).last = id',
    code: 'mapping_failed',
  },
}

for (const [what, { body, head = '', code }] of Object.entries(attacks)) {
  test(`a mapping ${what} costs its message ${code}, and no other`, async t => {
    const text = moduleOf(`if (id === 'M0') { ${body} }`, head)
    const { many } = await tenant(t, { 'adt.ts': text }, { mapping_ms_max: 4_000 })
    const [hostile, next] = await many('adt.ts', ['M0', 'M1'])
    assert.equal(hostile && 'code' in hostile ? hostile.code : 'events', code)
    assert(next !== undefined && 'events' in next, JSON.stringify(next))
    assert(!JSON.stringify(next).includes('forged'))
  })
}

test('of a flood of remarks a bounded number is kept', async t => {
  const flood = `for (let i = 0; i < 1e6; i++)
    context.report({ code: 'x', place: 'MSH', text: 'y'.repeat(1e4) })`
  const { one } = await tenant(t, { 'adt.ts': moduleOf(flood) }, { mapping_ms_max: 60_000 })
  const result = await one('adt.ts')
  assert('events' in result, JSON.stringify(result).slice(0, 200))
  const told = result.findings.filter(({ code }) => code === 'x')
  assert(told.length > 0 && told.length <= 1_000)
  assert(told.every(({ text }) => text.length <= 500))
})

test('a promise that a mapping leaves to fail ends nothing', async t => {
  const { many, one } = await tenant(t, {
    'adt.ts': moduleOf('void Promise.reject(new Error())'),
    'good.ts': moduleOf(''),
  })
  assert((await many('adt.ts', ['M0', 'M1'])).every(result => 'events' in result))
  assert('events' in (await one('good.ts')))
})

test('what code assigns to its own objects it may, whatever the name', async t => {
  const own = `
    const counts: Record<string, unknown> = {}
    counts.constructor = 1; counts.toString = 2
    const error = new Error('x'); error.name = 'Own'; error.message = 'y'
    class Named extends TypeError { override name = 'Named' }
    if (counts.constructor !== 1 || error.name !== 'Own' || new Named().name !== 'Named')
      throw new Error()`
  const { one } = await tenant(t, { 'adt.ts': moduleOf(own) })
  const result = await one('adt.ts')
  assert('events' in result, JSON.stringify(result))
})
