// Files that must not stand yet.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeNew } from '../../src/kit/new_file.ts'

test('makes a file with its folders, and leaves one that stands as it is', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'firth-new-file-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'a/b/c.yaml')
  assert.equal(await writeNew(file, 'one'), true)
  assert.equal(await writeNew(file, 'two'), false)
  assert.equal(readFileSync(file, 'utf8'), 'one')
})

test('other trouble with the disk is thrown', async () => {
  await assert.rejects(writeNew('/proc/self/comm/x', 'one'))
})
