// A thread for thread.test.ts: answers, fails by the catalogue, and has a bug.
import { serve, threadOptions } from '../../../src/logs/embedded/thread.ts'
import { Failure } from '../../../src/model/errors.ts'

let calls = 0

const methods = {
  options: () => threadOptions<unknown>(),
  double: (number: number) => number * 2,
  count: () => ++calls,
  give: (memory: ArrayBuffer) => ({ memory, moved: [memory] }),
  fail: (offset: number) => {
    throw new Failure('log_corrupt', { offset })
  },
  bug: () => {
    throw new TypeError('synthetic')
  },
}

export type ToyMethods = typeof methods

serve(methods)
