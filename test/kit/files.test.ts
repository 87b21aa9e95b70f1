// Whole files: listed, read, written; absence is an answer, other trouble is not.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  filesBelow,
  isFile,
  listFolder,
  makeOwnFolder,
  readBytes,
  writeText,
} from '../../src/kit/files.ts'

test('folders are listed by name, with links followed and dead ones told as lost', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'firth-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'b'))
  await writeFile(join(folder, 'b/inner.txt'), 'x')
  await writeFile(join(folder, 'c.txt'), 'abc')
  await symlink(join(folder, 'c.txt'), join(folder, 'a_link'))
  await symlink(join(folder, 'nowhere'), join(folder, 'dead_link'))
  assert.deepEqual(await listFolder(folder), [
    { name: 'a_link', kind: 'file', bytes: 3 },
    { name: 'b', kind: 'folder', bytes: 0 },
    { name: 'c.txt', kind: 'file', bytes: 3 },
    { name: 'dead_link', kind: 'lost', bytes: 0 },
  ])
  assert.deepEqual(await filesBelow(folder), ['a_link', 'b/inner.txt', 'c.txt', 'dead_link'])
})

test('what is not there is undefined, empty or false', async () => {
  const nowhere = join(tmpdir(), 'firth-no-such-folder')
  assert.equal(await listFolder(nowhere), undefined)
  assert.deepEqual(await filesBelow(nowhere), [])
  assert.equal(await readBytes(nowhere), undefined)
  assert.equal(await isFile(nowhere), false)
  assert.equal(await isFile(tmpdir()), false)
})

test('a file is written with the folders that it needs, and read back', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'firth-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'new/deep/a.txt')
  await writeText(file, 'grüß')
  assert.equal((await readBytes(file))?.toString('utf8'), 'grüß')
})

test('a folder of our own is made with those above it, or says what is wrong', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'firth-files-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const own = join(folder, 'a/b/c')
  assert.equal(await makeOwnFolder(own), undefined)
  assert.equal(await makeOwnFolder(own), undefined)
  assert.deepEqual(await listFolder(join(folder, 'a/b')), [{ name: 'c', kind: 'folder', bytes: 0 }])
  await writeFile(join(folder, 'file'), 'x')
  assert.equal(await makeOwnFolder(join(folder, 'file')), 'EEXIST')
  assert.equal(await makeOwnFolder(join(folder, 'file/d')), 'ENOTDIR')
})

const noProc = process.platform === 'linux' ? false : 'needs the /proc of Linux'
test('a folder that cannot be made below /proc is an answer, not an endless try', {
  skip: noProc,
}, async () => {
  assert.equal(await makeOwnFolder('/proc/firth_none/data'), 'ENOENT')
})
