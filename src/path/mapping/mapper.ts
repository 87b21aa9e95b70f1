// The mappings of one tenant, run in a process of its own (design: section 5). It is started with
// the first work and ended when idle. A mapping that throws, loops, grows or dies costs its own
// message a code and no other; results come in the order of the jobs. Callers bound what waits
// here: each has one batch in it.
import { backoff } from '../../kit/backoff.ts'
import type { ChildEnd } from '../../kit/child.ts'
import type { Clock } from '../../kit/clock.ts'
import { systemRandom } from '../../kit/random.ts'
import { type Facts, Failure } from '../../model/errors.ts'
import type { Mapper, MappingJob, MappingResult } from '../../model/event.ts'
import type { Signals } from '../../model/signals.ts'
import { type MappingProcess, type ProcessEnd, startMappingProcess } from './process.ts'
import { PROTOCOL } from './protocol.ts'

export interface MapperOptions {
  readonly tenant: string
  /** Folder of the tenant's own modules, where there is one. */
  readonly transforms: string | undefined
  /** Folder of the base mappings; absent: the engine's own. */
  readonly base?: string | undefined
  /** One message. */
  readonly mapping_ms_max: number
  readonly mapping_memory_mb_max: number
  /** Results tell what was read, and by which lines; slow, for `firth map --explain`. */
  readonly explain?: boolean
  /**
   * Starts that fail in a row before what waits is given up as `mapping_died`: for commands, where
   * a person waits. Undefined: it is tried on, since the cause is the machine and no message.
   */
  readonly starts_max?: number
  readonly clock: Clock
  readonly signals: Signals
}

const LIMITS = {
  /** Without work for so long the process ends. */
  idle_ms_max: 60_000,
  /** From the start of a process, or of the loading of a module, to its first answer. */
  load_ms_max: 60_000,
  /** How often a busy process is looked at. */
  watch_ms: 100,
  /** A message that is alone in hand at so many deaths is the cause. */
  deaths_max: 2,
  /** Messages handed over and not answered; two batches keep the process busy. */
  in_hand_max: 2 * PROTOCOL.batch_messages_max,
  /** Between the starts of a process that does not come up. */
  start_wait: { wait_ms_min: 100, wait_ms_max: 10_000 },
} as const

export function openMapper(options: MapperOptions): Mapper {
  return new TenantMapper(options)
}

/** One message, from its call to its result. */
interface Item {
  readonly module: string
  readonly job: MappingJob
  readonly settle: (result: MappingResult) => void
  readonly reject: (cause: Failure) => void
  /** In hand at a death, so it is taken alone from then on. */
  alone: boolean
  deaths: number
}

class TenantMapper implements Mapper {
  readonly #options: MapperOptions
  #waiting: Item[] = []
  #hand: Item[] = []
  #process: MappingProcess | undefined
  #closed = false
  /** Why we ended the process ourselves, where we did. */
  #verdict: 'timeout' | 'memory' | undefined
  #failed_starts = 0
  /** Milliseconds of `clock.elapsed` at the last sign of life. */
  #progress_at = 0
  /** Over the limit at the last look; an answer may still have been on its way. */
  #suspected = false
  #cancelWatch: (() => void) | undefined
  #cancelPause: (() => void) | undefined

  constructor(options: MapperOptions) {
    this.#options = options
  }

