// Backups beside an engine: one at a time, asked for until they have ended, and retention waits.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openBackups } from '../../src/operate/backups.ts'
import { until } from '../path/rooms.ts'
import { filled } from './backup_world.ts'

describe('backups of an engine', () => {
  it('are begun by a word, shown while they run, and hold everything until they end', async t => {
    const { rooms, place } = await filled(t)
    const bugs: unknown[] = []
    const backups = await openBackups({ ...rooms, onBug: cause => bugs.push(cause) })
    assert.deepEqual(await backups.pins(), [])
    const asked = { folder: place('one'), by: 'R. Moss', why: '' }
    const begun = await backups.answer({ do: 'begin', ...asked })
    assert.equal(begun.progress?.folder, place('one'))
    const pins = await backups.pins()
    assert.ok(pins.length > 0)
    for (const pin of pins) assert.deepEqual([pin.why, pin.to_offset], ['backup', undefined])
    await assert.rejects(backups.answer({ do: 'begin', ...asked }), { code: 'backup_running' })
    await until('it has ended', async () => {
      return (await backups.answer({ do: 'look' })).progress?.step === 'done'
    })
    const { progress, failure, last } = await backups.answer({ do: 'look' })
    assert.equal(failure, undefined)
    assert.ok((progress?.bytes_done ?? 0) > 0)
    assert.match(last ?? '', /R\. Moss/)
    await until('nothing is held any more', async () => (await backups.pins()).length === 0)
    await backups.close()
    assert.deepEqual(bugs, [])
  })

  it('tell why one has failed', async t => {
    const { rooms, data } = await filled(t, 1)
    const backups = await openBackups({ ...rooms, onBug: assert.fail })
    await backups.answer({ do: 'begin', folder: join(data, 'inside') })
    await until('it has failed', async () => {
      return (await backups.answer({ do: 'look' })).failure?.code === 'backup_folder_taken'
    })
    await assert.rejects(backups.answer({ do: 'dance' }), { code: 'command_unknown' })
    await backups.close()
  })

  it('are given up when the engine ends', async t => {
    const { rooms, place } = await filled(t)
    const backups = await openBackups({ ...rooms, onBug: assert.fail })
    await backups.answer({ do: 'begin', folder: place('one') })
    await backups.close()
    assert.equal((await backups.answer({ do: 'look' })).failure?.code, 'backup_failed')
  })

  it('clear away what a death has left of one', async t => {
    const { rooms, data } = await filled(t, 1)
    mkdirSync(join(data, 'backup.part'))
    writeFileSync(join(data, 'backup.part', 'state.db'), 'half')
    await openBackups({ ...rooms, onBug: assert.fail })
    assert.ok(!readdirSync(data).includes('backup.part'))
  })
})
