// Durable appends of 1 KB per second, beside the least that a durable append can cost in the same
// run: an append-only file whose writes share one fdatasync. Each caller waits for its own record,
// as an acknowledgement does. The file itself is shown beside the naive loop of write and
// fdatasync.
import fs from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { prepare } from '../../src/logs/embedded/codec.ts'
import { embedded } from '../../src/logs/embedded/embedded.ts'
import type { NewRecord } from '../../src/model/log.ts'
import { silentSignals } from '../../src/model/signals.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface CompareOptions {
  readonly rounds: number
  /** Length of each measurement. */
  readonly ms: number
  readonly callers?: readonly number[]
}

export interface AppendComparison {
  readonly callers: number
  /** Log over file, round by round. */
  readonly ratio: Spread
  readonly log_per_second: Spread
  readonly file_per_second: Spread
  /** File over the naive loop; only for one caller, because the loop has no more. */
  readonly file_over_naive?: Spread
  readonly log_p99_ms: Spread
}

const write: (fd: number, bytes: Uint8Array) => Promise<unknown> = promisify(fs.write)
const sync = promisify(fs.fdatasync)

/** What both sides write for each append. */
const RECORD_BYTES = 1024

const empty: NewRecord = {
  key: 'adt_in',
  value: Buffer.alloc(0),
  headers: {
    raw_id: '01jd0000000000000000000000',
    tenant: 'synthetic',
    channel: 'adt_in',
    feed: '2575|SENDER|WARD',
    received_at: '2026-01-01T00:00:00.000Z',
    sha256: '0'.repeat(64),
    control_id: 'M000001',
    message_type: 'ADT^A01',
  },
}
/** Packed, with its key and headers, it is RECORD_BYTES long. */
const sample = { ...empty, value: Buffer.alloc(RECORD_BYTES - prepare(empty).size, 'MSH|') }
const line = Buffer.alloc(RECORD_BYTES, 'MSH|')

/** An append-only file: what arrives while a write is under way shares the next fdatasync. */
class GroupedFile {
  #waiting: { bytes: Uint8Array; done: () => void; failed: (cause: unknown) => void }[] = []
  #busy = false
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  append(bytes: Uint8Array): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ bytes, done, failed })
      if (this.#busy) return
      this.#busy = true
      setImmediate(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await write(this.#fd, Buffer.concat(group.map(one => one.bytes)))
        await sync(this.#fd)
        for (const one of group) one.done()
      } catch (cause) {
        for (const one of group) one.failed(cause)
      }
    }
    this.#busy = false
  }
}

interface Measured {
  readonly per_second: number
  readonly p99_ms: number
}

/** Callers that append one record after the other for a while. */
async function crowd(
  callers: number,
  ms: number,
  append: () => Promise<unknown>,
): Promise<Measured> {
  const times: number[] = []
  const start = performance.now()
  const until = start + ms
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let now = performance.now(); now < until; ) {
        await append()
        const after = performance.now()
        times.push(after - now)
        now = after
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  times.sort((a, b) => a - b)
  return {
    per_second: Math.round(times.length / seconds),
    p99_ms: times[Math.floor(times.length * 0.99)] ?? 0,
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'firth_bench_log_'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export function measureLog(callers: number, ms: number): Promise<Measured> {
  return inFolder(async data => {
    const defaults = Object.entries(embedded.fields).map(([name, { schema }]) => [
      name,
      schema.default,
    ])
    const log = await embedded.open(Object.fromEntries(defaults), { data, signals: silentSignals })
    await log.createTopic('raw.synthetic.adt_in')
    const append = () => log.append('raw.synthetic.adt_in', 0, [sample])
    await crowd(callers, ms / 5, append)
    const measured = await crowd(callers, ms, append)
    await log.close()
    return measured
  })
}

export function measureFile(callers: number, ms: number): Promise<Measured> {
  return withFile(async fd => {
    const file = new GroupedFile(fd)
    await crowd(callers, ms / 5, () => file.append(line))
    return crowd(callers, ms, () => file.append(line))
  })
}

export function measureNaive(ms: number): Promise<Measured> {
  return withFile(fd =>
    crowd(1, ms, async () => {
      await write(fd, line)
      await sync(fd)
    }),
  )
}

function withFile<T>(work: (fd: number) => Promise<T>): Promise<T> {
  return inFolder(async folder => {
    const handle = await open(join(folder, 'file'), 'a')
    try {
      return await work(handle.fd)
    } finally {
      await handle.close()
    }
  })
}

/** Log and file in turns, so that both meet the same machine. */
export async function compareAppends(options: CompareOptions): Promise<AppendComparison[]> {
  const { rounds, ms, callers: crowds = [1, 16, 256] } = options
  const results: AppendComparison[] = []
  for (const callers of crowds) {
    const logs: Measured[] = []
    const files: Measured[] = []
    const naive: Measured[] = []
    for (let round = 0; round < rounds; round++) {
      files.push(await measureFile(callers, ms))
      logs.push(await measureLog(callers, ms))
      if (callers === 1) naive.push(await measureNaive(ms))
    }
    const over = (a: readonly Measured[], b: readonly Measured[]) =>
      spreadOf(a.map((one, i) => one.per_second / (b[i]?.per_second ?? 1)))
    results.push({
      callers,
      ratio: over(logs, files),
      log_per_second: spreadOf(logs.map(one => one.per_second)),
      file_per_second: spreadOf(files.map(one => one.per_second)),
      ...(naive.length > 0 ? { file_over_naive: over(files, naive) } : {}),
      log_p99_ms: spreadOf(logs.map(one => one.p99_ms)),
    })
  }
  return results
}
