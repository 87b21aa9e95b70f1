// Which snapshots may go: none that a kept record may name, that runs, or that is rolled back to.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Deployments } from '../../src/operate/deployments.ts'
import { endedBefore, unnamedDeployments } from '../../src/operate/retention_deployments.ts'
import { openLog, openStore } from '../path/rooms.ts'

/** d0 at 0 ms, d1 at 100 ms … the newest first, as the store tells them. */
const history = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ deployment: `d${n}`, at_ms: n * 100 })).reverse()

describe('snapshots that nothing names', () => {
  it('are those that had ended before the oldest record, but for the last ten', () => {
    assert.deepEqual(endedBefore(history(10), 99_999), [])
    assert.deepEqual(endedBefore(history(13), 99_999), ['d2', 'd1', 'd0'])
    assert.deepEqual(endedBefore(history(13), 250), ['d1', 'd0'])
    assert.deepEqual(endedBefore(history(13), 100), [])
    assert.deepEqual(endedBefore(history(13), Number.POSITIVE_INFINITY), ['d2', 'd1', 'd0'])
  })

  it('are not those that came back later', () => {
    const back = [{ deployment: 'd0', at_ms: 2_000 }, ...history(13)]
    assert.deepEqual(endedBefore(back, 1_900), ['d3', 'd2', 'd1'])
  })

  it('are found in a store and a log, and their folders removed whole', async t => {
    const log = await openLog(t, ['raw.harbor.adt_in'])
    const store = await openStore(t)
    const hash = (n: number) => n.toString(16).padStart(16, '0')
    for (let n = 0; n < 13; n++) {
      const how = {
        by: 'R. Moss',
        how: 'deploy',
        tests: 'none',
        changes: [],
        positions: {},
      } as const
      await store.activate({ tenant: 'harbor', deployment: hash(n), at_ms: 1_000 + n, ...how })
    }
    const record = { key: 'k', headers: {}, value: Buffer.from('x') }
    await log.append('raw.harbor.adt_in', 0, [record])
    const found = await unnamedDeployments({ log, store })
    assert.deepEqual(
      found.map(({ deployment }) => deployment),
      [hash(2), hash(1), hash(0)],
    )
    const data = mkdtempSync(join(tmpdir(), 'firth_test_prune_'))
    t.after(() => rmSync(data, { recursive: true, force: true }))
    const of = (n: number) => join(data, 'deployments/harbor', hash(n))
    for (let n = 0; n < 4; n++) mkdirSync(of(n), { recursive: true })
    const tables = { sources: {}, transports: {}, adapters: {}, logs: {}, stores: {} }
    const deployments = new Deployments({ data, tables, env: {}, version: '1' })
    assert.equal(await deployments.prune(found), 3)
    assert.deepEqual(
      [0, 1, 2, 3].map(n => existsSync(of(n))),
      [false, false, false, true],
    )
    assert.equal(await deployments.prune(found), 0)
  })
})
