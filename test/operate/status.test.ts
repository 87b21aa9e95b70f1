// The first picture of a running engine: what flows, what waits and since when, what is in trouble.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { limits } from '../../src/model/limits.ts'
import type { Engine } from '../../src/operate/engine.ts'
import type { Rates } from '../../src/operate/rates.ts'
import { type Status, statusOf } from '../../src/operate/status.ts'
import { adt } from '../harness/messages.ts'
import { answer, until } from '../path/rooms.ts'
import { DEPLOYMENT, message, START_MS } from '../path/toy.ts'
import { settled, startToy } from './world.ts'

const rates: Rates = {
  perSecond: feed => (feed.startsWith('harbor adt_in') ? 3 : 0),
  close: async () => {},
}
const admission = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 })

describe('the status of an engine', () => {
  it('names the project, its deployments and its feeds with their rates', async t => {
    const { engine, send } = await startToy(t)
    await send(admission(1))
    const status = await statusOf(engine, rates, START_MS)
    assert.equal(status.project, '/toy/project')
    assert.equal(status.pid, process.pid)
    assert.equal(status.now_ms, START_MS)
    assert.deepEqual(status.deployments, { harbor: DEPLOYMENT })
    assert.deepEqual(status.feeds, [
      {
        tenant: 'harbor',
        channel: 'adt_in',
        address: 'toy door',
        feed: 'toy|HIS|HARBOR',
        connections: 1,
        received: 1,
        acknowledged: 1,
        refused: 0,
        last_at_ms: START_MS,
        per_second: 3,
      },
    ])
    assert.ok(status.process.rss_bytes > 0)
  })

  it('shows nothing waiting where all is read, and what the log holds', async t => {
    const { engine, send } = await startToy(t)
    await send(admission(1))
    await until('it is through', () => settled(engine))
    const { groups, log, store } = await statusOf(engine, rates, systemClock.now())
    assert.deepEqual(groups.map(({ group }) => group).sort(), [
      'govern.harbor.chart',
      'route.harbor',
      'transform.harbor.adt_in',
    ])
    assert.ok(groups.every(row => row.waiting === 0 && row.since_ms === undefined && !row.trouble))
    const records = (await engine.log.partitions()).reduce((n, info) => n + info.next_offset, 0)
    assert.equal(log.records, records)
    assert.equal(log.trouble, undefined)
    assert.equal(store.trouble, undefined)
  })

  it('shows what a reader has yet to read, and since when', async t => {
    const { engine } = await startToy(t)
    const group = { group: 'behind', topics: ['dead.harbor'], start: 'earliest' } as const
    const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
    const held = Promise.withResolvers<void>()
    const subscription = await engine.log.subscribe({
      ...group,
      ...bounds,
      onBatch: () => held.promise,
      onError: () => {},
    })
    const record = { key: 'k', headers: {}, value: Buffer.from('x') }
    await engine.log.append('dead.harbor', 0, [record, record, record])
    const { groups } = await statusOf(engine, rates, systemClock.now())
    const row = groups.find(one => one.group === 'behind')
    const [oldest] = await engine.log.read('dead.harbor', 0, 0, bounds)
    assert.equal(row?.waiting, 3)
    assert.equal(row?.since_ms, oldest?.time_ms)
    held.resolve()
    await subscription.close()
  })

  it('counts writes by their state, and dead letters by their tenant', async t => {
    const { engine, send, chart } = await startToy(t)
    chart.behave = () => answer(400)
    await send(admission(1))
    await send(message({ type: 'ADT^A99' }))
    await until('all is through', () => settled(engine))
    await engine.search.caughtUp()
    const { writes, dead } = await statusOf(engine, rates, systemClock.now())
    const died = writes.find(({ state }) => state === 'dead')
    assert.equal(died?.shown, 'failed')
    assert.equal(died?.target, 'chart')
    assert.equal(dead.harbor, 1 + (died?.count ?? 0))
  })

  it('shows a target that is paused', async t => {
    const { engine, send, chart } = await startToy(t)
    chart.behave = () => answer(401)
    await send(admission(1))
    const paused = async () => (await statusOf(engine, rates, 0)).writes[0]?.paused_until_ms ?? 0
    await until('it is paused', async () => (await paused()) > 0)
    assert.equal((await statusOf(engine, rates, 0)).writes[0]?.paused_for, 'target_auth')
  })

  it('shows the trouble of a unit', async t => {
    const { engine } = await startToy(t)
    const groups_known = async () => (await engine.log.groups()).length >= engine.units.length
    await until('its units read', groups_known)
    const units = engine.units.map(unit => ({
      ...unit,
      group: unit.group,
      trouble: 'log_disk_full',
    }))
    const { groups } = await statusOf({ ...engine, units } as Engine, rates, 0)
    assert.ok(groups.length > 0 && groups.every(({ trouble }) => trouble === 'log_disk_full'))
  })

  it('survives the way through JSON to the command line', async t => {
    const { engine } = await startToy(t)
    const status = await statusOf(engine, rates, 0)
    const read = JSON.parse(JSON.stringify(status)) as Status
    assert.deepEqual(read.deployments, status.deployments)
    assert.equal(read.groups.length, status.groups.length)
  })
})
