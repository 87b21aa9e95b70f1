// Every way in which a module can be wrong before a message meets it, named with its place.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ConfigFinding } from '../../../src/model/plan.ts'
import { checkModule, checkModules } from '../../../src/path/mapping/check_module.ts'
import { base, moduleOf } from './tenant.ts'

type Files = Readonly<Record<string, string>>

async function project(t: TestContext, files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firth_check_module_'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, 'transforms/harbor', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  return folder
}

async function check(t: TestContext, files: Files, load_ms_max = 20_000): Promise<string[]> {
  const folder = await project(t, files)
  const transforms = join(folder, 'transforms/harbor')
  const module = join(transforms, 'adt.ts')
  const found = await checkModule(module, { transforms, project: folder, load_ms_max })
  return found.map(shown)
}

const shown = ({ file, line, column, rule }: ConfigFinding) =>
  `${file.replace('transforms/harbor/', '')}:${line}:${column} ${rule}`

test('a sound module has no finding, nor have the base mappings', async t => {
  const text = moduleOf('', "import { part } from './parts/part.ts'\nvoid part")
  assert.deepEqual(await check(t, { 'adt.ts': text, 'parts/part.ts': 'export const part = 1' }), [])
  assert.deepEqual(await checkModule(base, { transforms: undefined, project: '/' }), [])
})

const wrong: Readonly<Record<string, readonly [files: Files, findings: readonly string[]]>> = {
  'a syntax error': [
    { 'adt.ts': 'const a = 1\nconst b = {,}\nexport default a' },
    ['adt.ts:2:12 module_syntax'],
  ],
  'a name declared twice': [
    { 'adt.ts': 'const a = 1\nconst a = 2\nexport default a' },
    ['adt.ts:2:7 module_syntax'],
  ],
  'a half-saved file': [
    { 'adt.ts': "import { adt } from '#base/adt'\nexport default adt.ext({\n  patient(pa" },
    ['adt.ts:3:1 module_syntax'],
  ],
  'an enum': [
    { 'adt.ts': 'export default 1\n  enum Sex { F, M }\n' },
    ['adt.ts:2:3 module_typescript'],
  ],
  'a file that is not there': [
    { 'adt.ts': moduleOf('', "import { x } from './gone.ts'\nvoid x") },
    ['adt.ts:4:19 import_missing'],
  ],
  'an import out of the fence': [
    { 'adt.ts': moduleOf('', "import { readFileSync } from 'node:fs'\nvoid readFileSync") },
    ['adt.ts:4:30 import_outside'],
  ],
  'faults of several files at once': [
    {
      'adt.ts': "import './a.ts'\nimport './b.ts'\nimport './gone.ts'",
      'a.ts': 'const = 1',
      'b.ts': 'import fs from "fs"; void fs',
    },
    ['adt.ts:3:8 import_missing', 'a.ts:1:7 module_syntax', 'b.ts:1:16 import_outside'],
  ],
  'a name that is not exported': [
    {
      'adt.ts': "\nimport { other } from './part.ts'\nexport default other",
      'part.ts': 'export const one = 1',
    },
    ['adt.ts:2:10 import_name_missing'],
  ],
  'no default export': [{ 'adt.ts': 'export const a = 1' }, ['adt.ts:1:1 mapping_missing']],
  'a default export that is no mapping': [
    { 'adt.ts': '\n\nexport default { map: 1 }' },
    ['adt.ts:3:1 mapping_wrong'],
  ],
  'a module that throws': [
    { 'adt.ts': "import './part.ts'", 'part.ts': '\n  throw new Error("no")' },
    ['part.ts:2:9 module_throws'],
  ],
  'a module that changes the language': [
    { 'adt.ts': '\n(JSON as any).stringify = () => "forged"' },
    ['adt.ts:2:25 module_throws'],
  ],
  'a module that adds to a prototype': [
    {
      'adt.ts': "import base from '#base'\n;(Array.prototype as any).last = 1\nexport default base",
    },
    ['adt.ts:3:1 module_throws'],
  ],
  'a circular import that leaves a name without its value': [
    {
      'adt.ts': "import { b } from './b.ts'\nexport const a = 1\nexport default b",
      'b.ts': "import { a } from './adt.ts'\n\nexport const b = a + 1",
    },
    ['b.ts:3:18 import_circular'],
  ],
  'a module that waits for ever': [
    { 'adt.ts': 'await new Promise(() => {})' },
    ['adt.ts:1:1 module_endless'],
  ],
  'a code table that is not there': [
    { 'adt.ts': "import { codes } from '#sdk'\ncodes('./gone.csv')" },
    ['adt.ts:2:1 code_table_missing'],
  ],
  'a row of a code table that is wrong': [
    {
      'adt.ts': "import { codes } from '#sdk'\ncodes('./table.csv')",
      'table.csv': 'code,target\nA,B\n,C\n',
    },
    ['table.csv:3:1 code_table_invalid'],
  ],
}

for (const [what, [files, findings]] of Object.entries(wrong)) {
  test(`finds ${what}`, async t => {
    assert.deepEqual(await check(t, files), findings)
  })
}

test('a module that loops costs its limit and hides nothing of the next', async t => {
  const folder = await project(t, {
    'loop.ts': 'for (;;) {}',
    'enum.ts': 'enum A {}',
    'good.ts': moduleOf(''),
  })
  const transforms = join(folder, 'transforms/harbor')
  const modules = ['loop.ts', 'enum.ts', 'good.ts'].map(name => join(transforms, name))
  const options = { transforms, project: folder, load_ms_max: 3_000 }
  const found = await checkModules(modules, options)
  assert.deepEqual(found.map(shown), [
    'loop.ts:1:1 module_endless',
    'enum.ts:1:1 module_typescript',
  ])
})

test('a module that grows without end is ended', async t => {
  const text = 'const all = []; for (;;) all.push(new Array(1e5).fill(0))'
  const [found] = await check(t, { 'adt.ts': text })
  assert.match(found ?? '', /^adt\.ts:1:1 module_(died|memory)$/)
})

test('a variable outside of any function is a warning: it outlives the message', async t => {
  const text = moduleOf('last = id', "let last: string | undefined = ''")
  assert.deepEqual(await check(t, { 'adt.ts': text }), ['adt.ts:4:1 module_state'])
})

test('a collection outside of any function that a function writes to is a warning, where it does', async t => {
  const text = moduleOf('seen.push(id)', 'const seen: string[] = []')
  const found = await check(t, { 'adt.ts': text })
  assert.match(found.join(), /^adt\.ts:\d+:\d+ module_state$/)
})

test('a circle of imports that harms nothing is none', async t => {
  const text = moduleOf('', "import { b } from './b.ts'\nvoid b\nexport const a = 1")
  const other = "import { a } from './adt.ts'\nexport const b = () => a"
  assert.deepEqual(await check(t, { 'adt.ts': text, 'b.ts': other }), [])
})

test('what is found says in words what to do', async t => {
  const folder = await project(t, { 'adt.ts': "\nthrow new RangeError('not so')" })
  const transforms = join(folder, 'transforms/harbor')
  const found = await checkModule(join(transforms, 'adt.ts'), { transforms, project: folder })
  assert.deepEqual(found, [
    {
      file: 'transforms/harbor/adt.ts',
      line: 2,
      column: 7,
      severity: 'error',
      rule: 'module_throws',
      what: 'The module throws while it is loaded: RangeError: not so',
      remedy: 'Mend it, or move it into map().',
    },
  ])
})
