// A topic read beside the one that is replayed. What a unit wrote of its source stands in the order
// of the source, so both are read forwards together and what belongs together meets: memory is
// bounded by a batch, however long the span.
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'

const READ = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }

export class Trail {
  readonly #log: Pick<LogReader, 'read'>
  readonly #topic: string
  /** Offset of the source that a record came of; undefined: it is none of these. */
  readonly #sourceOf: (record: LogRecord) => number | undefined
  #offset: number
  #read: readonly LogRecord[] = []
  #next = 0

  constructor(
    log: Pick<LogReader, 'read'>,
    from: { readonly topic: string; readonly offset: number },
    sourceOf: (record: LogRecord) => number | undefined,
  ) {
    this.#log = log
    this.#topic = from.topic
    this.#offset = from.offset
    this.#sourceOf = sourceOf
  }

  /** Hands over what came of source records up to `source_offset`, and goes no further. */
  async upTo(source_offset: number, keep: (record: LogRecord, source: number) => void) {
    for (;;) {
      const record = await this.#peek()
      if (record === undefined) return
      const source = this.#sourceOf(record)
      if (source !== undefined && source > source_offset) return
      this.#next += 1
      if (source !== undefined) keep(record, source)
    }
  }

  async #peek(): Promise<LogRecord | undefined> {
    if (this.#next >= this.#read.length) {
      this.#read = await this.#log.read(this.#topic, 0, this.#offset, READ)
      this.#next = 0
      const last = this.#read.at(-1)
      if (last !== undefined) this.#offset = last.offset + 1
    }
    return this.#read[this.#next]
  }
}
