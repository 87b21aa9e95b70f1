// Where a dead message stood in the order of events: told by the events around it in its channel,
// also where they stand from before a crash. On the real log and store, through station 4.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Transformed } from '../../src/path/3_transform.ts'
import { type CanonicalContext, canonical } from '../../src/path/4_canonical.ts'
import type { Ended } from '../../src/path/standing.ts'
import { openLog, openStore, recordsOf } from './rooms.ts'
import { CHANNEL, DEPLOYMENT, finished, mappedEvent, rawRecord, START_MS, TENANT } from './toy.ts'

const CANONICAL = `canonical.${TENANT}`
const origin = { tenant: TENANT, channel: CHANNEL, deployment: DEPLOYMENT }

function well(offset: number): Transformed {
  const record = rawRecord({ offset, control_id: `C${offset}` })
  const made = finished([mappedEvent()], record)
  return { record, fate: 'mapped', mark: undefined, made, findings: [] }
}

const dying = (offset: number): Transformed => ({
  record: rawRecord({ offset, control_id: `C${offset}` }),
  fate: 'failed',
  code: 'mapping_failed',
  facts: {},
})

async function world(t: TestContext) {
  const log = await openLog(t, [CANONICAL, `dead.${TENANT}`, `audit.${TENANT}`])
  const context: CanonicalContext = {
    log,
    store: await openStore(t),
    ...origin,
    group: 'g',
    now_ms: START_MS,
    standing: new Map(),
  }
  const run = (batch: readonly Transformed[], standing = new Map<string, Ended>()) =>
    canonical(batch, { ...context, standing })
  const places = async () =>
    (await recordsOf(log, `dead.${TENANT}`)).map(({ headers }) => headers['dlt.sequence'])
  return { log, run, places }
}

describe('the place of a dead message in the order of events', () => {
  it('is before everything where there is no event yet', async t => {
    const { run, places } = await world(t)
    await run([dying(0)])
    assert.deepEqual(await places(), ['-1'])
  })

  it('is right before the next event of its batch, whatever came before', async t => {
    const { run, places } = await world(t)
    await run([well(0), dying(1), dying(2), well(3), well(4)])
    assert.deepEqual(await places(), ['0', '0'])
  })

  it('is at the end where nothing of its channel is behind it', async t => {
    const { run, places } = await world(t)
    await run([well(0), well(1), dying(2)])
    assert.deepEqual(await places(), ['1'])
  })

  it('is found among the events from before a crash', async t => {
    const { log, run, places } = await world(t)
    await run([well(0), well(2)])
    // Of another channel, at a time when nobody is to be mistaken for a neighbour.
    const other = { source_topic: 'raw.harbor.other', source_offset: '9' }
    await log.append(CANONICAL, 0, [{ key: 'k', headers: other, value: Buffer.from('{}') }])
    const stood = new Map<string, Ended>([
      ['raw0', 'transformed'],
      ['raw2', 'transformed'],
    ])
    await run([well(0), dying(1), well(2), dying(3)], stood)
    assert.deepEqual(await places(), ['0', '2'])
  })
})
