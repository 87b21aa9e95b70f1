// A copy of a database of one moment, made in a thread of its own over a connection of its own:
// whoever writes goes on writing meanwhile, into the write-ahead log.
import { Worker } from 'node:worker_threads'
import { type Code, type Facts, Failure } from '../../model/errors.ts'

/** What the thread has to say: nothing where all went well. */
export type Copied = { readonly code: Code; readonly facts: Facts } | undefined

/** `to` does not exist yet. Rejects with `store_…`; what was written by then remains. */
export async function copyDatabase(from: string, { to }: { readonly to: string }): Promise<void> {
  const worker = new Worker(new URL('./copy_worker.ts', import.meta.url), {
    workerData: { from, to },
    execArgv: [],
  })
  const said = await new Promise<Copied>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => resolve(undefined))
  })
  await worker.terminate()
  if (said !== undefined) throw new Failure(said.code, said.facts)
}
