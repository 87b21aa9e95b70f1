// Answers kept between runs: there when they can be, absent otherwise, never wrong.
import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { cacheFolder, openKept } from '../../src/kit/kept.ts'
import { withTemporaryFolder } from '../../src/kit/temporary.ts'

test('what was put is got back, by another run too', async () => {
  await withTemporaryFolder('firth-test-', async folder => {
    const below = join(folder, 'deep', 'er')
    await openKept(below).put('a1', { x: [1] })
    assert.deepEqual(await openKept(below).get('a1'), { x: [1] })
    assert.equal(await openKept(below).get('a2'), undefined)
    assert.deepEqual(await readdir(below), ['a1.json'], 'nothing half written is left')
  })
})

test('a damaged answer, no folder, or one that cannot be is no answer', async () => {
  await withTemporaryFolder('firth-test-', async folder => {
    await writeFile(join(folder, 'a.json'), '{"x":')
    assert.equal(await openKept(folder).get('a'), undefined)
    const kept = openKept(join(folder, 'a.json', 'below'))
    await kept.put('b', 1)
    assert.equal(await kept.get('b'), undefined)
  })
  await openKept(undefined).put('a', 1)
  assert.equal(await openKept(undefined).get('a'), undefined)
})

test('a folder that grew too large is begun anew', async () => {
  await withTemporaryFolder('firth-test-', async folder => {
    await mkdir(folder, { recursive: true })
    const names = Array.from({ length: 2_000 }, (_, i) => join(folder, `old${i}.json`))
    await Promise.all(names.map(name => writeFile(name, '1')))
    await openKept(folder).put('new', 2)
    assert.deepEqual(await readdir(folder), ['new.json'])
  })
})

test('the cache lies where the user keeps caches', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/firth')
  assert.equal(cacheFolder({ HOME: '/h' }), '/h/.cache/firth')
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '' }), undefined)
})
