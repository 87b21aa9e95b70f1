// Calls to an object that lives in a worker thread: one request, one answer, in order. Between
// calls the thread sleeps on shared memory, which wakes it several times faster than its event loop
// would. Failures cross as their code and facts; anything else that is thrown over there is a bug
// and ends the process here.
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from 'node:worker_threads'
import { assert, present } from '../../kit/assert.ts'
import { type Code, type Facts, Failure, failureOf } from '../../model/errors.ts'

interface Request {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: { readonly code: Code; readonly facts: Facts } }

interface ThreadData {
  readonly options: unknown
  /** 1 when a call may wait. */
  readonly bell: Int32Array
}

interface Waiting {
  resolve(value: never): void
  reject(cause: unknown): void
}

/** What a thread offers: methods with at most one argument, which is cloned on its way. */
type Methods = { readonly [name: string]: (argument: never) => unknown }
type Argument<M> = M extends (argument: infer A) => unknown ? A : never
type Result<M> = M extends (argument: never) => infer R ? R : never

/**
 * Where memory is handed over instead of cloned: an answer's `moved`, and the third parameter of
 * `call`.
 */
export interface Moving {
  readonly moved: readonly ArrayBuffer[]
}

export class Thread<M> {
  #last = 0
  readonly #waiting = new Map<number, Waiting>()
  readonly #bell = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker

  /** `options` are what `threadOptions` gives over there. */
  constructor(file: URL, options: unknown) {
    const data: ThreadData = { options, bell: this.#bell }
    // Flags of the process are not for its threads: some (--input-type) would keep them from
    // starting.
    this.#worker = new Worker(file, { workerData: data, execArgv: [] })
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    this.#worker.on('error', cause => {
      throw cause
    })
    this.#worker.on('exit', () => assert(this.#waiting.size === 0, 'a thread answers every call'))
  }

  call<N extends keyof M & string>(
    method: N,
    argument: Argument<M[N]>,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Result<M[N]>> {
    this.#last += 1
    const request: Request = { id: this.#last, method, argument }
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject })
      this.#worker.postMessage(request, moved)
      Atomics.store(this.#bell, 0, 1)
      Atomics.notify(this.#bell, 0)
    })
  }

  /** After the last answer. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(answer: Answer): void {
    const waiting = present(this.#waiting.get(answer.id), 'an answer belongs to a call')
    this.#waiting.delete(answer.id)
    if ('value' in answer) waiting.resolve(answer.value as never)
    else waiting.reject(new Failure(answer.failure.code, answer.failure.facts))
  }
}

/** What this thread was started with. */
export const threadOptions = <T>(): T => (workerData as ThreadData).options as T

/**
 * The far end: answers calls until the thread is ended; it never returns to the event loop. `after`
 * runs behind each answer.
 */
export function serve(methods: Methods, after: () => void = () => {}): never {
  assert(!isMainThread, 'only a thread of its own may sleep')
  const port = present(parentPort, 'a thread has a parent')
  const { bell } = workerData as ThreadData
  for (;;) {
    // Lowered before looking, so that a call that comes after the look rings again.
    Atomics.store(bell, 0, 0)
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      answer(port, methods, next.message as Request)
      after()
    }
    Atomics.wait(bell, 0, 0)
  }
}

function answer(port: MessagePort, methods: Methods, { id, method, argument }: Request): void {
  try {
    const run = present(methods[method], 'the method exists') as (argument: unknown) => unknown
    const value = run(argument)
    const { moved = [] } = (value ?? {}) as Partial<Moving>
    port.postMessage({ id, value }, moved)
  } catch (cause) {
    const failure = failureOf(cause)
    if (failure === undefined) throw cause
    port.postMessage({ id, failure: { code: failure.code, facts: failure.facts } })
  }
}