  map(module: string, jobs: readonly MappingJob[]): Promise<readonly MappingResult[]> {
    if (this.#closed) return Promise.reject(new Failure('log_closed'))
    if (jobs.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const results: MappingResult[] = new Array(jobs.length)
      let open = jobs.length
      jobs.forEach((job, i) => {
        const settle = (result: MappingResult) => {
          results[i] = result
          open -= 1
          if (open === 0) resolve(results)
        }
        this.#waiting.push({ module, job, settle, reject, alone: false, deaths: 0 })
      })
      this.#pump()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelWatch?.()
    this.#cancelPause?.()
    for (const item of [...this.#hand, ...this.#waiting]) item.reject(new Failure('log_closed'))
    this.#hand = []
    this.#waiting = []
    await this.#process?.stop()
  }

  /** Hands over what the process may have now. */
  #pump(): void {
    while (!this.#closed && this.#cancelPause === undefined) {
      const batch = this.#nextBatch()
      if (batch.length === 0) break
      this.#process ??= this.#start()
      if (this.#hand.length === 0) this.#sawProgress()
      this.#hand.push(...batch)
      this.#process.send(
        batch[0]?.module ?? '',
        batch.map(({ job }) => job),
      )
    }
    if (!this.#closed) this.#watch()
  }

  #nextBatch(): Item[] {
    const [first] = this.#waiting
    const held = this.#hand.length
    if (first === undefined || held >= LIMITS.in_hand_max) return []
    if (held > 0 && (first.alone || this.#hand[0]?.alone)) return []
    if (first.alone) return this.#waiting.splice(0, 1)
    let count = 0
    let bytes = 0
    for (const { module, job, alone } of this.#waiting) {
      bytes += job.raw.length
      const fits = count === 0 || bytes <= PROTOCOL.batch_bytes_max
      if (alone || module !== first.module || count >= PROTOCOL.batch_messages_max || !fits) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  #start(): MappingProcess {
    this.#verdict = undefined
    return startMappingProcess(this.#options, {
      progress: () => this.#sawProgress(),
      result: result => {
        this.#hand.shift()?.settle(result)
        this.#sawProgress()
      },
      drained: () => this.#pump(),
      end: end => this.#ended(end),
    })
  }

  #sawProgress(): void {
    this.#progress_at = this.#options.clock.elapsed()
    this.#suspected = false
  }

  /**
   * Looks at the process as long as it runs: at its limits while it is busy, at its idleness
   * otherwise.
   */
  #watch(): void {
    if (this.#cancelWatch !== undefined || this.#process === undefined) return
    this.#cancelWatch = this.#options.clock.after(LIMITS.watch_ms, () => {
      this.#cancelWatch = undefined
      this.#look()
      this.#watch()
    })
  }

  #look(): void {
    const process = this.#process
    if (process === undefined) return
    const passed_ms = this.#options.clock.elapsed() - this.#progress_at
    const [first] = this.#hand
    if (first === undefined) {
      if (passed_ms > LIMITS.idle_ms_max) void process.stop()
      return
    }
    const loaded = process.hasLoaded(first.module)
    const limit_ms = loaded ? this.#options.mapping_ms_max : LIMITS.load_ms_max
    if (process.overMemory()) this.#kill('memory')
    else if (passed_ms <= limit_ms) this.#suspected = false
    else if (this.#suspected) this.#kill('timeout')
    else this.#suspected = true
  }

  #kill(verdict: 'timeout' | 'memory'): void {
    this.#verdict = verdict
    void this.#process?.stop()
  }

  /**
   * The process is gone; what was in hand goes back to the front, but for the one that is to blame.
   */
  #ended(end: ProcessEnd): void {
    const { signals, tenant, clock } = this.#options
    this.#process = undefined
    if (this.#closed) return
    const hand = this.#hand
    this.#hand = []
    if (!end.ready && this.#verdict === undefined) {
      this.#failed_starts += 1
      if (this.#failed_starts >= (this.#options.starts_max ?? Number.POSITIVE_INFINITY)) {
        const given_up = [...hand, ...this.#waiting.splice(0)]
        const facts = { ...factsOf(end), starts: this.#failed_starts }
        for (const item of given_up) item.settle({ code: 'mapping_died', facts })
        return
      }
      const wait_ms = backoff(LIMITS.start_wait, this.#failed_starts, systemRandom)
      signals.say('error', 'The mapping process does not start.', {
        tenant,
        ...factsOf(end),
        wait_ms,
      })
      this.#cancelPause = clock.after(wait_ms, () => {
        this.#cancelPause = undefined
        this.#pump()
      })
    } else {
      this.#failed_starts = 0
      if (hand.length > 0) this.#blame(hand, end)
    }
    this.#waiting.unshift(...hand)
    this.#pump()
  }

  /** One that was alone is to blame and leaves `hand`; several are taken alone from now on. */
  #blame(hand: Item[], end: ProcessEnd): void {
    const { signals, tenant, mapping_ms_max, mapping_memory_mb_max } = this.#options
    const cause = this.#verdict ?? causeOf(end)
    signals.count('mapping_process_deaths', { tenant, cause })
    signals.say('warn', 'The mapping process was ended or died.', {
      tenant,
      cause,
      in_hand: hand.length,
      ...factsOf(end),
    })
    const [only] = hand
    if (hand.length > 1 || only === undefined) {
      for (const item of hand) item.alone = true
      return
    }
    only.deaths += 1
    if (cause === 'timeout') {
      hand.shift()?.settle({ code: 'mapping_timeout', facts: { mapping_ms_max } })
    } else if (only.deaths >= LIMITS.deaths_max) {
      const facts = cause === 'memory' ? { mapping_memory_mb_max } : factsOf(end)
      hand.shift()?.settle({ code: CODES[cause], facts })
    }
  }
}

const CODES = {
  memory: 'mapping_memory',
  broken: 'mapping_answer_broken',
  died: 'mapping_died',
} as const

/** Node aborts where the heap has reached its limit. */
function causeOf({ broken, signal }: ProcessEnd): keyof typeof CODES {
  if (broken) return 'broken'
  return signal === 'SIGABRT' ? 'memory' : 'died'
}

function factsOf(end: ChildEnd): Facts {
  const { code, signal, stderr_bytes } = end
  return {
    ...(code === null ? {} : { exit_code: code }),
    ...(signal === null ? {} : { signal }),
    stderr_bytes,
  }
}
