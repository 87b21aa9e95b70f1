// The deployment's hash changes with what decides, and with nothing else.
import assert from 'node:assert/strict'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadProject } from '../../src/channel/load.ts'
import { project, SMALLEST, toyTables } from './toy.ts'

const FILES = {
  'channels/harbor/adt_in.yaml': `${SMALLEST}    host: \${HOST:-127.0.0.1}\n`,
  'channels/harbor/tenant.yaml': 'tenant: harbor\n',
  'channels/harbor/adt_in.test.yaml': 'a: 1\n',
  'channels/other/feed.yaml': 'channel: feed\ntenant: other\nabout: X.\nsource: { timer: {} }\n',
  'transforms/harbor/adt.ts': '// one',
  'transforms/harbor/codes/sex.csv': 'M,male',
  'firth.yaml': 'limits: { mapping_ms_max: 1000 }\n',
}
const ENGINE = {
  'src/mapping_sdk.ts': '// sdk',
  'src/codecs/hl7v2/read.ts': '// read',
  'src/model/event.ts': '// event',
  'src/model/README.md': 'generated',
  'src/path/path.ts': '// path',
  'transforms/base/index.ts': '// base',
}

test('the hash follows the files of the tenant and of the mappings, and nothing else', async t => {
  const folder = await project(t, FILES)
  const engine = await project(t, ENGINE)
  const hash = async (env: Record<string, string> = {}, at = folder) => {
    const { plan } = await loadProject(at, toyTables, { env, sets: [], engine })
    return plan?.tenants.find(one => one.tenant === 'harbor')?.deployment
  }
  const before = await hash()
  assert.match(before ?? '', /^[0-9a-f]{16}$/)
  assert.equal(await hash({ HOST: '10.0.0.1' }), before)

  const changes = async (root: string, file: string, text: string) => {
    const known: Record<string, string> = root === folder ? FILES : ENGINE
    const path = join(root, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    const after = await hash()
    await (known[file] === undefined ? rm(path) : writeFile(path, known[file]))
    assert.equal(await hash(), before, 'the old files make the old hash')
    return after !== before
  }
  assert.equal(await changes(folder, 'channels/harbor/tenant.yaml', 'tenant: harbor # x\n'), true)
  assert.equal(await changes(folder, 'transforms/harbor/adt.ts', '// two'), true)
  assert.equal(await changes(folder, 'transforms/harbor/codes/sex.csv', 'F,female'), true)
  assert.equal(await changes(folder, 'transforms/harbor/new.ts', ''), true)
  assert.equal(await changes(engine, 'src/mapping_sdk.ts', '// other'), true)
  assert.equal(await changes(engine, 'src/codecs/hl7v2/read.ts', '// other'), true)
  assert.equal(await changes(engine, 'src/model/event.ts', '// other'), true)
  assert.equal(await changes(engine, 'transforms/base/index.ts', '// other'), true)

  assert.equal(await changes(engine, 'src/path/path.ts', '// other'), false)
  assert.equal(await changes(engine, 'src/model/README.md', 'other'), false)
  assert.equal(await changes(folder, 'channels/harbor/adt_in.test.yaml', 'b: 2\n'), false)
  assert.equal(await changes(folder, 'channels/other/tenant.yaml', 'tenant: other\n'), false)
  assert.equal(await changes(folder, 'transforms/other/adt.ts', ''), false)
  assert.equal(await changes(folder, 'firth.yaml', 'limits: {}\n'), false)
})

test('the same project elsewhere has the same hash', async t => {
  const [here, there] = [await project(t, FILES), await project(t, {})]
  await cp(here, there, { recursive: true })
  const hashes = [here, there].map(async at => {
    const { plan } = await loadProject(at, toyTables, { env: {}, sets: [] })
    return plan?.tenants.map(one => one.deployment)
  })
  const [one, two] = await Promise.all(hashes)
  assert.equal(one?.length, 2)
  assert.deepEqual(one, two)
})
