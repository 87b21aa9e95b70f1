// Files of a tenant that nothing names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unusedFiles } from '../../src/operate/check_unused.ts'
import { project } from '../channel/toy.ts'

test('tables and modules that nobody names are told, those that are named are not', async t => {
  const folder = await project(t, {
    'transforms/harbor/adt.ts': "import './helper.ts'\ncodes('./used.csv')",
    'transforms/harbor/helper.ts': '',
    'transforms/harbor/left.ts': "import './left.ts'",
    'transforms/harbor/used.csv': '',
    'transforms/harbor/left.csv': '',
    'transforms/harbor/adt.cases/01.ts': '',
  })
  const modules = [`${folder}/transforms/harbor/adt.ts`]
  const findings = await unusedFiles({ project: folder, tenant: 'harbor', modules })
  assert.deepEqual(
    findings.map(one => `${one.file} ${one.severity} ${one.rule}`),
    [
      'transforms/harbor/left.csv warning table_unused',
      'transforms/harbor/left.ts warning module_unused',
    ],
  )
})

test('a tenant without a folder has nothing unused', async t => {
  const folder = await project(t, {})
  assert.deepEqual(await unusedFiles({ project: folder, tenant: 'harbor', modules: [] }), [])
})
