// firth audit: proves from the log itself that nothing vanished (design: G5). Everything below what
// a unit has committed must have left its traces; what is behind it waits. The positions are taken
// first and the ends of the topics after them, so that a running engine changes no sum.
import type { GroupInfo, LogReader, LogRecord, PartitionInfo } from '../model/log.ts'
import type { LedgerCount } from '../model/store.ts'
import { isReplayed } from '../path/again.ts'
import { EventLedger } from './audit_events.ts'
import { type End, RawLedger } from './audit_raw.ts'
import { type AuditReading, keptFrom, readStretch, stretchOf } from './audit_read.ts'
import { type ActSum, type AuditReport, Problems } from './audit_report.ts'

export interface AuditOptions {
  readonly log: LogReader
  readonly ledger: {
    /** Of these intents, those that the ledger does not know. */
    unknownIntents(intent_ids: readonly string[]): Promise<readonly string[]>
    counts(): Promise<readonly LedgerCount[]>
  }
  readonly tenant?: string | undefined
  /** Only messages that were stored at or after this moment, milliseconds since 1970. */
  readonly since_ms?: number | undefined
  readonly until_ms?: number | undefined
  readonly now_ms: number
  /** Nothing younger can have been let go of by retention. */
  readonly kept_ms: number
  readonly signal?: AbortSignal
  onProgress?(done: number, total: number): void
}

interface Cut {
  readonly partitions: readonly PartitionInfo[]
  readonly groups: readonly GroupInfo[]
}

export async function audit(options: AuditOptions): Promise<AuditReport> {
  const { log, tenant, now_ms } = options
  const groups = await log.groups()
  const cut = { groups, partitions: await log.partitions() }
  const problems = new Problems()
  const total = cut.partitions.reduce((sum, info) => sum + info.next_offset - info.first_offset, 0)
  let records = 0
  const reading: AuditReading = {
    log,
    problems,
    kept_since_ms: now_ms - options.kept_ms,
    signal: options.signal,
    onRecords(count) {
      records += count
      options.onProgress?.(records, total)
    },
  }
  const tenants = cut.partitions
    .filter(({ topic }) => topic.startsWith('canonical.'))
    .map(({ topic }) => topic.slice('canonical.'.length))
    .filter(name => tenant === undefined || name === tenant)
  const channels: AuditReport['channels'][number][] = []
  const events: AuditReport['events'][number][] = []
  const acts: ActSum[] = []
  for (const name of tenants) {
    const one = await new TenantAudit(name, { options, cut, reading }).run()
    channels.push(...one.channels)
    events.push(one.events)
    acts.push(...one.acts)
  }
  const ledger = (await options.ledger.counts()).filter(row => tenants.includes(row.tenant))
  const { named, count } = problems
  const sums = { channels, events, acts, ledger }
  return { at_ms: now_ms, records, ...sums, problems: named, problem_count: count }
}

/** Intents that are asked for at a time. */
const ASKED_MAX = 500

class TenantAudit {
  readonly #tenant: string
  readonly #options: AuditOptions
  readonly #cut: Cut
  readonly #reading: AuditReading
  readonly #raws = new Map<string, RawLedger>()
  /** Written again after a crash, an act is told once. */
  readonly #acts = new Map<string, string>()
  /** Intents that ended the process when they were governed: they have a letter, and no row. */
  readonly #setAside = new Set<string>()
  /** Before it, what the topics of outcomes hold is not whole. */
  #provable_ms = 0

  constructor(
    tenant: string,
    of: { readonly options: AuditOptions; readonly cut: Cut; readonly reading: AuditReading },
  ) {
    this.#tenant = tenant
    this.#options = of.options
    this.#cut = of.cut
    this.#reading = of.reading
  }

