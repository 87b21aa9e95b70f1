// The messages that events come from, read again at routing for the targets that forward them. They
// travel on inside the intent, so that neither retention, nor a retry, nor an approval weeks later
// needs the raw topic again.
import { limits } from '../model/limits.ts'
import type { Log, LogRecord } from '../model/log.ts'
import type { TenantPlan } from '../model/plan.ts'
import { indexOf, type Part, partsOf } from './batch.ts'

/** Raw records that are read at once: neighbours of what is asked for are asked for next. */
const AHEAD = { records_max: 64, bytes_max: limits.batch_bytes_max }

/** Whether an event of this channel may go to a target that forwards its message. */
export function forwards({ channels, targets }: TenantPlan, channel: string | undefined): boolean {
  const routes = channels.find(one => one.channel === channel)?.routes ?? []
  const names = new Set(targets.filter(({ takes }) => takes === 'message').map(({ name }) => name))
  return routes.some(({ to }) => names.has(to))
}

/** Holds what one call of station 5 reads, and is given up with it. */
export class SourceMessages {
  readonly #log: Pick<Log, 'read'>
  readonly #read = new Map<string, LogRecord>()
  /** The messages of one raw record: a batch is split once for all of its events. */
  #split: { readonly record: LogRecord; readonly messages: readonly Part[] } | undefined

  constructor(log: Pick<Log, 'read'>) {
    this.#log = log
  }

  /** The bytes of the message of a canonical record; undefined where retention has taken it. */
  async of({ headers }: Pick<LogRecord, 'headers'>): Promise<Buffer | undefined> {
    const { source_topic: topic = '', source_partition = '0', source_offset = '' } = headers
    if (topic === '' || source_offset === '') return undefined
    const at = { topic, partition: Number(source_partition), offset: Number(source_offset) }
    const record = await this.#record(at)
    if (record === undefined || record.headers.raw_id !== headers.raw_id) return undefined
    // A mended message of a batch stands alone, under the index that it had there.
    const index = record.headers.index === headers.index ? 0 : indexOf(headers)
    return this.#messages(record)[index]?.record.value
  }

  async #record(at: Pick<LogRecord, 'topic' | 'partition' | 'offset'>) {
    const key = keyOf(at)
    if (!this.#read.has(key)) {
      this.#read.clear()
      const records = await this.#log.read(at.topic, at.partition, at.offset, AHEAD)
      for (const record of records) this.#read.set(keyOf(record), record)
    }
    return this.#read.get(key)
  }

  #messages(record: LogRecord): readonly Part[] {
    if (this.#split?.record !== record) {
      const parts = partsOf(record)
      this.#split = { record, messages: 'messages' in parts ? parts.messages : [] }
    }
    return this.#split.messages
  }
}

const keyOf = ({ topic, partition, offset }: Pick<LogRecord, 'topic' | 'partition' | 'offset'>) =>
  JSON.stringify([topic, partition, offset])
