// A backup put back: the engine goes on from it, and asks its targets about what it may not know.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { RESTORED_CURSOR } from '../../src/model/keep_store.ts'
import { backUp } from '../../src/operate/backup.ts'
import { openOutbox } from '../../src/operate/dead_outbox.ts'
import { restore } from '../../src/operate/restore.ts'
import { answer, recordsOf, until } from '../path/rooms.ts'
import { type Filled, filled, message } from './backup_world.ts'
import { RAW, settled, startToy, toyPlan } from './world.ts'

async function backedUp(t: TestContext, prepare: (of: Filled) => Promise<void> = async () => {}) {
  const made = await filled(t)
  await prepare(made)
  await backUp(made.request('one'), made.rooms)
  const { engine } = toyPlan()
  const rooms = { tables: made.tables, engine, clock: systemClock, progress: () => {} }
  const request = (data: string) => {
    return { folder: made.place('one'), data, by: 'R. Moss', why: 'the disk died' }
  }
  return { ...made, into: (data: string) => restore(request(data), rooms), restoring: rooms }
}

const restores = async ({ log }: Filled['engine']) =>
  (await recordsOf(log, 'audit.harbor')).filter(({ headers }) => headers.act === 'restore')

describe('a restore', () => {
  it('gives a folder from which the engine goes on, with offsets, ledger and groups', async t => {
    const { into, place, engine } = await backedUp(t)
    const raw = await recordsOf(engine.log, RAW)
    const counts = await engine.store.counts()
    await engine.stop()
    await into(place('data'))
    const next = await startToy(t, place('data'))
    assert.deepEqual(await recordsOf(next.engine.log, RAW), raw)
    const since = (rows: typeof counts) => rows.map(({ state, count }) => [state, count])
    assert.deepEqual(since(await next.engine.store.counts()), since(counts))
    await next.send(message(9))
    assert.equal((await recordsOf(next.engine.log, RAW)).at(-1)?.offset, raw.length)
    await until('it is through', () => settled(next.engine))
    const said = JSON.parse((await next.engine.store.getCursor(RESTORED_CURSOR)) ?? '{}')
    assert.deepEqual([said.by, said.why], ['R. Moss', 'the disk died'])
    await openOutbox(next.engine).flush()
    await openOutbox(next.engine).flush()
    const [line, ...others] = await restores(next.engine)
    assert.deepEqual(others, [])
    const told = JSON.parse(line?.value.toString() ?? '{}')
    assert.deepEqual([told.by, told.why, told.folder], ['R. Moss', 'the disk died', place('one')])
  })

  it('asks the target before it sends what was not finished, and sends nothing twice', async t => {
    let free = false
    const waiting: string[] = []
    const { into, place, engine, chart } = await backedUp(t, async ({ chart, send, engine }) => {
      const usual = chart.behave
      chart.behave = call => (free ? usual?.(call) : answer(503))
      await send(message(7))
      await until('it waits', async () => {
        const rows = await engine.store.counts()
        return rows.some(({ state }) => state === 'accepted')
      })
      const at = { tenant: 'harbor', target: 'chart' }
      const rows = await engine.store.rowsInState(at, 'accepted', 100)
      waiting.push(...rows.map(({ intent }) => intent.intent_id))
    })
    // The engine goes on after its backup, and sends.
    free = true
    await until('it is sent', () => settled(engine))
    await engine.stop()
    const held = new Map(chart.held)
    await into(place('data'))
    const next = await startToy(t, place('data'))
    for (const [key, value] of held) next.chart.held.set(key, value)
    await until('it is settled again', () => settled(next.engine))
    assert.ok(waiting.length > 0)
    for (const intent_id of waiting) {
      const moves = await next.engine.store.history(intent_id)
      assert.ok(moves.some(({ to, facts }) => to === 'unknown' && facts.restored === true))
    }
    const puts = next.chart.calls.filter(({ method }) => method !== 'GET')
    assert.deepEqual(puts, [], 'what the target showed was not sent again')
  })

  it('takes only a folder that is missing or empty', async t => {
    const { into, place } = await backedUp(t)
    mkdirSync(place('data'))
    writeFileSync(join(place('data'), 'mine'), '')
    await assert.rejects(into(place('data')), { code: 'restore_folder_taken' })
    assert.deepEqual(readdirSync(place('data')), ['mine'])
    mkdirSync(place('empty'))
    await into(place('empty'))
    assert.ok(!readdirSync(place('empty')).includes('restoring'))
  })

  it('writes nothing of a backup that is not whole', async t => {
    const { into, place } = await backedUp(t)
    writeFileSync(join(place('one'), 'state.db'), 'other bytes')
    await assert.rejects(into(place('data')), { code: 'backup_damaged' })
    assert.throws(() => readdirSync(place('data')), { code: 'ENOENT' })
  })
})
