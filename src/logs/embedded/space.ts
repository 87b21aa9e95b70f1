// Gives back the space of what was let go: whole segments at once, and where a segment holds some
// records that stay, by a rewrite without the others. One thing at a time; a rewrite is slow on
// purpose, for it shares the disk with appends.
import { systemClock } from '../../kit/clock.ts'
import { systemDisk } from '../../kit/disk.ts'
import { catalogue, failureOf } from '../../model/errors.ts'
import type { Trim } from '../../model/log.ts'
import type { Signals } from '../../model/signals.ts'
import type { ReaderMethods } from './reader_thread.ts'
import { decide, type Floor, floorsOf, type Weight } from './retention.ts'
import type { RewriteMethods } from './rewrite_thread.ts'
import { Thread } from './thread.ts'
import type { WriterMethods } from './writer_thread.ts'

export interface SpaceParts {
  readonly writer: Thread<WriterMethods>
  readonly reader: Thread<ReaderMethods>
  readonly signals: Signals
  /** `<data>/log`. */
  readonly folder: string
}

/** What one step of a rewrite copies and syncs, and how much all steps copy in a second. */
const STEP_BYTES = 1_048_576
const COPY_BYTES_PER_SECOND = 33_554_432
/** A rewrite leaves this much of the disk to appends. */
const FREE_BYTES_MIN = 268_435_456

type Turn = (remove: () => Promise<void>) => Promise<void>

export class Space {
  readonly #parts: SpaceParts
  readonly #closing = new AbortController()
  #trims: readonly Trim[] = []
  #last: Promise<unknown> = Promise.resolve()
  #compacting: Promise<unknown> = Promise.resolve()

  constructor(parts: SpaceParts) {
    this.#parts = parts
  }

  trim(trims: readonly Trim[]): Promise<void> {
    return this.#alone(async () => {
      this.#trims = trims
      // Letting go comes first and writes nothing, so that it works on a full disk; a seal may need
      // room.
      await this.#drop()
      if (await this.#parts.writer.call('sealIfDue', undefined)) await this.#drop()
    })
  }

  compact(turn: Turn): Promise<void> {
    const work = this.#compacting.then(() => this.#compact(turn))
    this.#compacting = settled(work)
    return work
  }

  /** Resolves when nothing is under way any more; a rewrite is given up. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#compacting
    await this.#last
  }

  /** Whoever removes files is alone while it does. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const step = this.#last.then(work)
    this.#last = settled(step)
    return step
  }

  async #weigh(): Promise<{ weights: readonly Weight[]; floors: readonly Floor[] }> {
    const floors = await this.#floors()
    return { weights: await this.#parts.reader.call('weigh', floors), floors }
  }

  async #floors(): Promise<readonly Floor[]> {
    return floorsOf(this.#trims, await this.#parts.reader.call('groups', undefined))
  }

  async #drop(): Promise<void> {
    const { drop } = decide((await this.#weigh()).weights)
    if (drop.length > 0) await this.#remove(drop)
  }

  async #remove(names: readonly string[]): Promise<void> {
    const { writer, reader } = this.#parts
    await writer.call('drop', names)
    // The space of a removed file comes back when nobody has it open any more.
    await reader.call('refresh', undefined)
  }

  async #compact(turn: Turn): Promise<void> {
    const { weights, floors } = await this.#weigh()
    const wanted = new Set(decide(weights).rewrite)
    if (wanted.size === 0) return
    const file = new URL('./rewrite_thread.ts', import.meta.url)
    const thread = new Thread<RewriteMethods>(file, {})
    try {
      for (const weight of weights.filter(({ segment }) => wanted.has(segment))) {
        await this.#rewrite(weight, { thread, floors, turn })
      }
    } finally {
      await thread.end()
    }
  }

  /** A segment that cannot be rewritten stays as it is; the others do not wait for it. */
  async #rewrite({ segment, bytes, kept_bytes }: Weight, by: Rewriting): Promise<void> {
    const { folder, signals } = this.#parts
    if (this.#closing.signal.aborted) return
    if (systemDisk.freeBytes(folder) < kept_bytes + FREE_BYTES_MIN) {
      return signals.say('warn', 'the disk has no room to rewrite a segment', { segment })
    }
    try {
      if (!(await this.#copy(segment, by))) return
      await by.turn(() =>
        this.#alone(async () => {
          await by.thread.call('finish', await this.#floors())
          await this.#remove([])
        }),
      )
      signals.say('info', 'a segment was rewritten', { segment, bytes, kept_bytes })
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === undefined) throw cause
      const { message } = catalogue[failure.code]
      signals.say('error', 'a segment was not rewritten', { ...failure.facts, segment, message })
    }
  }

  /** False where the log is closed meanwhile. */
  async #copy(segment: string, { thread, floors }: Rewriting): Promise<boolean> {
    const { folder } = this.#parts
    await thread.call('begin', { folder, segment, floors })
    while (await thread.call('step', STEP_BYTES)) {
      await systemClock.sleep((STEP_BYTES / COPY_BYTES_PER_SECOND) * 1_000, this.#closing.signal)
      if (!this.#closing.signal.aborted) continue
      await thread.call('abandon', undefined)
      return false
    }
    return true
  }
}

interface Rewriting {
  readonly thread: Thread<RewriteMethods>
  readonly floors: readonly Floor[]
  readonly turn: Turn
}

/** The end of it, whatever it is: whoever asked is told, and what comes next looks anew. */
const settled = (work: Promise<unknown>) =>
  work.then(
    () => {},
    () => {},
  )
