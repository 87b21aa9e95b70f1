// Files that settings name, looked for by a check: found, missing, and not looked for where they
// stand as text.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { adapters } from '../../adapters/index.ts'
import { loadProject } from '../../src/channel/load.ts'
import { logs } from '../../src/logs/index.ts'
import { sources } from '../../src/sources/index.ts'
import { stores } from '../../src/stores/index.ts'
import { transports } from '../../src/transports/index.ts'

async function findingsOf(t: TestContext, auth: string, key = '') {
  const project = await mkdtemp(join(tmpdir(), 'firth_files_'))
  t.after(() => rm(project, { recursive: true, force: true }))
  await mkdir(join(project, 'channels/harbor'), { recursive: true })
  await writeFile(join(project, 'there.pem'), 'x')
  const tenant = [
    'tenant: harbor',
    'targets:',
    '  broken: { fhir_r4: { base_url: 5 } }',
    '  chart:',
    '    fhir_r4:',
    '      base_url: https://fhir.example.org/r4',
    `      auth: { smart_backend: { client_id: app, key: "\${KEY}" } }`,
    `      tls: { ca: ${auth.replace('HERE', project)} }`,
  ]
  await writeFile(join(project, 'channels/harbor/tenant.yaml'), `${tenant.join('\n')}\n`)
  const tables = { sources, transports, adapters, logs, stores }
  const env = { KEY: key.replace('HERE', project) }
  const { findings } = await loadProject(project, tables, { env, sets: [] })
  return findings.filter(one => one.rule === 'named_file_missing')
}

test('a file that settings name and that is missing is a finding at its line', async t => {
  const [first, second, ...more] = await findingsOf(t, 'HERE/none.pem', 'HERE/lost.pem')
  assert.deepEqual(more, [])
  assert.deepEqual([first?.line, second?.line], [7, 8])
  assert.match(second?.what ?? '', /none\.pem/)
})

test('a file that is there, and a key that is text, are no finding', async t => {
  assert.deepEqual(await findingsOf(t, 'HERE/there.pem', '{"kty":"EC"}'), [])
})