  async run() {
    for (const info of this.#topics(`raw.${this.#tenant}.`)) await this.#readRaw(info)
    const events = await this.#readEvents()
    await this.#readAudit(events)
    await this.#readDead(events)
    const raws_ms = this.#provable_ms
    for (const info of this.#topics(`outbound.${this.#tenant}.`)) {
      await this.#readOutbound(info, events)
    }
    for (const raw of this.#raws.values()) await raw.close(raws_ms)
    await events.close(this.#provable_ms)
    const channels = [...this.#raws.values()].map(({ sums }) => sums)
    return { channels, events: events.sums, acts: this.#actSums() }
  }

  async #readRaw(info: PartitionInfo): Promise<void> {
    const channel = info.topic.slice(`raw.${this.#tenant}.`.length)
    const stretch = await stretchOf(info, this.#options.log, {
      since_ms: this.#options.since_ms,
      until_ms: this.#options.until_ms,
    })
    const mapped_to = this.#committed(`transform.${this.#tenant}.${channel}`, info.topic)
    const raw = new RawLedger({ tenant: this.#tenant, channel, stretch, mapped_to }, this.#reading)
    await raw.read()
    this.#raws.set(info.topic, raw)
  }

  async #readEvents(): Promise<EventLedger> {
    const topic = `canonical.${this.#tenant}`
    const [info] = this.#topics(topic)
    const { stretch } = await this.#outcomes(info, topic)
    const routed_to = this.#committed(`route.${this.#tenant}`, topic)
    const events = new EventLedger({ tenant: this.#tenant, stretch, routed_to }, this.#reading)
    await events.read(record => this.#settleRaw(record, 'transformed'))
    this.#provable_ms = Math.max(this.#provable_ms, events.gone_ms)
    return events
  }

  async #readAudit(events: EventLedger): Promise<void> {
    const topic = `audit.${this.#tenant}`
    await this.#read(topic, record => {
      const { fate, source_offset, act, act_id } = record.headers
      if (act !== undefined) this.#acts.set(act_id ?? `${record.offset}`, act)
      if (fate === 'unrouted') events.settle(record, { offset: Number(source_offset), end: fate })
      else if (isEnd(fate)) this.#settleRaw(record, fate)
    })
  }

  async #readDead(events: EventLedger): Promise<void> {
    const refused = new Map<string, number>()
    await this.#read(`dead.${this.#tenant}`, record => {
      const { headers } = record
      const offset = Number(headers['dlt.origin.offset'])
      const stage = headers['dlt.stage']
      // How a replay ended is told by the replay.
      if (isReplayed(headers)) return
      if (stage === 'transform' || stage === 'validate') this.#settleDead(record, offset)
      if (stage === 'deliver' && headers['dlt.origin.topic']?.startsWith('outbound.')) {
        this.#setAside.add(headers.intent_id ?? '')
      }
      if (stage === 'route') events.settle(record, { offset, end: 'dead' })
      // Its letter is written again with a larger number when it is refused again.
      const times = 1 + repeatsOf(headers['dlt.error.facts'])
      if (stage === 'decode') refused.set(headers['dlt.id'] ?? '', times)
    })
    events.sums.refused = [...refused.values()].reduce((sum, times) => sum + times, 0)
  }

  async #readOutbound(info: PartitionInfo, events: EventLedger): Promise<void> {
    const target = info.topic.slice(`outbound.${this.#tenant}.`.length)
    const governed_to = this.#committed(`govern.${this.#tenant}.${target}`, info.topic) ?? 0
    let asked: LogRecord[] = []
    const ask = async () => {
      const ids = [...new Set(asked.map(({ headers }) => headers.intent_id ?? ''))]
      const unknown = new Set(await this.#options.ledger.unknownIntents(ids))
      for (const { topic, partition, offset, headers } of asked) {
        const { intent_id: id = '' } = headers
        if (unknown.has(id) && this.#setAside.has(id)) events.sums.intents_dead += 1
        else if (unknown.has(id)) {
          this.#reading.problems.add({ kind: 'intent_unknown', topic, partition, offset, id })
        }
      }
      asked = []
    }
    await this.#read(info.topic, async record => {
      events.routed(record)
      const waits = record.offset >= governed_to
      if (waits && !isReplayed(record.headers)) events.sums.intents_waiting += 1
      else if (!waits) asked.push({ ...record, value: EMPTY })
      if (asked.length >= ASKED_MAX) await ask()
    })
    if (asked.length > 0) await ask()
  }

  #actSums(): readonly ActSum[] {
    const names = Map.groupBy(this.#acts.values(), act => act)
    const sums = [...names].map(([act, all]) => ({ tenant: this.#tenant, act, count: all.length }))
    return sums.sort((a, b) => a.act.localeCompare(b.act))
  }

  #settleRaw(record: LogRecord, end: End): void {
    const { source_topic = '', source_offset } = record.headers
    this.#raws.get(source_topic)?.settle({ record, offset: Number(source_offset), end })
  }

  #settleDead(record: LogRecord, offset: number): void {
    const raw = this.#raws.get(record.headers['dlt.origin.topic'] ?? '')
    raw?.settle({ record, offset, end: 'dead' })
  }

  /** Outcomes come after what they tell of, so `until` is no bound for them. */
  async #outcomes(info: PartitionInfo | undefined, topic: string) {
    if (info === undefined) return { stretch: { topic, partition: 0, from: 0, end: 0 } }
    const { log, since_ms } = this.#options
    this.#provable_ms = Math.max(this.#provable_ms, await keptFrom(info, log))
    return { stretch: await stretchOf(info, log, { since_ms, until_ms: undefined }) }
  }

  async #read(topic: string, take: (record: LogRecord) => void | Promise<void>): Promise<void> {
    for (const info of this.#topics(topic)) {
      const { stretch } = await this.#outcomes(info, topic)
      const gone = await readStretch(stretch, this.#reading, take)
      this.#provable_ms = Math.max(this.#provable_ms, gone.until_ms)
    }
  }

  /** The topic of this name, or all whose names begin so where it ends with a dot. */
  #topics(name: string): readonly PartitionInfo[] {
    return this.#cut.partitions.filter(({ topic }) =>
      name.endsWith('.') ? topic.startsWith(name) : topic === name,
    )
  }

  #committed(group: string, topic: string): number | undefined {
    const found = this.#cut.groups.find(row => row.group === group && row.topic === topic)
    return found === undefined ? undefined : (found.committed_offset ?? 0)
  }
}

const EMPTY = Buffer.alloc(0)

const isEnd = (fate: string | undefined): fate is End =>
  fate === 'filtered' || fate === 'duplicate' || fate === 'no_event'

function repeatsOf(facts: string | undefined): number {
  return Number((JSON.parse(facts ?? '{}') as { repeats?: number }).repeats ?? 0)
}
