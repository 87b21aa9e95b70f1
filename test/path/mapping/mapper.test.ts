// The mapping process, seen from the engine: order, isolation between messages, limits, its ends.
import assert from 'node:assert/strict'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../src/kit/clock.ts'
import { Failure } from '../../../src/model/errors.ts'
import { base, facts, message, moduleOf, origin, type Read, read, tenant } from './tenant.ts'

/** `events`, or the code of the failure. */
const outcome = (result: Parameters<typeof read>[0] | Read) =>
  result === undefined ? 'none' : 'code' in result ? result.code : 'events'

const mark = (result: Read | undefined) =>
  result !== undefined && 'events' in result ? result.events[0]?.visit?.value : undefined

/** A module's end that says which message it was, where a test can see it. */
const marked = (value: string) =>
  `return [{ ...base.map(message, context)[0], visit: { system: 'urn:test:mark', value: ${value} } }]`

const ids = (count: number) => Array.from({ length: count }, (_, i) => `M${i}`)

test('maps with the base mappings, without a folder of the tenant', async t => {
  const { mapper } = await tenant(t, {}, { transforms: undefined })
  const [answer] = await mapper.map(base, [{ raw: message('ONE'), facts, origin }])
  const result = read(answer)
  assert('events' in result)
  const [event] = result.events
  assert.equal(event?.kind, 'patient.admitted')
  assert.deepEqual(event?.patient, { system: 'urn:oid:1.2.840.99.1', value: '4711' })
  assert.deepEqual(
    event?.resources.entry.map(({ resource }) => resource.resourceType),
    ['MessageHeader', 'Patient', 'Encounter', 'Provenance'],
  )
})

test('a module far from the engine uses #sdk, #base and files of its own folder', async t => {
  const { one } = await tenant(t, {
    'adt.ts': `
      import { adt } from '#base/adt'
      import { defineMapping, type Message } from '#sdk'
      import { badge } from './parts/badge.ts'
      export default defineMapping({
        types: adt.types,
        map: (message: Message, context) =>
          adt.map(message, context).map(event => ({ ...event, visit: badge(message) })),
      })`,
    'parts/badge.ts': `
      import type { Message } from '#sdk'
      export const badge = (message: Message) => ({
        system: 'urn:harbor:badge', value: message.text('PID-5.1') ?? '' })`,
  })
  const result = await one('adt.ts')
  assert('events' in result, JSON.stringify(result))
  assert.deepEqual(result.events[0]?.visit, { system: 'urn:harbor:badge', value: 'SYNTHETIC' })
})

test('a project behind a link is the same project', async t => {
  const { folder } = await tenant(t, {
    'adt.ts': moduleOf('', "import './part.ts'"),
    'part.ts': '',
  })
  const link = `${join(folder, '../..')}_link`
  await symlink(join(folder, '../..'), link)
  t.after(() => rm(link, { force: true }))
  const transforms = join(link, 'transforms/harbor')
  const { mapper } = await tenant(t, {}, { transforms })
  const [result] = await mapper.map(join(transforms, 'adt.ts'), [
    { raw: message('ONE'), facts, origin },
  ])
  assert.equal(outcome(result), 'events')
})

test('answers in the order of the jobs, over many batches and calls at once', async t => {
  const { many, said } = await tenant(t, {
    'echo.ts': moduleOf(marked('id')),
  })
  const calls = await Promise.all([many('echo.ts', ids(200)), many('echo.ts', ids(50))])
  for (const results of calls) {
    assert.deepEqual(results.map(mark), ids(results.length))
  }
  assert.deepEqual(said, [], 'one process did it all')
})

test('a mapping that throws costs its own message; the error is told by class and place', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf("if (id === 'M3') throw new RangeError('SYNTHETIC^AVERY is in the text')"),
  })
  const results = await many('adt.ts', ids(8))
  assert.deepEqual(
    results.map(outcome),
    ids(8).map(id => (id === 'M3' ? 'mapping_failed' : 'events')),
  )
  assert.deepEqual(results[3], {
    code: 'mapping_failed',
    facts: { error: 'RangeError', at: 'adt.ts:9' },
  })
})

