// A far end whose reads lag behind its writes: what it shows at first is not believed, and a version
// that it refuses is read again later, within what the adapter says of it.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import type { LedgerRow } from '../../src/model/intent.ts'
import { deliver } from '../../src/path/7_deliver.ts'
import { answer, handClock, openLog, openStore, toyChart, toySteps } from './rooms.ts'
import { ears, GOVERNANCE, TARGET, TENANT, writeIntent } from './toy.ts'

const at = { tenant: TENANT, target: TARGET }
const VISIBLE_MS = 1_000

/** One write at a target whose reads may lag. */
async function lagging(t: TestContext) {
  const clock = handClock()
  const chart = toyChart()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const intent = writeIntent()
  const content = JSON.stringify(intent.resource)
  const usual = { approvers: 0, state: 'accepted', reason: undefined, facts: {} } as const
  await store.admit([{ intent, content, ...usual }], clock.now())
  const context = {
    ...{ ...at, steps: toySteps, transport: chart, store, log, clock, signals: ears() },
    ...{ random: seededRandom(1), settle_ms: 2_000, visible_ms: VISIBLE_MS },
    ...{ on_unknown: 'verify' as const, governance: GOVERNANCE },
  }
  /** One try, when it is due; how the row stands then. */
  const once = async (): Promise<LedgerRow> => {
    await clock.wind(VISIBLE_MS)
    const claiming = { now_ms: clock.now(), lease_ms: 100_000, limit: 1 }
    const [row] = await store.claim(at, claiming)
    assert.ok(row, 'it is due')
    let done = false
    const delivering = deliver(row, context).then(() => {
      done = true
    })
    await clock.windUntil('the try is over', () => done)
    await delivering
    return (await store.row(intent.intent_id)) as LedgerRow
  }
  return { chart, once }
}

describe('a write whose target shows late what it took', () => {
  it('is asked for once more, and is no conflict', async t => {
    const { chart, once } = await lagging(t)
    let reads = 0
    chart.behave = ({ method }) => {
      if (method !== 'GET') return undefined
      reads += 1
      return reads > 1 ? undefined : { kind: 'answer', status: 200, headers: {}, body: '{}' }
    }
    assert.equal((await once()).state, 'surfaced')
    assert.equal(reads, 2)
  })

  it('is a conflict where it still shows something else then', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = ({ method }) =>
      method === 'GET' ? { kind: 'answer', status: 200, headers: {}, body: '{}' } : undefined
    const row = await once()
    assert.deepEqual([row.state, row.reason], ['conflict', 'target_mismatch'])
  })

  it('is tried again twice where its version is refused, and then is for a person', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = () => answer(409)
    assert.equal((await once()).state, 'accepted')
    assert.equal((await once()).state, 'accepted')
    const row = await once()
    assert.deepEqual([row.state, row.reason], ['conflict', 'target_version_conflict'])
  })

  it('goes through where the refused version was one that reading had not caught up with', async t => {
    const { chart, once } = await lagging(t)
    chart.behave = () => (chart.calls.length === 1 ? answer(409) : undefined)
    assert.equal((await once()).state, 'accepted')
    assert.equal((await once()).state, 'surfaced')
  })
})
