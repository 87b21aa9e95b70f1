// A whole project judged before it runs: files, mappings in their fence, types, tests, what is
// unused; and a second look that costs no process.
import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { adapters } from '../../adapters/index.ts'
import { listFolder } from '../../src/kit/files.ts'
import { withTemporaryFolder } from '../../src/kit/temporary.ts'
import { checkProject } from '../../src/operate/check_project.ts'
import { sources } from '../../src/sources/index.ts'
import { type Files, project, SMALLEST, toyTables } from '../channel/toy.ts'

const tables = { ...toyTables, sources, adapters }
const ROOT = resolve(import.meta.dirname, '../..')
const TENANT = 'tenant: harbor\nname: Harbor\ntime_zone: America/Chicago\n'
const ADT = `import { adt } from '#base/adt'
import { codes } from '#sdk'
export default adt.extend({ codes: { patientClass: codes('./patient_class.csv') } })
`
const WHOLE: Files = {
  'channels/harbor/adt_in.yaml': `${SMALLEST}transform: harbor/adt\n`,
  'channels/harbor/tenant.yaml': TENANT,
  'channels/harbor/adt_in.test.yaml': 'tests: []\n',
  'transforms/harbor/adt.ts': ADT,
  'transforms/harbor/patient_class.csv': 'code,target\nX,IMP\n',
}
const look = async (folder: string, cache?: string) => {
  const { findings, ...rest } = await checkProject(folder, tables, { env: {}, sets: [], cache })
  const brief = findings.map(
    one => `${one.file}:${one.line}:${one.column} ${one.severity} ${one.rule}`,
  )
  return { brief, ...rest }
}
const without = (name: string): Files =>
  Object.fromEntries(Object.entries(WHOLE).filter(([file]) => !file.endsWith(name)))

test('the project of this repository has no errors', async () => {
  const { brief } = await look(ROOT)
  assert.deepEqual(
    brief.filter(one => one.includes(' error ')),
    [],
  )
})

test('a sound project has no finding, and all of it was looked at', async t => {
  const seen = await look(await project(t, WHOLE))
  assert.deepEqual(seen.brief, [])
  assert.deepEqual([seen.channels, seen.tenants, seen.modules, seen.types_checked], [1, 1, 1, true])
  assert.ok(seen.files.includes('transforms/harbor/patient_class.csv'))
})

test('a missing table, a step that is none, bad TypeScript and a wrong type have their places', async t => {
  const missing = await look(await project(t, without('patient_class.csv')))
  assert.match(
    missing.brief[0] ?? '',
    /^transforms\/harbor\/adt\.ts:3:\d+ error code_table_missing/,
  )
  const of = async (module: string) => {
    const folder = await project(t, { ...WHOLE, 'transforms/harbor/adt.ts': module })
    return (await look(folder)).brief.filter(one => one.includes(' error '))
  }
  const step = await of(ADT.replace('codes: {', 'patint() {}, codes: {'))
  assert.match(step[0] ?? '', /adt\.ts:3:\d+ error extension_invalid/)
  assert.match((await of(`enum A { b }\n${ADT}`))[0] ?? '', /adt\.ts:1:\d+ error module_typescript/)
  assert.match((await of(`${ADT}const x: number = 'a'\n`))[0] ?? '', /adt\.ts:4:7 error type_wrong/)
})

test('modules are judged also where the channels have errors', async t => {
  const seen = await look(
    await project(t, {
      ...WHOLE,
      'channels/harbor/adt_in.yaml': `${SMALLEST}transform: harbor/adt\nabot: x\n`,
      'transforms/harbor/adt.ts': 'export default 1',
    }),
  )
  assert.deepEqual(seen.brief, [
    'channels/harbor/adt_in.yaml:8:1 error unknown_key',
    'transforms/harbor/adt.ts:1:1 error mapping_wrong',
  ])
})

test('types that the mapping of the tenant does not name are warned of at their places', async t => {
  const messages = 'messages: [ADT, ADT^A01, SIU^S12, ORU^R01]'
  const channel = `${SMALLEST}transform: harbor/adt\naccept: { ${messages} }\n`
  const files = { ...WHOLE, 'channels/harbor/adt_in.yaml': channel }
  assert.deepEqual((await look(await project(t, files))).brief, [
    'channels/harbor/adt_in.yaml:8:36 warning type_unmapped',
    'channels/harbor/adt_in.yaml:8:45 warning type_unmapped',
  ])
  const both = "import { anyOf, defineMapping } from '#sdk'\nimport { adt } from '#base/adt'\n"
  const own = "defineMapping({ types: ['SIU^S12', 'ORU^R01'], map: () => [] })"
  const module = `${both}export default anyOf(adt, ${own})\n`
  const wider = { ...files, 'transforms/harbor/adt.ts': module }
  assert.deepEqual((await look(await project(t, wider))).brief, [
    'transforms/harbor/patient_class.csv:1:1 warning table_unused',
  ])
})

test('a channel that maps without tests, and what nobody uses, are warned of', async t => {
  const files = { ...without('.test.yaml'), 'transforms/harbor/old.csv': 'code,target\n' }
  const seen = await look(await project(t, files))
  assert.deepEqual(seen.brief, [
    'channels/harbor/adt_in.yaml:1:1 warning tests_missing',
    'transforms/harbor/old.csv:1:1 warning table_unused',
  ])
})

test('what was found of a module is found again without loading it, until a file changes', async t => {
  await withTemporaryFolder('firth-test-', async cache => {
    const folder = await project(t, { ...WHOLE, 'transforms/harbor/adt.ts': 'export default 1' })
    let loads = 0
    const progress = () => {
      loads += 1
    }
    const options = { env: {}, sets: [], cache, progress }
    const first = await checkProject(folder, tables, options)
    const again = await checkProject(folder, tables, options)
    assert.deepEqual(again, first)
    assert.equal(loads, 1)
    assert.equal((await listFolder(cache))?.length, 1)
    const other = await project(t, WHOLE)
    assert.deepEqual((await checkProject(join(other), tables, options)).findings, [])
    assert.equal(loads, 2)
  })
})