test('a Failure that a mapping throws keeps its code and facts', async t => {
  const { one } = await tenant(t, {
    'adt.ts': moduleOf(
      "throw new Failure('segment_missing', { segment: 'ZPI' })",
      "import { Failure } from '#sdk'",
    ),
  })
  assert.deepEqual(await one('adt.ts'), { code: 'segment_missing', facts: { segment: 'ZPI' } })
})

test('bytes that are no message are a code, not an end', async t => {
  const { mapper } = await tenant(t, {})
  const raws = [Buffer.from('rubbish'), Buffer.alloc(0), message('X', 'ZZZ^Z99'), message('OK')]
  const results = await mapper.map(
    base,
    raws.map(raw => ({ raw, facts, origin })),
  )
  assert.deepEqual(results.map(outcome), [
    'message_unreadable',
    'message_unreadable',
    'message_type_unmapped',
    'events',
  ])
})

test('a mapping that loops is ended; its message gets mapping_timeout, the others are mapped', async t => {
  const { many } = await tenant(
    t,
    { 'adt.ts': moduleOf("while (id === 'M5') {}") },
    { mapping_ms_max: 2_000 },
  )
  const results = await many('adt.ts', ids(40))
  assert.deepEqual(
    results.map(outcome),
    ids(40).map(id => (id === 'M5' ? 'mapping_timeout' : 'events')),
  )
  assert.deepEqual(results[5], { code: 'mapping_timeout', facts: { mapping_ms_max: 2_000 } })
})

test('a heap that grows without end kills the process; only its message is mapping_memory', async t => {
  const { many, said } = await tenant(t, {
    'adt.ts': moduleOf(
      "const all: unknown[] = []; while (id === 'M5') all.push(new Array(1e4).fill(id))",
    ),
  })
  const results = await many('adt.ts', ids(40))
  assert.deepEqual(
    results.map(outcome),
    ids(40).map(id => (id === 'M5' ? 'mapping_memory' : 'events')),
  )
  assert(said.length > 0, 'a death is said')
  assert(!JSON.stringify(said).includes('SYNTHETIC'), 'without the message')
})

test('memory beside the heap has a limit too', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async t => {
  const { one } = await tenant(
    t,
    {
      'adt.ts': moduleOf(
        'const all: unknown[] = []; for (;;) all.push(new Uint8Array(2 ** 22).fill(1))',
      ),
    },
    { mapping_ms_max: 120_000 },
  )
  assert.deepEqual(await one('adt.ts'), {
    code: 'mapping_memory',
    facts: { mapping_memory_mb_max: 128 },
  })
})

test('a module that does not load fails each message, with the class of the error', async t => {
  const { one } = await tenant(t, {
    'syntax.ts': 'export default {',
    'throws.ts': "throw new TypeError('at load')",
    'nothing.ts': 'export const x = 1',
  })
  assert.deepEqual(await one('throws.ts'), {
    code: 'mapping_failed',
    facts: { error: 'TypeError', at: 'throws.ts:1' },
  })
  assert.deepEqual(await one('nothing.ts'), {
    code: 'mapping_failed',
    facts: { error: 'NoMapping' },
  })
  assert.equal(outcome(await one('syntax.ts')), 'mapping_failed')
  assert.equal(outcome(await one('missing.ts')), 'mapping_failed')
})

test('what is no event is refused with its place', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf(`
      if (id === 'M0') return undefined
      if (id === 'M1') return [null]
      if (id === 'M2') return [{ kind: 'patient.eaten', resources: [] }]
      const made = () => base.map(message, context)[0]
      if (id === 'M3') { const one: any = { ...made().resources[1] }; one.self = one
        return [{ ...made(), resources: [one] }] }
      if (id === 'M4') return [{ get kind() { throw new Error('hostile') } }]
      if (id === 'M5') return [{ ...made(), patient: 4711 }]
      if (id === 'M6') { let times = 0; const id = { get id() { return 'p' + times++ } }
        return [{ ...made(), resources: [Object.assign(id, { resourceType: 'Patient' })] }] }
      if (id === 'M7') return [{ ...made(), resources: [{ resourceType: 'Basic', id: 'b', n: 1n }] }]`),
  })
  const results = await many('adt.ts', ids(9))
  assert.deepEqual(results.map(outcome), [
    'mapping_failed',
    'event_invalid',
    'event_invalid',
    'event_invalid',
    'mapping_failed',
    'event_invalid',
    'event_invalid',
    'event_invalid',
    'events',
  ])
  assert.deepEqual(results[2], {
    code: 'event_invalid',
    facts: { path: '/events/0', what: 'is not what a mapping returns' },
  })
})

