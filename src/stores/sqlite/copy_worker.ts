// The thread that copies a database (copy.ts).
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../kit/assert.ts'
import type { Copied } from './copy.ts'
import { sqliteFailure } from './database.ts'

const { from, to } = workerData as { readonly from: string; readonly to: string }
const port = present(parentPort, 'a copy runs in a worker thread')

try {
  const db = new DatabaseSync(from, { readOnly: true })
  try {
    // One read transaction: the state of the moment at which it begins.
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
} catch (cause) {
  const failure = sqliteFailure(cause)
  if (failure === undefined) throw cause
  port.postMessage({ code: failure.code, facts: failure.facts } satisfies Copied)
}
