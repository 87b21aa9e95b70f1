// What came of raw records the first time: their events with the positions that these took in the
// order, their dead letters, and who was a duplicate. A replay keeps to it: an event takes the
// position of its first append, and one that is new takes the place where its message stood (G4).
import type { LogReader, LogRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import { isReplayed, sequenceOf } from './again.ts'
import { unitOf } from './batch.ts'
import { Trail } from './replay_trail.ts'

/** Of one message: a raw record, or a message of its batch. */
export interface First {
  /** By event id; the record of its first append. */
  readonly events: ReadonlyMap<string, LogRecord>
  /** Ids of its dead letters. */
  readonly letters: ReadonlySet<string>
  readonly duplicate: boolean
  /** Where its dead letter says that it stood in the order. */
  readonly place: number | undefined
  /** When something was written of it; undefined where nothing was. */
  readonly time_ms: number | undefined
}

interface Seen {
  readonly events: Map<string, LogRecord>
  readonly letters: Set<string>
  duplicate: boolean
  place: number | undefined
  time_ms: number | undefined
}

const NOTHING: First = {
  events: new Map(),
  letters: new Set(),
  duplicate: false,
  place: undefined,
  time_ms: undefined,
}

/** The log's clock may go back a little between two appends. */
const CLOCK_SLACK_MS = 60_000

export interface FirstsOptions {
  readonly log: Pick<LogReader, 'read' | 'offsetOfTime'>
  readonly tenant: string
  /** The raw topic, and the first record of the span. */
  readonly topic: string
  readonly time_ms: number
}

export class Firsts {
  readonly #log: FirstsOptions['log']
  readonly #canonical: string
  readonly #trails: readonly Trail[]
  #seen = new Map<string, Seen>()
  /** Source offset and position of the newest event of an earlier message. */
  #before: { readonly source: number; readonly sequence: number }[] = []

  static async open(options: FirstsOptions): Promise<Firsts> {
    const { log, tenant, topic } = options
    const topics = [topicOf.canonical(tenant), topicOf.dead(tenant), topicOf.audit(tenant)]
    const after_ms = options.time_ms - CLOCK_SLACK_MS
    const trails = topics.map(async name => {
      const offset = await log.offsetOfTime(name, 0, after_ms)
      return new Trail(log, { topic: name, offset }, sourceIn(topic))
    })
    return new Firsts(log, tenant, await Promise.all(trails))
  }

  private constructor(log: FirstsOptions['log'], tenant: string, trails: readonly Trail[]) {
    this.#log = log
    this.#canonical = topicOf.canonical(tenant)
    this.#trails = trails
  }

  /** Of these records, which come in the order of their topic. Forgets what was before them. */
  async look(records: readonly LogRecord[]): Promise<void> {
    const last = records.at(-1)?.offset ?? -1
    this.#seen = new Map()
    this.#before = this.#before.slice(-1)
    for (const trail of this.#trails) {
      await trail.upTo(last, (record, source) => this.#keep(record, source))
    }
  }

  of(part: Pick<LogRecord, 'headers'>): First {
    return this.#seen.get(unitOf(part.headers)) ?? NOTHING
  }

  /**
   * Where an event stands that its message did not make before: behind all that was in the order
   * when the message was taken care of, and before what came after. A repair has the place of what
   * it repairs, also where it came to nothing itself.
   */
  async place(part: LogRecord): Promise<number> {
    if (part.headers.sequence !== undefined) return sequenceOf(part)
    const { place, time_ms } = this.of(part)
    if (place !== undefined) return place
    const earlier = this.#before.findLast(({ source }) => source < part.offset)
    const next = await this.#log.offsetOfTime(this.#canonical, 0, time_ms ?? part.time_ms)
    return Math.max(next - 1, earlier?.sequence ?? -1)
  }

  #keep(record: LogRecord, source: number): void {
    const unit = unitOf(record.headers)
    const seen: Seen = this.#seen.get(unit) ?? {
      ...NOTHING,
      events: new Map(),
      letters: new Set(),
    }
    this.#seen.set(unit, seen)
    seen.time_ms ??= record.time_ms
    const { event_id, fate } = record.headers
    const letter = record.headers['dlt.id']
    if (letter !== undefined) {
      seen.letters.add(letter)
      const place = record.headers['dlt.sequence']
      if (place !== undefined) seen.place = Number(place)
    } else if (fate === 'duplicate') seen.duplicate = true
    else if (fate === undefined && event_id !== undefined && !seen.events.has(event_id)) {
      seen.events.set(event_id, record)
      this.#before.push({ source, sequence: sequenceOf(record) })
    }
  }
}

/** Offset in the raw topic of what a record of the transforming unit came of. */
function sourceIn(topic: string): (record: LogRecord) => number | undefined {
  return ({ headers }) => {
    if (isReplayed(headers)) return undefined
    if (headers.source_topic === topic) return Number(headers.source_offset)
    if (headers['dlt.origin.topic'] === topic) return Number(headers['dlt.origin.offset'])
    return undefined
  }
}
