// The near end of the store's thread: collects calls into groups, and turns their answers back into
// values, failures or bugs.
import { Worker } from 'node:worker_threads'
import { Bug } from '../../kit/assert.ts'
import { Batcher } from '../../kit/batch.ts'
import { type Code, Failure } from '../../model/errors.ts'
import type { Arguments, Name, Result, StoreAnswer, StoreCall } from './group.ts'
import { isWrite } from './group.ts'
import type { Opening } from './worker.ts'

/** Calls that may wait; above it they are refused, so that a slow disk fills no memory. */
const CALLS_WAITING_MAX = 10_000
/** Calls in one transaction. */
const GROUP_CALLS_MAX = 500

export interface Thread {
  readonly epoch: number
  /** The failure of the last group that wrote, or undefined while writing works. */
  readonly trouble: Code | undefined
  call<N extends Name>(name: N, ...values: Arguments<N>): Promise<Result<N>>
  /** Lets what was asked come to its end. */
  close(): Promise<void>
}

/** Rejects with a Failure where the file cannot be opened. */
export async function openThread(file: string): Promise<Thread> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { file } })
  const ended = Promise.withResolvers<never>()
  // Somebody always waits for it when it matters; alone it is no unhandled rejection.
  ended.promise.catch(() => {})
  worker.once('error', cause => ended.reject(cause))
  worker.once('exit', () => ended.reject(new Bug('the thread of the state store ended')))
  const answer = <T>() =>
    Promise.race([ended.promise, new Promise<T>(resolve => void worker.once('message', resolve))])
  const opening = await answer<Opening>()
  if ('code' in opening) {
    await worker.terminate()
    throw new Failure(opening.code, opening.facts)
  }
  const exchange = (calls: readonly StoreCall[]) => {
    worker.postMessage(calls)
    return answer<readonly StoreAnswer[]>()
  }
  const end = async () => {
    worker.postMessage('close')
    await Promise.allSettled([ended.promise])
  }
  return threadOver(opening.epoch, exchange, end)
}

type Exchange = (calls: readonly StoreCall[]) => Promise<readonly StoreAnswer[]>

function threadOver(epoch: number, exchange: Exchange, end: () => Promise<void>): Thread {
  let trouble: Code | undefined
  let closing: Promise<void> | undefined
  const batcher = new Batcher<StoreCall, unknown>(
    async calls => {
      const answers = await exchange(calls)
      trouble = troubleOf(calls, answers, trouble)
      return answers.map(outcome)
    },
    { items_max: GROUP_CALLS_MAX, weight_max: GROUP_CALLS_MAX },
  )
  const waiting = new Set<Promise<unknown>>()
  const add = (call: StoreCall): Promise<unknown> => {
    if (closing !== undefined) return Promise.reject(new Failure('store_closed'))
    if (batcher.weight >= CALLS_WAITING_MAX) return Promise.reject(new Failure('store_overloaded'))
    const done = batcher.add(call, 1)
    waiting.add(done)
    const forget = () => void waiting.delete(done)
    done.then(forget, forget)
    return done
  }
  return {
    epoch,
    get trouble() {
      return trouble
    },
    call: <N extends Name>(name: N, ...values: Arguments<N>) =>
      add({ name, values }) as Promise<Result<N>>,
    close() {
      closing ??= Promise.allSettled(waiting).then(end)
      return closing
    },
  }
}

/** Only a group that writes tells whether writing works. */
function troubleOf(
  calls: readonly StoreCall[],
  answers: readonly StoreAnswer[],
  before: Code | undefined,
): Code | undefined {
  if (!calls.some(isWrite)) return before
  for (const answer of answers) {
    if ('code' in answer && answer.code.startsWith('store_')) return answer.code
  }
  return undefined
}

function outcome(answer: StoreAnswer): unknown {
  if ('code' in answer) return new Failure(answer.code, answer.facts)
  return 'bug' in answer ? new Bug(answer.bug) : answer.value
}
