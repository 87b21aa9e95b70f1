// Maps raw records again, by the deployment of the replay, and keeps to what came of them the first
// time: ids are the same, positions are those of the first appends, a duplicate stays one, a letter
// that stands is written no second time (design: G3, G4, G6).
import { Failure } from '../model/errors.ts'
import type { LogRecord, NewRecord } from '../model/log.ts'
import { rootOf, topicOf } from '../model/message.ts'
import { RECORDED, type ReplayPlan } from '../model/replay_store.ts'
import { type Transformed, transform } from './3_transform.ts'
import { deadOf } from './4_canonical.ts'
import { rankOf, sequenceOf } from './again.ts'
import type { Edition } from './editions.ts'
import { choosesPart, choosesRaw } from './replay_choose.ts'
import { type First, Firsts } from './replay_firsts.ts'
import {
  type Again,
  type MakeContext,
  type Maker,
  partsOfTopic,
  replayHeaders,
} from './replay_make.ts'
import { Newer } from './replay_newer.ts'

/** `first_time_ms`: when the first record of the span was stored. */
export async function rawMaker(
  plan: ReplayPlan,
  context: MakeContext & { readonly first_time_ms: number },
): Promise<Maker> {
  const { log, first_time_ms: time_ms } = context
  const { tenant, topic, from_offset } = plan
  const replaces = ({ headers }: LogRecord) => headers.repairs
  return new RawMaker(plan, {
    ...context,
    channel: partsOfTopic(topic)?.rest ?? '',
    firsts: await Firsts.open({ log, tenant, topic, time_ms }),
    newer: new Newer({ log, topic, from_offset, replaces }),
  })
}

interface RawContext extends MakeContext {
  readonly channel: string
  readonly firsts: Firsts
  readonly newer: Newer
}

/** A message, and what the deployment of the replay makes of it. */
interface Mapped {
  readonly item: Transformed
  readonly deployment: string
  readonly charset: string | undefined
  /** Whether the replay reaches every target that the channel routes to. */
  readonly reachesAll: boolean
}

class RawMaker implements Maker {
  readonly sink: string
  readonly #plan: ReplayPlan
  readonly #context: RawContext

  constructor(plan: ReplayPlan, context: RawContext) {
    this.#plan = plan
    this.#context = context
    this.sink = topicOf.canonical(plan.tenant)
  }

  async make(records: readonly LogRecord[]): Promise<readonly Again[]> {
    const { firsts, newer } = this.#context
    await firsts.look(records)
    await newer.readOn()
    const mapped: Mapped[] = []
    for (const run of this.#runsOf(records)) mapped.push(...(await this.#map(run)))
    const { only } = this.#plan
    const chosen = mapped.filter(({ item, charset }) => choosesPart(only, charset)(item.record))
    const holders = await this.#holders(chosen)
    const made: Again[] = []
    for (const one of chosen) made.push(await this.#again(one, holders))
    return made
  }

  /** Neighbours by one deployment: the replay's, or each record's own. */
  #runsOf(records: readonly LogRecord[]) {
    const { deployment } = this.#plan
    const runs: { readonly deployment: string; readonly records: LogRecord[] }[] = []
    for (const record of records) {
      const own = deployment === RECORDED ? (record.headers.deployment ?? '') : deployment
      const run = runs.at(-1)
      if (run?.deployment === own) run.records.push(record)
      else runs.push({ deployment: own, records: [record] })
    }
    return runs
  }

  #map({ deployment, records }: { deployment: string; records: readonly LogRecord[] }) {
    return this.#context.editions.use(deployment, async ({ plan, mapper }: Edition) => {
      const { tenant } = this.#plan
      // Another one would make other events under its name.
      if (plan.deployment !== deployment) {
        throw new Failure('deployment_unknown', { tenant, deployment })
      }
      const channel = plan.channels.find(one => one.channel === this.#context.channel)
      const charset = channel?.charset
      const { targets } = this.#plan
      const reachesAll = (channel?.routes ?? []).every(({ to }) => targets.includes(to))
      const chosen = records.filter(choosesRaw(this.#plan.only, charset))
      const items: readonly Transformed[] =
        channel?.transform === undefined
          ? chosen.map(record => ({ record, fate: 'filtered' }))
          : await transform(chosen, { tenant: plan, channel, transform: channel.transform, mapper })
      return items.map(item => ({ item, deployment, charset, reachesAll }))
    })
  }

  /** Whose events hold each mark, in a map that grows as messages come again. */
  async #holders(mapped: readonly Mapped[]): Promise<Map<string, string>> {
    const keys = mapped.flatMap(({ item }) =>
      item.fate === 'mapped' && item.mark ? [item.mark] : [],
    )
    const found = keys.length === 0 ? [] : await this.#context.store.findMarks(keys)
    const known = keys.map((key, i) => [JSON.stringify(key), found[i]] as const)
    return new Map(known.filter((pair): pair is [string, string] => pair[1] !== undefined))
  }

