// Modules of many tenants in one process: only those of which there is nothing to say, and nobody
// who reaches beyond his own folder.
import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { soundTogether } from '../../src/operate/check_together.ts'
import { project } from '../channel/toy.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const base = join(ROOT, 'transforms/base')
const ADT = "import { adt } from '#base/adt'\nimport { codes } from '#sdk'\n"
const extended = (table: string) =>
  `${ADT}export default adt.extend({ codes: { patientClass: codes('${table}') } })\n`
const TABLE = 'code,target\nX,IMP\n'

/** Each tenant's module, by its name. */
const MODULES = {
  plain: `${ADT}export default adt\n`,
  tabled: extended('./classes.csv'),
  nested: "import { own } from './lib/own.ts'\nexport default own\n",
  borrows: extended('../tabled/classes.csv'),
  imports: "export { default } from '../plain/adt.ts'\n",
  spells: "export { default } from '\\x2e./plain/adt.ts'\n",
  absolute: extended('/nowhere/transforms/tabled/classes.csv'),
  patches: `Array.prototype.toString = () => ''\n${ADT}export default adt\n`,
  throws: "throw new Error('at load')\n",
  lacks: extended('./gone.csv'),
  linked: "export { default } from './other.ts'\n",
  remembers: `let count = 0\n${ADT}export default adt\nexport const f = () => (count += 1)\n`,
}

test('finds those sound of which there is nothing to say, and judges nobody else', async t => {
  const files = Object.entries(MODULES).map(([tenant, text]) => [
    `transforms/${tenant}/adt.ts`,
    text,
  ])
  const folder = await project(t, {
    ...Object.fromEntries(files),
    'transforms/tabled/classes.csv': TABLE,
    'transforms/nested/lib/own.ts': "export { default as own } from '../adt_own.ts'\n",
    'transforms/nested/adt_own.ts': `${ADT}export default adt\n`,
  })
  const at = (name: string) => join(folder, 'transforms', name)
  await symlink(at('plain/adt.ts'), at('linked/other.ts'))
  const tenants = Object.keys(MODULES).map(tenant => {
    return { project: folder, tenant, modules: [at(`${tenant}/adt.ts`)] }
  })
  const sound = await soundTogether(tenants, { base })
  assert.deepEqual([...sound.keys()].sort(), ['nested', 'plain', 'tabled'])
  assert.ok(sound.get('plain')?.[at('plain/adt.ts')]?.includes('ADT^A01'))
  await writeFile(at('plain/adt.ts'), 'while (true) {}\n')
  assert.deepEqual([...(await soundTogether(tenants.slice(0, 2), { base })).keys()], ['tabled'])
})

test('has no use for one tenant alone, nor where the base lies among the tenants', async t => {
  const folder = await project(t, { 'transforms/plain/adt.ts': MODULES.plain })
  const plain = {
    ...{ project: folder, tenant: 'plain' },
    modules: [join(folder, 'transforms/plain/adt.ts')],
  }
  assert.equal((await soundTogether([plain], { base })).size, 0)
  const own = { project: ROOT, tenant: 'riverside', modules: [] }
  assert.equal((await soundTogether([own, own], { base })).size, 0)
})
