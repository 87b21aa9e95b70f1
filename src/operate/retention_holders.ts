// What holds the space: for every partition whose old records cannot go, who needs the oldest of
// them, since when, and how many records stay because of it.
import type { GroupInfo, Log } from '../model/log.ts'
import type { Pin } from '../model/pin.ts'
import type { Aged } from './retention.ts'

export interface Holder {
  readonly topic: string
  readonly partition: number
  /** `unread`: the group `name` has yet to read them. */
  readonly why: 'unread' | Pin['why']
  readonly name: string
  /** Others that hold back something of the partition for the same reason. */
  readonly more: number
  /** Old records that stay for this reason. */
  readonly records: number
  /** When the oldest of them was appended; undefined where it cannot be read. */
  readonly since_ms: number | undefined
}

const HOLDERS_MAX = 50

interface Facts {
  readonly aged: readonly Aged[]
  readonly groups: readonly GroupInfo[]
  readonly pins: readonly Pin[]
  readonly log: Pick<Log, 'read'>
}

type Claim = Pick<Holder, 'why' | 'name'> & {
  readonly from_offset: number
  readonly to_offset: number
}

/** The most records first. */
export async function holdersOf(facts: Facts): Promise<readonly Holder[]> {
  const found: (Omit<Holder, 'since_ms'> & { readonly from_offset: number })[] = []
  for (const info of facts.aged) {
    for (const claims of Object.values(Object.groupBy(claimsOn(info, facts), ({ why }) => why))) {
      const [oldest] = claims.toSorted((a, b) => a.from_offset - b.from_offset)
      if (oldest === undefined) continue
      const { topic, partition } = info
      const { why, name, from_offset } = oldest
      const more = new Set(claims.map(claim => claim.name)).size - 1
      found.push({ topic, partition, why, name, more, records: countOf(claims), from_offset })
    }
  }
  const most = found.toSorted((a, b) => b.records - a.records).slice(0, HOLDERS_MAX)
  return Promise.all(
    most.map(async ({ from_offset, ...holder }) => {
      const { topic, partition } = holder
      const bounds = { records_max: 1, bytes_max: 1 }
      const [first] = await facts.log.read(topic, partition, from_offset, bounds)
      return { ...holder, since_ms: first?.time_ms }
    }),
  )
}

/** Who needs what of the records that are old enough to go. */
function claimsOn(info: Aged, { groups, pins }: Facts): readonly Claim[] {
  const { topic, partition, first_offset, aged_offset } = info
  const here = (of: { topic: string; partition: number }) =>
    of.topic === topic && of.partition === partition
  const readers = groups.filter(here).map((group): Claim => {
    const from_offset = group.committed_offset ?? first_offset
    return { why: 'unread', name: group.group, from_offset, to_offset: aged_offset }
  })
  const pinned = pins.filter(here).map(({ why, name, from_offset, to_offset }): Claim => {
    const end = Math.min(to_offset ?? aged_offset, aged_offset)
    return { why, name, from_offset: Math.max(from_offset, first_offset), to_offset: end }
  })
  return [...readers, ...pinned].filter(claim => claim.from_offset < claim.to_offset)
}

/** Records that one or more of the claims hold. */
function countOf(claims: readonly Claim[]): number {
  let [count, reached] = [0, 0]
  for (const { from_offset, to_offset } of claims.toSorted(
    (a, b) => a.from_offset - b.from_offset,
  )) {
    const from = Math.max(from_offset, reached)
    if (to_offset <= from) continue
    count += to_offset - from
    reached = to_offset
  }
  return count
}
