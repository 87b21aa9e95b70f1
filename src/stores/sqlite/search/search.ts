// The near end of the search index. Whatever happens in its thread, a bug of it too, costs the
// engine its search and nothing else: it says so, and searching fails until the next start.
import { Worker } from 'node:worker_threads'
import { type Code, Failure } from '../../../model/errors.ts'
import type { Search } from '../../../model/search.ts'
import type { Signals } from '../../../model/signals.ts'
import type { SearchCall, SearchOptions, SearchReply } from './protocol.ts'

/** Questions that may wait; above it they are refused. */
const CALLS_WAITING_MAX = 1_000

interface Waiting {
  resolve(value: unknown): void
  reject(cause: Failure): void
}

export function openSearch(options: SearchOptions, signals: Signals): Search {
  const thread = new SearchThread(options, signals)
  const ask = <T>(method: SearchCall['method'], ...values: readonly unknown[]) =>
    thread.call(method, values) as Promise<T>
  return {
    messages: (filter, page) => ask('messages', filter, page),
    letters: (filter, page) => ask('letters', filter, page),
    letterCounts: filter => ask('letterCounts', filter),
    recordsOf: (raw_id, index) => ask('recordsOf', raw_id, index),
    repairsOf: raw_id => ask('repairsOf', raw_id),
    async progress() {
      if (!thread.failed) return ask('progress')
      return { records: 0, behind: 0, rebuilding: false, trouble: 'search_unavailable' }
    },
    caughtUp: () => ask('caughtUp'),
    close: () => thread.close(),
  }
}

class SearchThread {
  failed = false
  #closing: Promise<void> | undefined
  #last = 0
  readonly #waiting = new Map<number, Waiting>()
  readonly #worker: Worker
  readonly #ended = Promise.withResolvers<void>()

  constructor(options: SearchOptions, signals: Signals) {
    const file = new URL('./worker.ts', import.meta.url)
    // Flags of the process are not for its threads: some (--input-type) would keep them from
    // starting.
    this.#worker = new Worker(file, { workerData: options, execArgv: [] })
    this.#worker.on('message', (reply: SearchReply) => this.#settle(reply))
    this.#worker.on('error', cause => {
      this.failed = true
      const error = cause instanceof Error ? cause.name : typeof cause
      signals.say('error', 'the search index ended; the engine goes on without it', { error })
    })
    this.#worker.on('exit', () => {
      this.failed = true
      for (const { reject } of this.#waiting.values()) reject(unavailable('ended'))
      this.#waiting.clear()
      this.#ended.resolve()
    })
  }

  call(method: SearchCall['method'], values: readonly unknown[]): Promise<unknown> {
    if (this.failed || this.#closing !== undefined) return Promise.reject(unavailable('ended'))
    if (this.#waiting.size >= CALLS_WAITING_MAX) return Promise.reject(unavailable('busy'))
    this.#last += 1
    const id = this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, method, values } satisfies SearchCall)
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (!this.failed) this.#worker.postMessage('close')
    await this.#ended.promise
  }

  #settle(reply: SearchReply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('value' in reply) waiting?.resolve(reply.value)
    else waiting?.reject(new Failure(reply.failure.code as Code, reply.failure.facts))
  }
}

const unavailable = (why: string) => new Failure('search_unavailable', { why })