test('a mapping that changes the language costs its own message, and the next finds it whole', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf(`
      if (id === 'M1') (Array.prototype as any).at = () => 'forged'
      if (id === 'M3') (Object.prototype as any).toJSON = () => 'forged'
      if (id === 'M5') (RegExp.prototype as any).exec = () => null
      if (id === 'M7') Object.preventExtensions(Array.prototype)
      if (id === 'M8' && Object.isExtensible(Array.prototype) === false) throw new Error()`),
  })
  const results = await many('adt.ts', ids(12))
  const changed = new Set(['M1', 'M3', 'M5', 'M7'])
  assert.deepEqual(
    results.map(outcome),
    ids(12).map(id =>
      id === 'M7' ? 'mapping_died' : changed.has(id) ? 'mapping_failed' : 'events',
    ),
  )
  assert.deepEqual(results[1], { code: 'mapping_failed', facts: { error: 'LanguageChanged' } })
})

test('a module that changes the language as it loads fails by that name', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf('', '(Array.prototype as any).last = () => undefined'),
  })
  const results = await many('adt.ts', ids(20))
  for (const result of results) {
    assert.deepEqual(result, { code: 'mapping_failed', facts: { error: 'LanguageChanged' } })
  }
})

test('one tenant with two modules in one process keeps them apart', async t => {
  const { many } = await tenant(t, {
    'a.ts': moduleOf(marked("'a'")),
    'b.ts': moduleOf(marked("'b'")),
  })
  const [a, b] = await Promise.all([many('a.ts', ids(40)), many('b.ts', ids(40))])
  const marks = (results: readonly Read[] | undefined) => new Set(results?.map(mark))
  assert.deepEqual(marks(a), new Set(['a']))
  assert.deepEqual(marks(b), new Set(['b']))
})

test('a large message passes whole', async t => {
  const { mapper } = await tenant(t, {})
  const raw = Buffer.concat([message('BIG'), Buffer.from(`\rNTE|1||${'x'.repeat(8_000_000)}`)])
  const results = await mapper.map(base, [
    { raw, facts, origin },
    { raw: message('SMALL'), facts, origin },
  ])
  assert.deepEqual(results.map(outcome), ['events', 'events'])
})

test('an idle process ends; the next message starts another', async t => {
  let skipped_ms = 0
  const clock = { ...systemClock, elapsed: () => systemClock.elapsed() + skipped_ms }
  const counting = moduleOf(marked('String(++calls)'), 'let calls = 0')
  const { one } = await tenant(t, { 'adt.ts': counting }, { clock })
  const calls = async () => mark(await one('adt.ts'))
  assert.deepEqual([await calls(), await calls()], ['1', '2'])
  // The process is looked at every 100 ms: time goes by, a look finds it idle, another starts anew.
  for (let tries = 0; tries === 0 || (await calls()) !== '1'; tries++) {
    assert(tries < 100, 'the process never ended')
    skipped_ms += 120_000
    await systemClock.sleep(300)
  }
})

test('after close everything is rejected, also what was in hand', async t => {
  const { mapper, one } = await tenant(t, { 'adt.ts': moduleOf('for (;;) {}') })
  const held = assert.rejects(one('adt.ts'), Failure)
  await mapper.close()
  await held
  await assert.rejects(one('adt.ts'), Failure)
})

test('no job is no work', async t => {
  const { mapper } = await tenant(t, {})
  assert.deepEqual(await mapper.map(base, []), [])
})

test('for a command, a process that never comes up is given up by its name', async t => {
  const { mapper } = await tenant(t, {}, { mapping_memory_mb_max: 1, starts_max: 2 })
  const [result] = await mapper.map(base, [{ raw: message('ONE'), facts, origin }])
  assert(result !== undefined && 'code' in result)
  assert.equal(result.code, 'mapping_died')
  assert.equal(result.facts.starts, 2)
})
