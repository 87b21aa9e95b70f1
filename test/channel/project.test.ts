// Which files of a folder are channels and tenants, and which are named as neither.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProject } from '../../src/channel/project.ts'
import { briefly, load, project, SMALLEST } from './toy.ts'

test('channels and tenants are told apart, and tests are neither', async t => {
  const folder = await project(t, {
    'channels/harbor/adt_in.yaml': SMALLEST,
    'channels/harbor/adt_in.test.yaml': 'not: a channel',
    'channels/harbor/tenant.yaml': 'tenant: harbor',
    'channels/harbor/.draft.yaml': 'hidden',
    'channels/channel.schema.json': '{}',
    'channels/lab.yaml': SMALLEST,
    'firth.yaml': 'limits: {}',
  })
  const files = await readProject(folder)
  assert.deepEqual(
    files.channels.map(({ file, folder, stem }) => [file, folder, stem]),
    [
      ['channels/lab.yaml', undefined, 'lab'],
      ['channels/harbor/adt_in.yaml', 'harbor', 'adt_in'],
    ],
  )
  assert.deepEqual(
    files.tenants.map(({ file }) => file),
    ['channels/harbor/tenant.yaml'],
  )
  assert.equal(files.engine?.toString(), 'limits: {}')
  assert.deepEqual(files.findings, [])
})

test('files that look like channels and are not read are named', async t => {
  const loaded = await load(t, {
    'channels/harbor/adt_in.yml': SMALLEST,
    'channels/harbor/old/adt_in.yaml': SMALLEST,
  })
  assert.deepEqual(briefly(loaded), [
    'channels:1:1 warning no_channels',
    'channels/harbor/adt_in.yml:1:1 error file_not_read',
    'channels/harbor/old:1:1 warning folder_not_read',
  ])
})
