// Hostile modules, one attempt each: what a tenant's code must not reach, it does not reach, and
// trying costs only its own message (design: G7, G9).
import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { moduleOf, tenant } from './tenant.ts'

/** Code that must throw inside `map`. */
const refused: Readonly<Record<string, string>> = {
  'the present moment': 'new Date()',
  'the present moment by call': 'Date()',
  'Date.now': 'Date.now()',
  'the constructor behind a date': 'new (new Date(0).constructor as DateConstructor)()',
  'Date through Reflect': 'Reflect.construct(Date, [])',
  'a subclass of Date': 'new (class extends Date {})()',
  'the clock in a format': "new Intl.DateTimeFormat('en').format()",
  'performance.now': 'performance.now()',
  chance: 'Math.random()',
  'chance of crypto': 'crypto.getRandomValues(new Uint8Array(4))',
  'process.exit': 'process.exit(1)',
  'the environment': 'process.env.HOME',
  'process on the global object': '(globalThis as any).process.pid',
  fetch: "fetch('http://127.0.0.1:1/')",
  WebSocket: "new WebSocket('ws://127.0.0.1:1/')",
  timers: 'setTimeout(() => {}, 1)',
  intervals: 'setImmediate(() => {})',
  console: "console.log('x')",
  require: "require('node:fs')",
  'code from text': "new Function('return 1')()",
  eval: "(0, eval)('1')",
  'code from text by a constructor': "(() => {}).constructor('return process')()",
  'code of a generator': "(function* () {}).constructor('return 1')()",
  WebAssembly: 'new WebAssembly.Memory({ initial: 1 })',
  'shared memory': 'new SharedArrayBuffer(8)',
  workers: 'new MessageChannel()',
  'uninitialised memory': 'Buffer.allocUnsafe(8)',
  'when memory is collected': 'new WeakRef({})',
}

for (const [what, code] of Object.entries(refused)) {
  test(`a mapping does not reach ${what}`, async t => {
    const { many } = await tenant(t, {
      'adt.ts': moduleOf(`if (id === 'M0') { const x: unknown = ${code}; void x }`),
    })
    const [hostile, next] = await many('adt.ts', ['M0', 'M1'])
    assert.equal(hostile && 'code' in hostile && hostile.code, 'mapping_failed')
    assert(next !== undefined && 'events' in next, 'the next message is mapped')
  })
}

/** Modules that must not load. */
const imports: Readonly<Record<string, string>> = {
  'the file system': "import 'node:fs'",
  'the file system by its old name': "import 'fs'",
  'the network': "import 'node:net'",
  'child processes': "import 'node:child_process'",
  workers: "import 'node:worker_threads'",
  'the module loader': "import 'node:module'",
  'the process': "import 'node:process'",
  'a package': "import 'ajv'",
  "the engine's insides": "import '#sdk/../kit/pipe.ts'",
  'a base file by its path': "import '#base/../../src/kit/pipe'",
  'a file by its address': "import 'file:///etc/hosts'",
  'a module in an address': "import 'data:text/javascript,export default 1'",
  "another tenant's folder": "import '../lakeside/secret.ts'",
  'a folder above': "import '../../outside.ts'",
  'a file behind a link': "import './link.ts'",
}

for (const [what, code] of Object.entries(imports)) {
  test(`a mapping does not import ${what}`, async t => {
    const { folder, one } = await tenant(t, {
      'adt.ts': moduleOf('', code),
      'good.ts': moduleOf(''),
    })
    await plant(folder)
    const result = await one('adt.ts')
    assert.equal('code' in result && result.code, 'mapping_failed')
    assert('events' in (await one('good.ts')), 'another module is mapped')
  })
}

/** What the imports above aim at is really there. */
async function plant(folder: string): Promise<void> {
  const elsewhere = join(dirname(folder), 'lakeside')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'secret.ts'), "export default 'secret'")
  await writeFile(join(folder, '../../outside.ts'), "export default 'outside'")
  await symlink(join(elsewhere, 'secret.ts'), join(folder, 'link.ts'))
}

test('an import at run time meets the same fence and delays nothing', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf("void import('node:fs').then(() => { throw new Error() }, () => {})"),
  })
  const results = await many('adt.ts', ['M0', 'M1'])
  assert(results.every(result => 'events' in result))
})

test("what a mapping changes in the language stays in its tenant's process", async t => {
  const hostile = await tenant(t, {
    'adt.ts': moduleOf('', '(Array.prototype as any).map = () => []; JSON.stringify = () => "{}"'),
  })
  const good = await tenant(t, { 'adt.ts': moduleOf('') })
  await hostile.one('adt.ts')
  assert('events' in (await good.one('adt.ts')))
  assert.deepEqual([1].map(String), ['1'])
})

test('a message has its memory to itself, and new memory is empty', async t => {
  const { many } = await tenant(t, {
    'adt.ts': moduleOf(`
      const { raw } = message as any
      if (raw.buffer.byteLength !== raw.length) throw new Error()
      if (raw.constructor.allocUnsafe(65536).some((byte: number) => byte !== 0)) throw new Error()
      if (raw.constructor.from('x').buffer.byteLength !== 1) throw new Error()`),
  })
  const results = await many('adt.ts', ['M0', 'M1', 'M2'])
  assert(
    results.every(result => 'events' in result),
    JSON.stringify(results),
  )
})

test('dates can be computed with', async t => {
  const { one } = await tenant(t, {
    'adt.ts': moduleOf(
      'return [{ ...base.map(message, context)[0], occurred_at: new Date(86_400_000).toISOString() }]',
    ),
  })
  const result = await one('adt.ts')
  assert('events' in result)
  assert.equal(result.events[0]?.occurred_at, '1970-01-02T00:00:00.000Z')
})

test("a code table behind a link out of the tenant's folder is not there", async t => {
  const { folder, one } = await tenant(t, {
    'adt.ts': moduleOf('', "import { codes } from '#sdk'\ncodes('./link.csv')"),
    'own.ts': moduleOf('', "import { codes } from '#sdk'\ncodes('./own.csv')"),
    'own.csv': 'code,target\nA,B\n',
  })
  const elsewhere = join(dirname(folder), 'lakeside')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'secret.csv'), 'code,target\nA,B\n')
  await symlink(join(elsewhere, 'secret.csv'), join(folder, 'link.csv'))
  const result = await one('adt.ts')
  assert.equal('code' in result && result.code, 'code_table_missing')
  const own = await one('own.ts')
  assert('events' in own, JSON.stringify(own))
})
