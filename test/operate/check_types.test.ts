// The types of tenants' modules, by the compiler that is installed beside the engine.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { checkTypes } from '../../src/operate/check_types.ts'
import { project } from '../channel/toy.ts'

const ENGINE = resolve(import.meta.dirname, '../..')
const SOUND = `import { adt } from '#base/adt'
export default adt.extend({
  patient(patient, message) {
    patient.identifier.push({ system: 'urn:x', value: message.text('ZPI-4') ?? 'none' })
  },
})
`

test('a sound module has no finding; a slip is told where it stands', async t => {
  const wrong = SOUND.replace('.identifier.', '.identifer.')
  const folder = await project(t, {
    'transforms/harbor/adt.ts': SOUND,
    'transforms/riverside/adt.ts': `import { helper } from './helper.ts'\n${wrong}helper(1)\n`,
    'transforms/riverside/helper.ts': 'export const helper = (text: string) => text\n',
  })
  const modules = ['harbor/adt.ts', 'riverside/adt.ts'].map(file => `${folder}/transforms/${file}`)
  const findings = await checkTypes({ project: folder, engine: ENGINE, modules })
  assert.deepEqual(
    findings?.map(one => `${one.file}:${one.line}:${one.column} ${one.rule}`),
    ['transforms/riverside/adt.ts:5:13 type_wrong', 'transforms/riverside/adt.ts:8:8 type_wrong'],
  )
  assert.match(findings?.[0]?.what ?? '', /identifier/)
})

test('what a mapping does not have is told as that, without advice to install it', async t => {
  const text = `${SOUND}console.log(process.version)\n`
  const folder = await project(t, { 'transforms/harbor/adt.ts': text })
  const modules = [`${folder}/transforms/harbor/adt.ts`]
  const findings = await checkTypes({ project: folder, engine: ENGINE, modules })
  assert.deepEqual(
    findings?.map(({ what }) => what.replace(/ \(TS\d+\)$/, '')),
    ["Cannot find name 'console'.", "Cannot find name 'process'."],
  )
  for (const { remedy } of findings ?? []) assert.match(remedy, /^A mapping is pure/)
})

test('without a compiler beside the engine nothing is said of types', async t => {
  const folder = await project(t, { 'transforms/harbor/adt.ts': 'const x: number = ""' })
  const modules = [`${folder}/transforms/harbor/adt.ts`]
  assert.equal(await checkTypes({ project: folder, engine: folder, modules }), undefined)
})
