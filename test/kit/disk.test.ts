// Files and folders: absence is an answer, everything else that goes wrong is thrown.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemDisk } from '../../src/kit/disk.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firth_test_disk_'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('makes a folder with what is missing above it, and is content where it exists', t => {
  const path = join(folderOf(t), 'a', 'b', 'c')
  systemDisk.makeFolder(path)
  systemDisk.makeFolder(path)
  assert.deepEqual(systemDisk.list(path), [])
  writeFileSync(join(path, 'file'), '')
  assert.throws(() => systemDisk.makeFolder(join(path, 'file', 'd')), { code: 'ENOTDIR' })
})

test('lists names in order, and none where there is no folder', t => {
  const folder = folderOf(t)
  for (const name of ['b', 'a', 'c']) writeFileSync(join(folder, name), name)
  assert.deepEqual(systemDisk.list(folder), ['a', 'b', 'c'])
  assert.deepEqual(systemDisk.list(join(folder, 'missing')), [])
  assert.throws(() => systemDisk.list(join(folder, 'a')), { code: 'ENOTDIR' })
})

test('tells sizes, reads spans, renames, copies and removes', t => {
  const folder = folderOf(t)
  const [one, two, three] = ['one', 'two', 'three'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(one, '0123456789')
  assert.equal(systemDisk.size(one), 10)
  assert.equal(systemDisk.size(two), undefined)
  assert.equal(systemDisk.readAt(one, { offset: 3, count: 4 }).toString(), '3456')
  assert.equal(systemDisk.readAt(one, { offset: 8, count: 4 }).toString(), '89')
  systemDisk.copy(one, { path: two })
  systemDisk.rename(two, { path: three })
  assert.deepEqual(systemDisk.list(folder), ['one', 'three'])
  systemDisk.remove(three)
  systemDisk.remove(three)
  systemDisk.syncFolder(folder)
  assert.deepEqual(systemDisk.list(folder), ['one'])
})

test('says whether a place can be written, and leaves other troubles to the writer', t => {
  assert.equal(systemDisk.isWritable(folderOf(t)), true)
  assert.equal(systemDisk.isWritable('/nowhere/at/all'), true)
})

test('a temporary folder goes with everything in it', () => {
  const folder = systemDisk.makeTemporaryFolder('firth_test_disk_')
  writeFileSync(join(folder, 'file'), '')
  systemDisk.removeFolder(folder)
  assert.equal(existsSync(folder), false)
})
