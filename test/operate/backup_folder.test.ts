// A backup on a disk is believed only as far as it can be proved.
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { backUp } from '../../src/operate/backup.ts'
import { foldersOf, isEmpty, proveFiles, readManifest } from '../../src/operate/backup_folder.ts'
import { filled } from './backup_world.ts'

const damaged = (file: string) => (cause: unknown) => {
  const { code, facts } = cause as { code: string; facts: { file: string } }
  return code === 'backup_damaged' && facts.file === file
}

describe('a backup on a disk', () => {
  it('is whole as it was written, and not with one byte more, less or other', async t => {
    const { rooms, request, place } = await filled(t, 1)
    const { files } = await backUp(request('one'), rooms)
    let bytes = 0
    await proveFiles(place('one'), files, more => {
      bytes += more
    })
    assert.ok(bytes > 0)
    const state = join(place('one'), 'state.db')
    const before = readFileSync(state)
    appendFileSync(state, 'x')
    await assert.rejects(proveFiles(place('one'), files), damaged('state.db'))
    const other = Buffer.from(before)
    other[5_000] = (other[5_000] ?? 0) ^ 1
    writeFileSync(state, other)
    await assert.rejects(proveFiles(place('one'), files), damaged('state.db'))
    rmSync(state)
    await assert.rejects(proveFiles(place('one'), files), damaged('state.db'))
  })

  it('is none without its manifest, and none of a later format', async t => {
    const { rooms, request, place } = await filled(t, 1)
    const manifest = await backUp(request('one'), rooms)
    const file = join(place('one'), 'manifest.json')
    writeFileSync(file, JSON.stringify({ ...manifest, format: 99 }))
    await assert.rejects(readManifest(place('one')), { code: 'backup_newer' })
    for (const text of ['{', '[]', '{"format":1}']) {
      writeFileSync(file, text)
      await assert.rejects(readManifest(place('one')), damaged('manifest.json'))
    }
    rmSync(file)
    await assert.rejects(readManifest(place('one')), { code: 'backup_missing' })
  })

  it('may name nothing outside of itself', async t => {
    const { place } = await filled(t, 1)
    for (const path of ['../escape', '/etc/x', 'log/../../x']) {
      const files = [{ path, bytes: 0, sha256: '' }]
      await assert.rejects(proveFiles(place('one'), files), damaged(path))
    }
  })

  it('knows its folders, the deepest first, and an empty one from a missing one by nothing', async t => {
    const files = ['log/a.db', 'deployments/harbor/1/x', 'state.db'].map(path => {
      return { path, bytes: 0, sha256: '' }
    })
    const folders = foldersOf(files)
    assert.equal(folders[0], 'deployments/harbor/1')
    assert.deepEqual([...folders].sort(), [
      '',
      'deployments',
      'deployments/harbor',
      'deployments/harbor/1',
      'log',
    ])
    const { place } = await filled(t, 1)
    assert.equal(await isEmpty(place('nothing')), true)
  })
})
