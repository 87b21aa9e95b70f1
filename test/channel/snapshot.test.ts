// Snapshots: whole, known again by their hashes, and read as they were made.
import assert from 'node:assert/strict'
import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadProject } from '../../src/channel/load.ts'
import {
  changesBetween,
  loadSnapshot,
  makeSnapshot,
  readManifest,
  snapshotFolder,
} from '../../src/channel/snapshot.ts'
import { present } from '../../src/kit/assert.ts'
import { project, SMALLEST, toyTables } from './toy.ts'

const FILES = {
  'channels/harbor/adt_in.yaml': `${SMALLEST}    host: \${HOST}\n`,
  'channels/harbor/adt_in.test.yaml': 'tests: []\n',
  'channels/other/feed.yaml': 'channel: feed\ntenant: other\nabout: X.\nsource: { timer: {} }\n',
  'transforms/harbor/adt.ts': '// one',
  'transforms/harbor/sex.csv': 'M,male',
  'transforms/harbor/adt.cases/a.hl7': 'MSH',
}

async function snapshot(t: Parameters<typeof project>[0]) {
  const from = await project(t, FILES)
  const folder = join(await project(t, {}), 'deployments')
  const env = { HOST: '127.0.0.1' }
  const { plan } = await loadProject(from, toyTables, { env, sets: [] })
  const tenant = present(
    plan?.tenants.find(one => one.tenant === 'harbor'),
    'the tenant',
  )
  const options = { folder, project: from, version: '0.0.0' }
  const load = (more: Record<string, string> = env) =>
    loadSnapshot(tenant, { folder, tables: toyTables, env: more })
  return { from, folder, tenant, options, load }
}

test('holds the files that decide and no others, and gives the plan back with its hash', async t => {
  const { folder, tenant, options, load } = await snapshot(t)
  assert.equal(await load(), undefined)
  await makeSnapshot(tenant, options)
  const root = snapshotFolder(folder, tenant)
  assert.deepEqual((await readdir(join(root, 'channels/harbor'))).sort(), ['adt_in.yaml'])
  assert.deepEqual((await readdir(join(root, 'transforms/harbor'))).sort(), ['adt.ts', 'sex.csv'])
  assert.ok((await readdir(join(root, 'transforms/base'))).includes('index.ts'))
  const loaded = await load()
  assert.equal(loaded?.exact, true)
  assert.equal(loaded?.plan?.deployment, tenant.deployment)
  assert.equal(loaded?.plan?.transforms, join(root, 'transforms/harbor'))
  assert.equal(loaded?.plan?.base, join(root, 'transforms/base'))
})

test('keeps variables as variables: no value of the environment is in it', async t => {
  const { tenant, options, load } = await snapshot(t)
  await makeSnapshot(tenant, options)
  const elsewhere = await load({ HOST: '10.0.0.1' })
  assert.equal(elsewhere?.plan?.channels[0]?.source.config.host, '10.0.0.1')
  const missing = await load({})
  assert.equal(missing?.plan, undefined)
  assert.deepEqual(
    missing?.findings.map(({ rule }) => rule),
    ['variable_missing'],
  )
})

test('refuses files that changed since they were checked', async t => {
  const { from, tenant, options } = await snapshot(t)
  await writeFile(join(from, 'transforms/harbor/adt.ts'), '// half of')
  await assert.rejects(makeSnapshot(tenant, options), { code: 'deployment_changing' })
})

test('knows that a file of it was changed or lost', async t => {
  const { folder, tenant, options, load } = await snapshot(t)
  await makeSnapshot(tenant, options)
  const file = join(snapshotFolder(folder, tenant), 'transforms/harbor/sex.csv')
  await chmod(file, 0o600)
  await writeFile(file, 'M,female')
  await assert.rejects(load(), { code: 'deployment_damaged' })
  await rm(file)
  await assert.rejects(load(), { code: 'deployment_damaged' })
})

test('tells which files differ from another deployment', async t => {
  const { folder, tenant, options } = await snapshot(t)
  await makeSnapshot(tenant, options)
  const manifest = await readManifest(folder, tenant)
  assert.deepEqual(changesBetween(manifest, tenant), [])
  const contents = [
    ['channels/harbor/adt_in.yaml', 'other'],
    ['transforms/harbor/new.ts', 'x'],
    ...(tenant.contents ?? []).filter(([file]) => file.endsWith('.ts')),
  ] as const
  assert.deepEqual(changesBetween(manifest, { contents, deployment: 'x' }), [
    '+transforms/harbor/new.ts',
    '-transforms/harbor/sex.csv',
    '~channels/harbor/adt_in.yaml',
  ])
  assert.deepEqual(changesBetween(manifest, { ...tenant, deployment: 'x' }), ['~base'])
})
