// Copies that are known again: whole, private, and never over something that stands there.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  copyHashed,
  hashFile,
  linkFile,
  listBelow,
  makeLink,
  makePrivateFolder,
  removeAll,
  syncFile,
  syncFolder,
  writeDurable,
} from '../../src/kit/hashed_file.ts'

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'firth_test_hash_'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

/** Larger than two pieces, and no multiple of one. */
const CONTENT = Buffer.alloc(2_500_001, 'synthetic ')
const HASHED = {
  bytes: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
}

test('a copy has the bytes, their hash, and one reader', async t => {
  const at = await folder(t)
  await writeFile(join(at, 'from'), CONTENT)
  const path = join(at, 'to')
  assert.deepEqual(await copyHashed(join(at, 'from'), { path }), HASHED)
  assert.ok((await readFile(path)).equals(CONTENT))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await hashFile(path), HASHED)
  await assert.rejects(copyHashed(join(at, 'from'), { path }), { code: 'EEXIST' })
  await assert.rejects(copyHashed(join(at, 'nothing'), { path: join(at, 'x') }), { code: 'ENOENT' })
})

test('a file that is not there has no hash', async t => {
  const at = await folder(t)
  assert.equal(await hashFile(join(at, 'nothing')), undefined)
  assert.equal((await hashFile(await emptyIn(at)))?.bytes, 0)
})

async function emptyIn(at: string): Promise<string> {
  await writeFile(join(at, 'empty'), '')
  return join(at, 'empty')
}

test('a second name takes no room, and where there can be none it is said', async t => {
  const at = await folder(t)
  const from = await emptyIn(at)
  assert.equal(await linkFile(from, { path: join(at, 'second') }), true)
  assert.equal((await stat(from)).nlink, 2)
  assert.equal(await linkFile(join(at, 'nothing'), { path: join(at, 'third') }), false)
})

test('text is written whole and private, over what stood there', async t => {
  const at = await folder(t)
  const path = join(at, 'text')
  await writeDurable(path, 'one')
  await writeDurable(path, 'two')
  assert.equal(await readFile(path, 'utf8'), 'two')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await syncFile(path)
  await syncFolder(at)
})

test('what stands below is told by its path, links with where they lead', async t => {
  const at = await folder(t)
  await makePrivateFolder(join(at, 'a/b'))
  assert.equal((await stat(join(at, 'a/b'))).mode & 0o777, 0o700)
  await writeFile(join(at, 'a/b/z'), '')
  await writeFile(join(at, 'y'), '')
  await mkdir(join(at, 'empty'))
  await symlink('../b', join(at, 'a/b/link'))
  await makeLink(join(at, 'a/other'), { link: 'b' })
  assert.deepEqual(await listBelow(at), [
    { path: 'a/b/link', link: '../b' },
    { path: 'a/b/z', link: undefined },
    { path: 'a/other', link: 'b' },
    { path: 'y', link: undefined },
  ])
  await removeAll(join(at, 'a'))
  assert.equal((await listBelow(at)).length, 1)
  assert.deepEqual(await listBelow(join(at, 'nothing')), [])
})
