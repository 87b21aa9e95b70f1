// One life of a mapping process, as the engine sees it: jobs in, results out, and its end. What it
// may read and use is decided here and in sandbox.ts.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Child, type ChildEnd, type ChildOptions, startChild } from '../../kit/child.ts'
import { realPath } from '../../kit/real_path.ts'
import type { MappingJob, MappingResult } from '../../model/event.ts'
import { checkedResult } from './checked_result.ts'
import { EXPLAIN, encodeBatch, FrameReader } from './protocol.ts'
import type { Fences } from './sandbox.ts'

export interface ProcessOptions {
  readonly transforms: string | undefined
  /** Folder of the base mappings; absent: the engine's own. */
  readonly base?: string | undefined
  readonly mapping_memory_mb_max: number
  /** Tells with each result what was read, and by which lines; slow. */
  readonly explain?: boolean
}

/** `broken`: it answered what no mapping process answers, and was ended. */
export type ProcessEnd = ChildEnd & { readonly ready: boolean; readonly broken: boolean }

export interface ProcessEvents {
  /** It is alive: it came up, or loaded a module. */
  progress(): void
  /** The oldest message in hand is done. */
  result(result: MappingResult): void
  /** After the results of one read. */
  drained(): void
  /** `ready`: whether it ever came up; if not, the cause is the machine and no message. */
  end(end: ProcessEnd): void
}

export interface MappingProcess {
  send(module: string, jobs: readonly MappingJob[]): void
  hasLoaded(module: string): boolean
  overMemory(): boolean
  /** Resolves when it is gone. */
  stop(): Promise<void>
}

/** Of the heap, for what has just been made. */
const YOUNG_MB = 32

/** What Node itself needs beside the heap that the limit is about. */
const RUNTIME_BYTES = 384 * 1024 * 1024

export function startMappingProcess(
  options: ProcessOptions,
  events: ProcessEvents,
): MappingProcess {
  const frames = new FrameReader()
  const ended = Promise.withResolvers<void>()
  /**
   * Modules in the order of their first batch, in which they are loaded, and where they really are.
   */
  const asked = new Map<string, string>()
  let signs = 0
  const child = startChild(childOptions(options, 'worker.ts'), {
    data(bytes) {
      for (const answer of frames.push(bytes)) {
        if (answer !== undefined) events.result(checkedResult(answer))
        else {
          signs += 1
          events.progress()
        }
      }
      if (frames.broken) child.kill()
      events.drained()
    },
    end(end) {
      ended.resolve()
      events.end({ ...end, ready: signs > 0, broken: frames.broken })
    },
  })
  return {
    send(module, jobs) {
      const url = asked.get(module) ?? pathToFileURL(realPath(module) ?? module).href
      asked.set(module, url)
      child.write(encodeBatch(url, jobs))
    },
    // The first sign is that it came up.
    hasLoaded: module => [...asked.keys()].indexOf(module) < signs - 1,
    overMemory: () => overMemory(child, options),
    stop() {
      child.kill()
      return ended.promise
    },
  }
}

/** Whether it holds more than its limit, which Node's own limit on the heap does not see. */
export function overMemory(
  child: Child,
  { mapping_memory_mb_max }: Pick<ProcessOptions, 'mapping_memory_mb_max'>,
): boolean {
  return (child.memory() ?? 0) > mapping_memory_mb_max * 1024 * 1024 + RUNTIME_BYTES
}

/** `entry`: a file of this folder. */
export function childOptions(options: ProcessOptions, entry: string): ChildOptions {
  const { transforms, base, mapping_memory_mb_max } = options
  const engine = `${realPath(join(import.meta.dirname, '../../..')) ?? ''}/`
  const tenant = transforms === undefined ? undefined : realPath(transforms)
  const fences: Fences = {
    engine,
    base: `${realPath(base ?? `${engine}transforms/base`) ?? ''}/`,
    tenant: tenant === undefined ? undefined : `${tenant}/`,
  }
  const readable = [`${engine}src/`, fences.base, `${engine}package.json`, fences.tenant]
  return {
    entry: join(import.meta.dirname, entry),
    args: [JSON.stringify(fences), ...(options.explain ? [EXPLAIN] : [])],
    flags: [
      '--permission',
      ...readable.filter(path => path !== undefined).map(path => `--allow-fs-read=${path}`),
      `--max-old-space-size=${mapping_memory_mb_max}`,
      // A batch's events die young only where the young have room.
      `--max-semi-space-size=${YOUNG_MB}`,
      '--disallow-code-generation-from-strings',
      // A mapping is the same few functions for months: what they are called with is noted at once,
      // and memory is swept beside nobody, so that all of it is one core's work. Measured: a third.
      '--no-lazy-feedback-allocation',
      '--single-threaded-gc',
      '--no-warnings',
      // A promise that a mapping leaves behind is nobody's death.
      '--unhandled-rejections=none',
    ],
    // Times without a zone are the tenant's business, never the machine's.
    env: { TZ: 'UTC' },
  }
}
