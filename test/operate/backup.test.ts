// A backup: of one moment, private, proved, and refused where it could not be one.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Manifest } from '../../src/model/backup.ts'
import { LAST_BACKUP_CURSOR } from '../../src/model/keep_store.ts'
import { backUp } from '../../src/operate/backup.ts'
import { proveFiles, readManifest } from '../../src/operate/backup_folder.ts'
import { recordsOf, until } from '../path/rooms.ts'
import { filled, message } from './backup_world.ts'
import { RAW, settled } from './world.ts'

const pathsOf = ({ files }: Manifest) => files.map(({ path }) => path).sort()

describe('a backup', () => {
  it('names its files, positions, maker and moment, and is for its owner alone', async t => {
    const { rooms, request, place } = await filled(t)
    const manifest = await backUp(request('one'), rooms)
    assert.deepEqual(await readManifest(place('one')), manifest)
    assert.deepEqual(pathsOf(manifest).slice(0, 2), ['log/0000000000000001.db', 'log/groups.db'])
    assert.ok(pathsOf(manifest).includes('state.db'))
    assert.equal(manifest.by, 'R. Moss')
    assert.equal(manifest.version, '1.2.3')
    assert.equal(manifest.ends.find(({ topic }) => topic === RAW)?.offset, 4)
    for (const { path } of manifest.files)
      assert.equal(statSync(join(place('one'), path)).mode & 0o777, 0o600)
    assert.equal(statSync(place('one')).mode & 0o777, 0o700)
    const last = JSON.parse((await rooms.store.getCursor(LAST_BACKUP_CURSOR)) ?? '{}')
    assert.deepEqual([last.by, last.folder, last.files], ['R. Moss', place('one'), undefined])
    const line = (await recordsOf(rooms.log, 'audit.harbor')).at(-1)
    assert.equal(line?.headers.act, 'backup')
    assert.equal(JSON.parse(line?.value.toString() ?? '{}').why, 'a test')
  })

  it('leaves the engine at work and nothing in its folder', async t => {
    const { rooms, request, data, engine, send, chart } = await filled(t)
    await backUp(request('one'), rooms)
    const before = chart.held.size
    await send(message(9))
    await until('the next message is through', async () => {
      return (await settled(engine)) && chart.held.size > before
    })
    assert.ok(!readdirSync(data).some(name => name.endsWith('.part')))
  })

  it('takes no room again for what an earlier one has', async t => {
    const { rooms, request, place, send, engine } = await filled(t)
    const one = await backUp(request('one'), rooms)
    await send(message(5))
    await until('it is through', () => settled(engine))
    const two = await backUp(request('two', { since: place('one') }), rooms)
    const same = 'log/0000000000000001.db'
    assert.equal(statSync(join(place('two'), same)).ino, statSync(join(place('one'), same)).ino)
    assert.ok(two.files.length > one.files.length, 'and what is new is beside it')
    await proveFiles(place('two'), two.files)
  })

  it('is refused into a folder that is not empty, or inside of the data', async t => {
    const { rooms, request, data } = await filled(t, 1)
    await backUp(request('one'), rooms)
    await assert.rejects(backUp(request('one'), rooms), { code: 'backup_folder_taken' })
    const inside = request('one', { folder: join(data, 'backup') })
    await assert.rejects(backUp(inside, rooms), { code: 'backup_folder_taken' })
    const since = request('three', { since: '/nowhere' })
    await assert.rejects(backUp(since, rooms), { code: 'backup_missing' })
  })

  it('that is given up on its way is none', async t => {
    const { rooms, request, place, data } = await filled(t, 1)
    const stopped = new Error('stopped')
    const progress = ({ files_done = 0 }) => {
      if (files_done > 0) throw stopped
    }
    await assert.rejects(backUp(request('one'), rooms, progress), stopped)
    await assert.rejects(readManifest(place('one')), { code: 'backup_missing' })
    assert.ok(!readdirSync(data).includes('backup.part'))
  })

  it('is not made by rooms that cannot', async t => {
    const { rooms, request } = await filled(t, 1)
    const { copyTo: _, ...store } = rooms.store
    const without = { ...rooms, store } as unknown as typeof rooms
    await assert.rejects(backUp(request('one'), without), { code: 'backup_impossible' })
  })

  it('holds the messages and no secret beside them in its manifest', async t => {
    const { rooms, request, place } = await filled(t, 2)
    await backUp(request('one'), rooms)
    const text = readFileSync(join(place('one'), 'manifest.json'), 'utf8')
    assert.ok(!text.includes('M000001'), 'the manifest tells nothing of a patient')
  })
})
