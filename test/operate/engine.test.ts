// The engine: rooms opened from the far end backwards, closed from the near end forwards, and all
// of it closed where one of them cannot be opened.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Failure } from '../../src/model/errors.ts'
import { startEngine } from '../../src/operate/engine.ts'
import { adt } from '../harness/messages.ts'
import { folder, openLogIn, recordsOf, toyChart, until } from '../path/rooms.ts'
import { keptEars, OUTBOUND, RAW, settled, startToy, toyPlan, toyTables } from './world.ts'

const admission = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 })

describe('the engine', () => {
  it('carries a message from its door to the chart by the real mappings', async t => {
    const { engine, send, chart, bugs } = await startToy(t)
    await send(admission(1))
    await until('it is through', async () => (await settled(engine)) && chart.held.size >= 2)
    const types = [...chart.held.keys()].map(key => key.split('/')[0])
    assert.ok(types.includes('Patient') && types.includes('Encounter'))
    assert.deepEqual(bugs, [])
  })

  it('makes every topic before it takes anything in', async t => {
    const { engine } = await startToy(t)
    const topics = (await engine.log.partitions()).map(({ topic }) => topic).sort()
    assert.deepEqual(
      topics,
      ['audit.harbor', 'canonical.harbor', 'dead.harbor', OUTBOUND, RAW].sort(),
    )
  })

  it('names what it runs: channels, units and deliveries', async t => {
    const { engine } = await startToy(t)
    assert.deepEqual(
      engine.channels.map(({ plan, source }) => `${plan.channel} ${source.address}`),
      ['adt_in toy door'],
    )
    assert.deepEqual(engine.units.map(({ group }) => group).sort(), [
      'govern.harbor.chart',
      'route.harbor',
      'transform.harbor.adt_in',
    ])
    assert.deepEqual([...engine.deliveries.keys()], ['harbor.chart'])
  })

  it('drains its sources first and closes its transports behind everything that calls', async t => {
    const { engine, diary, send } = await startToy(t)
    await send(admission(1))
    await engine.stop()
    assert.deepEqual(diary, ['source opened', 'source drained', 'transport closed'])
    await assert.rejects(engine.log.append(RAW, 0, []), { code: 'log_closed' })
    await engine.stop()
  })

  it('goes on where it stopped: nothing is lost or doubled between two runs (G1)', async t => {
    const data = await folder(t)
    const first = await startToy(t, data)
    for (let n = 1; n <= 20; n++) await first.send(admission(n))
    await first.engine.stop()
    const second = await startToy(t, data)
    await until('all is through', () => settled(second.engine))
    const raw_ids = async (topic: string) =>
      (await recordsOf(second.engine.log, topic)).map(({ headers }) => headers.raw_id)
    assert.equal((await raw_ids(RAW)).length, 20)
    assert.deepEqual(await raw_ids('canonical.harbor'), await raw_ids(RAW))
    const puts = [...first.chart.calls, ...second.chart.calls].filter(
      ({ method }) => method === 'PUT',
    )
    assert.equal(new Set(puts.map(({ resource }) => resource)).size, puts.length)
  })

  it('refuses a folder that another engine owns', async t => {
    const { data } = await startToy(t)
    await assert.rejects(startToy(t, data), { code: 'data_in_use' })
  })

  it('closes what it has opened where something cannot be opened, and tells that', async t => {
    const diary: string[] = []
    const parts = { diary, door: { received: 0 }, chart: toyChart() }
    const tables = toyTables(parts)
    const [[kind, room] = []] = Object.entries(tables.sources)
    assert.ok(kind && room)
    const refusing = {
      ...room,
      open: () => Promise.reject(new Failure('listen_failed', { port: 2575 })),
    }
    const data = await folder(t)
    const starting = startEngine({
      plan: toyPlan(),
      tables: { ...tables, sources: { [kind]: refusing } },
      data,
      signals: keptEars(),
      onBug: cause => assert.fail(String(cause)),
    })
    await assert.rejects(starting, { code: 'listen_failed' })
    assert.deepEqual(diary, ['transport closed'])
    const log = await openLogIn(data)
    await log.close()
  })
})
