// Reads the log on, all partitions in one order of time, so that rows stand as they were stored and
// a record comes after what it came of, also when an old log is read from its beginning.
import type { LogReader, LogRecord, PartitionInfo } from '../../../model/log.ts'
import type { Indexer } from './indexer.ts'

/** What is read of one partition at a time; larger records come alone. */
const BOUNDS = { records_max: 200, bytes_max: 262_144 }
/** Records in one transaction. */
const STEP_RECORDS_MAX = 1_000
const LEVELS = ['raw', 'canonical', 'outbound', 'dead', 'audit']

const nameOf = ({ topic, partition }: { topic: string; partition: number }) =>
  `${topic}/${partition}`

/** One partition, as far as it has been read. */
interface Lane {
  readonly topic: string
  readonly partition: number
  readonly level: number
  readonly end: number
  next: number
  waiting: LogRecord[]
  at: number
}

export class Follower {
  readonly #reader: LogReader
  readonly #indexer: Indexer
  /** Of what the log held at the last look. */
  #lanes: Lane[] = []
  #records = 0

  constructor(reader: LogReader, indexer: Indexer) {
    this.#reader = reader
    this.#indexer = indexer
  }

  /** Indexes some records; whether there are more. */
  async step(): Promise<boolean> {
    if (this.#lanes.length === 0) this.#lanes = await this.#unread()
    const records = await this.#nextRecords()
    if (records.length === 0) return false
    this.#indexer.take(records)
    this.#records += records.length
    return true
  }

  /** How many records were read since it was opened, and how many of the log are unread. */
  async progress(): Promise<{ readonly records: number; readonly behind: number }> {
    const lanes = await this.#unread()
    const behind = lanes.reduce((sum, lane) => sum + lane.end - lane.next, 0)
    return { records: this.#records, behind }
  }

  /** Whether everything below these ends is in the index. */
  hasRead(ends: readonly PartitionInfo[]): boolean {
    const positions = this.#indexer.positions()
    return ends.filter(isKnown).every(info => {
      const position = positions.get(nameOf(info)) ?? 0
      return Math.max(position, info.first_offset) >= info.next_offset
    })
  }

  async #unread(): Promise<Lane[]> {
    const positions = this.#indexer.positions()
    const infos = (await this.#reader.partitions()).filter(isKnown)
    return infos
      .map(info => laneOf(info, positions.get(nameOf(info)) ?? 0))
      .filter(lane => lane.next < lane.end)
  }

  async #nextRecords(): Promise<LogRecord[]> {
    const taken: LogRecord[] = []
    while (taken.length < STEP_RECORDS_MAX) {
      await Promise.all(this.#lanes.map(lane => this.#fill(lane)))
      this.#lanes = this.#lanes.filter(lane => lane.waiting.length > lane.at)
      const first = this.#lanes.toSorted(earlier)[0]
      if (first === undefined) break
      // As far as no other partition has an older record, or none that is unread.
      const others = this.#lanes.filter(lane => lane !== first)
      const until = Math.min(...others.map(headOf))
      do {
        taken.push(first.waiting[first.at] as LogRecord)
        first.at += 1
      } while (first.at < first.waiting.length && headOf(first) < until)
    }
    return taken
  }

  async #fill(lane: Lane): Promise<void> {
    if (lane.at < lane.waiting.length || lane.next >= lane.end) return
    const { topic, partition } = lane
    lane.waiting = [...(await this.#reader.read(topic, partition, lane.next, BOUNDS))]
    lane.at = 0
    lane.next = (lane.waiting.at(-1)?.offset ?? lane.end - 1) + 1
  }
}

const isKnown = ({ topic }: PartitionInfo) => LEVELS.includes(levelOf(topic))
const levelOf = (topic: string) => topic.slice(0, topic.indexOf('.'))

/** What retention has taken before it was read is not found any more, and is no error. */
function laneOf(info: PartitionInfo, position: number): Lane {
  const { topic, partition, first_offset, next_offset } = info
  return {
    topic,
    partition,
    level: LEVELS.indexOf(levelOf(topic)),
    end: next_offset,
    next: Math.max(position, first_offset),
    waiting: [],
    at: 0,
  }
}

const headOf = (lane: Lane) => lane.waiting[lane.at]?.time_ms ?? Infinity
const earlier = (a: Lane, b: Lane) => headOf(a) - headOf(b) || a.level - b.level
