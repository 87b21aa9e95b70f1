// What has been mended or made anew since: a replay of the old form must not undo it. A raw record
// that a later one repairs is left out; an event that was appended again in another form is
// replayed in its newest one.
import { Failure } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'

const READ = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
/** 52 bits of an id: a number that JavaScript holds exactly, and a few bytes each. */
const ID_DIGITS = 13
/** Newer forms kept in mind: some 50 bytes each. */
const NEWEST_MAX = 2_000_000

export interface NewerOptions {
  readonly log: Pick<LogReader, 'read'>
  readonly topic: string
  /** The first offset of the span. */
  readonly from_offset: number
  /** Names it: its id, where a record is a newer form of another one; undefined for any other. */
  replaces(record: LogRecord): string | undefined
}

export class Newer {
  readonly #options: NewerOptions
  /** By id in short, the offset of the newest form. */
  readonly #newest = new Map<number | string, number>()
  #offset: number

  constructor(options: NewerOptions) {
    this.#options = options
    this.#offset = options.from_offset
  }

  /** Reads on to the end that the topic has by now. */
  async readOn(): Promise<void> {
    const { log, topic, replaces } = this.#options
    for (;;) {
      const records = await log.read(topic, 0, this.#offset, READ)
      const last = records.at(-1)
      if (last === undefined) return
      for (const record of records) {
        const id = replaces(record)
        if (id !== undefined) this.#newest.set(short(id), record.offset)
      }
      this.#offset = last.offset + 1
      if (this.#newest.size > NEWEST_MAX)
        throw new Failure('replay_too_wide', { topic, NEWEST_MAX })
    }
  }

  /** The newest form of a record; undefined where it is that itself. */
  async of(id: string, record: Pick<LogRecord, 'offset'>): Promise<LogRecord | undefined> {
    const offset = this.#newest.get(short(id))
    if (offset === undefined || offset <= record.offset) return undefined
    const { log, topic, replaces } = this.#options
    const [newest] = await log.read(topic, 0, offset, { ...READ, records_max: 1 })
    // Two ids may be alike in short: the record itself says whose form it is.
    return newest !== undefined && replaces(newest) === id ? newest : undefined
  }
}

function short(id: string): number | string {
  return /^[0-9a-f]{32}$/.test(id) ? Number.parseInt(id.slice(0, ID_DIGITS), 16) : id
}
