// Child of the crash test: admits, claims and moves rows without end, and prints `id moves` for
// each only after the store has confirmed it. It is killed from outside.
import { writeSync } from 'node:fs'
import { silentSignals } from '../../../src/model/signals.ts'
import { sqlite } from '../../../src/stores/sqlite/sqlite.ts'
import { admission, at, intent } from '../../contract/store_samples.ts'

const data = process.argv[2] ?? ''
const store = await sqlite.open({ file: 'state.db' }, { data, signals: silentSignals })

async function forever(): Promise<never> {
  for (let turn = 1; ; turn++) {
    const one = intent()
    await store.admit([admission(one)], turn)
    writeSync(1, `${one.intent_id} 1\n`)
    const rows = await store.claim(at, { now_ms: turn + 1_000, lease_ms: 100, limit: 2 })
    for (const row of rows) {
      const { intent_id } = row.intent
      writeSync(1, `${intent_id} 2\n`)
      const step = { intent_id, from: 'in_flight', to: 'committed', at_ms: turn } as const
      await store.move([{ ...step, epoch: store.epoch }])
      writeSync(1, `${intent_id} 3\n`)
    }
  }
}

await Promise.all(Array.from({ length: 8 }, forever))
