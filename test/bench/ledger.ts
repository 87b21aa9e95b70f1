// What the queue's questions cost beside finished writes: claiming, the next due, what is overdue,
// one page of firth queue, and a patient's writes, before and after a million rows have ended.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentSignals } from '../../src/model/signals.ts'
import type { Store } from '../../src/model/store.ts'
import { answerQueue } from '../../src/operate/queue.ts'
import { sqlite } from '../../src/stores/sqlite/sqlite.ts'
import { patient, TARGET, TENANT, writeIntent } from '../path/toy.ts'
import { type Spread, spreadOf } from './spread.ts'

const at = { tenant: TENANT, target: TARGET }
const WAITING = 1_000
const BATCH = 500

export type LedgerRow = Readonly<Record<string, Spread>> & { readonly finished: Spread }

/** Milliseconds of each question at each size. */
export async function measureLedger(of: {
  readonly sizes: readonly number[]
  readonly rounds: number
}): Promise<readonly LedgerRow[]> {
  const data = await mkdtemp(join(tmpdir(), 'firth-bench-'))
  const store = await sqlite.open({ file: 'state.db' }, { data, signals: silentSignals })
  try {
    await admit(store, WAITING, 'key that waits')
    const rows: LedgerRow[] = []
    let finished = 0
    for (const size of of.sizes) {
      for (; finished < size; finished += BATCH) await finish(store)
      rows.push({ finished: spreadOf([finished]), ...(await ask(store, of.rounds)) })
    }
    return rows
  } finally {
    await store.close()
    await rm(data, { recursive: true, force: true })
  }
}

async function ask(store: Store, rounds: number): Promise<Readonly<Record<string, Spread>>> {
  const stands = () => ({ paused: undefined, delivery: undefined })
  const rooms = { store, stands, now_ms: 2_000 }
  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    claim_ms: () => store.claim(at, { now_ms: 0, lease_ms: 1, limit: 10 }),
    next_due_ms: () => store.nextDue(at),
    overdue_ms: () => store.overdue(at, 2_000, 10),
    counts_ms: () => store.counts(),
    queue_page_ms: () => answerQueue(rooms, { limit: '50' }),
    patient_ms: () => answerQueue(rooms, { patient: '7' }),
  }
  const found: Record<string, Spread> = {}
  for (const [name, question] of Object.entries(questions)) {
    const times: number[] = []
    for (let i = 0; i < rounds; i++) {
      const from = performance.now()
      await question()
      times.push(performance.now() - from)
    }
    found[name] = spreadOf(times)
  }
  return found
}

async function admit(store: Store, count: number, key?: string): Promise<readonly string[]> {
  const intents = Array.from({ length: count }, () => {
    const name = `L${Math.random()}`
    return writeIntent({ key: key ?? `urn:oid:2.999.1|${name}`, resource: patient(name) })
  })
  const admissions = intents.map(intent => ({
    ...{ intent, content: JSON.stringify(intent.resource), approvers: 0 },
    ...{ state: 'accepted' as const, reason: undefined, facts: {} },
  }))
  await store.admit(admissions, 1_000)
  return intents.map(({ intent_id }) => intent_id)
}

/** One batch the whole way, but for the calls. */
async function finish(store: Store): Promise<void> {
  const ids = await admit(store, BATCH)
  const { epoch } = store
  const steps = [
    ['accepted', 'in_flight'],
    ['in_flight', 'committed'],
    ['committed', 'surfaced'],
  ] as const
  for (const [from, to] of steps) {
    await store.move(ids.map(intent_id => ({ intent_id, from, to, at_ms: 1_500, epoch })))
  }
}
