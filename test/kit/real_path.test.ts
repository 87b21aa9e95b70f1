// Where paths lead.
import assert from 'node:assert/strict'
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { realPath } from '../../src/kit/real_path.ts'

test('follows links and knows what is not there', async t => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'firth_real_path_')))
  t.after(() => rm(folder, { recursive: true }))
  await symlink(folder, join(folder, 'link'))
  assert.equal(realPath(join(folder, 'link')), folder)
  assert.equal(realPath(join(folder, 'missing')), undefined)
})
