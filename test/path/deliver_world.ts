// What tests of station 7 need around one row: the real store and log, a toy chart, and a clock
// that is wound by hand.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { seededRandom } from '../../src/kit/random.ts'
import type { LedgerRow, WriteIntent } from '../../src/model/intent.ts'
import { type DeliverContext, deliver } from '../../src/path/7_deliver.ts'
import { handClock, openLog, openStore, toyChart, toySteps } from './rooms.ts'
import { ears, GOVERNANCE, TARGET, TENANT, writeIntent } from './toy.ts'

export const at = { tenant: TENANT, target: TARGET }

export async function world(t: TestContext) {
  const clock = handClock()
  const chart = toyChart()
  const signals = ears()
  const store = await openStore(t)
  const log = await openLog(t, [`dead.${TENANT}`])
  const context: { -readonly [K in keyof DeliverContext]: DeliverContext[K] } = {
    ...at,
    steps: toySteps,
    transport: chart,
    store,
    log,
    clock,
    random: seededRandom(1),
    signals,
    settle_ms: 2_000,
    visible_ms: 0,
    on_unknown: 'verify',
    governance: GOVERNANCE,
  }
  const admit = (intent: WriteIntent) =>
    store.admit(
      [
        {
          intent,
          content: JSON.stringify(intent.resource),
          approvers: 0,
          state: 'accepted',
          reason: undefined,
          facts: {},
        },
      ],
      clock.now(),
    )
  /** The next row that may go. */
  const claim = async (): Promise<LedgerRow> => {
    const claiming = { now_ms: clock.now(), lease_ms: 100_000, limit: 1 }
    const [row] = await store.claim(at, claiming)
    assert.ok(row, 'there is a row to claim')
    return row
  }
  /** Admits an intent, delivers it once and says how its row stands. */
  const once = async (intent = writeIntent()) => {
    await admit(intent)
    const after = await deliver(await claim(), context)
    return { after, intent, row: (await store.row(intent.intent_id)) as LedgerRow }
  }
  const states = async ({ intent_id }: WriteIntent) =>
    (await store.history(intent_id)).map(({ to }) => to)
  return { clock, chart, signals, store, log, context, admit, claim, once, states }
}