  async #again(
    { item, deployment, reachesAll }: Mapped,
    holders: Map<string, string>,
  ): Promise<Again> {
    const { record } = item
    const { firsts, newer } = this.#context
    const first = firsts.of(record)
    const plain = { record, output: [], first, lost: [] }
    if ((await newer.of(record.headers.raw_id ?? '', record)) !== undefined) {
      return { ...plain, fate: 'newer' }
    }
    const lost = (ids: ReadonlySet<string>) => lostOf(record, first, ids)
    const resolved = [...first.letters]
    if (item.fate === 'filtered') {
      return { ...plain, fate: 'filtered', lost: lost(new Set()), resolved }
    }
    if (item.fate === 'failed') return this.#died(item, first, deployment)
    const root_id = rootOf(record.headers)
    const key = item.mark && JSON.stringify(item.mark)
    const holder = key && holders.get(key)
    if (first.duplicate || (holder !== undefined && holder !== '' && holder !== root_id)) {
      return { ...plain, fate: 'duplicate', resolved }
    }
    const { made } = item
    if ('code' in made) return this.#died({ record, ...made }, first, deployment)
    if (key) holders.set(key, root_id)
    const mark = item.mark && { ...item.mark, raw_id: root_id, marked_at_ms: this.#context.now() }
    const ids = new Set(made.records.map(({ headers }) => headers.event_id ?? ''))
    if (ids.size === 0) return { ...plain, fate: 'no_event', mark, lost: lost(ids), resolved }
    const output = await this.#output(made.records, record, first)
    const through = reachesAll ? { resolved } : {}
    return { ...plain, fate: 'again', output, mark, lost: lost(ids), ...through }
  }

  async #output(made: readonly NewRecord[], record: LogRecord, first: First) {
    const isNew = made.some(({ headers }) => !first.events.has(headers.event_id ?? ''))
    const place = isNew ? await this.#context.firsts.place(record) : 0
    return made.map(one => {
      const earlier = first.events.get(one.headers.event_id ?? '')
      const at = {
        sequence: String(earlier === undefined ? place : sequenceOf(earlier)),
        rank: String(earlier ? rankOf(earlier) : (record.headers.rank ?? record.offset + 1)),
      }
      const headers = { ...one.headers, ...replayHeaders(this.#plan, record.offset), ...at }
      return { ...one, headers }
    })
  }

  /** What it made before stands: a message that cannot be mapped any more proposes nothing. */
  #died(
    failed: { readonly record: LogRecord } & Pick<
      Extract<Transformed, { fate: 'failed' }>,
      'code' | 'facts'
    >,
    first: First,
    deployment: string,
  ): Again {
    const { record, code, facts } = failed
    const { tenant, name } = this.#plan
    const { channel, now } = this.#context
    const group = `replay.${name}`
    const context = { tenant, channel, deployment, group, now_ms: now() }
    const stage = code.startsWith('event_') ? ('validate' as const) : ('transform' as const)
    const letter = deadOf(record, { code, facts, stage, context })
    const plain = { record, output: [], first, lost: [] }
    if (first.letters.has(letter.headers['dlt.id'] ?? '')) return { ...plain, fate: 'still_dead' }
    const headers = { ...letter.headers, ...replayHeaders(this.#plan, record.offset) }
    return { ...plain, fate: 'dead', letter: { ...letter, headers } }
  }
}

/** Events of the first time that are not made any more. */
function lostOf({ headers }: LogRecord, first: First, made: ReadonlySet<string>) {
  return [...first.events.keys()]
    .filter(event_id => !made.has(event_id))
    .map(event_id => ({ event_id, raw_id: headers.raw_id ?? '' }))
}
