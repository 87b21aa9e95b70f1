// The thread that owns state.db. One message is one group of calls, one transaction and one answer,
// so the main loop never waits for the disk.
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../kit/assert.ts'
import type { Code, Facts } from '../../model/errors.ts'
import { Database, sqliteFailure } from './database.ts'
import { runGroup, type StoreCall } from './group.ts'
import { nextEpoch } from './ledger.ts'

/** The first message: the epoch of this ownership, or why the file cannot be opened. */
export type Opening = { readonly epoch: number } | { readonly code: Code; readonly facts: Facts }

const port = present(parentPort, 'the store runs in a worker thread')
const { file } = workerData as { readonly file: string }

function open(): { db: Database; epoch: number } {
  const db = Database.open(file)
  return { db, epoch: nextEpoch(db) }
}

try {
  const { db, epoch } = open()
  port.on('message', (calls: readonly StoreCall[] | 'close') => {
    if (calls === 'close') {
      db.close()
      port.close()
    } else {
      port.postMessage(runGroup(db, calls))
    }
  })
  port.postMessage({ epoch } satisfies Opening)
} catch (cause) {
  const failure = sqliteFailure(cause)
  if (failure === undefined) throw cause
  port.postMessage({ code: failure.code, facts: failure.facts } satisfies Opening)
}
