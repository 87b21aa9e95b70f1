// A file in a folder, whole or not at all, and never over another one.
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { compareFile, isPlaced, placeFile } from '../../src/kit/place_file.ts'

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'firth-place-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

const bytes = (text: string) => Buffer.from(text)
const options = (unique = 'u') => ({ mode: 0o640, unique })

test('puts a file there with its rights, and leaves nothing else', async t => {
  const at = await folder(t)
  const file = { folder: at, name: 'a.hl7', bytes: bytes('one') }
  assert.equal(await placeFile(file, options()), 'made')
  assert.deepEqual(await readdir(at), ['a.hl7'])
  assert.equal(await readFile(join(at, 'a.hl7'), 'utf8'), 'one')
  assert.equal((await stat(join(at, 'a.hl7'))).mode & 0o777, 0o640)
})

test('knows the same again, and never writes over another one', async t => {
  const at = await folder(t)
  const file = { folder: at, name: 'a', bytes: bytes('one') }
  await placeFile(file, options())
  assert.equal(await placeFile(file, options()), 'same')
  assert.equal(await placeFile({ ...file, bytes: bytes('two') }, options()), 'other')
  assert.equal(await readFile(join(at, 'a'), 'utf8'), 'one')
  assert.deepEqual(await readdir(at), ['a'])
})

test('of many at once under one name, one is made and the others know it', async t => {
  const at = await folder(t)
  const file = { folder: at, name: 'a', bytes: bytes('one') }
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => placeFile(file, options(`u${i}`))),
  )
  assert.equal(all.filter(found => found === 'made').length, 1)
  assert.equal(all.filter(found => found === 'same').length, 19)
  assert.deepEqual(await readdir(at), ['a'])
})

test('makes no folder, and says nothing of a file where there is none', async t => {
  const at = await folder(t)
  const lost = { folder: join(at, 'lost'), name: 'a', bytes: bytes('') }
  await assert.rejects(placeFile(lost, options()), { code: 'ENOENT' })
  await assert.rejects(compareFile(lost), { code: 'ENOENT' })
  assert.equal(await compareFile({ ...lost, folder: at }), 'absent')
  await writeFile(join(at, 'file'), '')
  await assert.rejects(placeFile({ ...lost, folder: join(at, 'file') }, options()), {
    code: 'ENOTDIR',
  })
  await mkdir(join(at, 'a'))
  await assert.rejects(placeFile({ ...lost, folder: at }, options()), { code: 'EISDIR' })
})

test('leaves no part behind where writing fails', async t => {
  const at = await folder(t)
  await writeFile(join(at, '.u.part'), 'of somebody else')
  const file = { folder: at, name: 'a', bytes: bytes('one') }
  const thrown = await placeFile(file, options()).catch((cause: unknown) => cause)
  assert.equal((thrown as NodeJS.ErrnoException).code, 'EEXIST')
  assert.equal(isPlaced(thrown), false)
  assert.ok(!(await readdir(at)).includes('a'))
})

const isRoot = process.getuid?.() === 0
test('is refused where it may not write', { skip: isRoot && 'root may write' }, async t => {
  const at = await folder(t)
  await chmod(at, 0o500)
  await assert.rejects(placeFile({ folder: at, name: 'a', bytes: bytes('') }, options()), {
    code: 'EACCES',
  })
  await chmod(at, 0o700)
})
