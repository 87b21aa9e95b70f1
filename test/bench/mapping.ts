// What mapping costs, isolation included: from raw bytes to canonical events as text, through the
// mapping process, the schema and the ids, as stations 3 and 4 do it. The yardstick of the same run
// is JSON.stringify of the same events. Interleaved rounds; a figure is messages a second over the
// processor time of both processes, so that it says what one core does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuUsage } from 'node:process'
import { pathToFileURL } from 'node:url'
import { systemClock } from '../../src/kit/clock.ts'
import type { Mapper } from '../../src/model/event.ts'
import { silentSignals } from '../../src/model/signals.ts'
import { transform as mapRecords } from '../../src/path/3_transform.ts'
import { openMapper } from '../../src/path/mapping/mapper.ts'
import { channelPlan, tenantPlan } from '../path/toy.ts'
import { adt } from './codec_reads.ts'
import { type Spread, spreadOf } from './spread.ts'

const base = join(import.meta.dirname, '../../transforms/base/index.ts')

const observation = (i: number) =>
  `OBX|${i}|NM|${2_000 + i}-${i % 10}^Synthetic analyte ${i}^LN||${i}.5|mmol/L^^UCUM|1.0-${i}.0|H|||F|||20260301100000`

export const oru = Buffer.from(
  [
    'MSH|^~\\&|LIS|HARBOR^1.2.840.99.1^ISO|FIRTH|LAB|20260301101500||ORU^R01^ORU_R01|LAB00001|P|2.5.1',
    'PID|1||4711^^^HARBOR^MR||SYNTHETIC^AVERY^Q||19700115|F',
    'PV1|1|I|3W^301^A^HARBOR||||||||||||||||V0001^^^HARBOR^VN',
    'ORC|RE|P1^HIS|F1^LIS',
    'OBR|1|P1^HIS|F1^LIS|24323-8^Comprehensive metabolic panel^LN|||20260301100000|||||||||1002^Referring^Rob||||||20260301101400||CH|F',
    ...Array.from({ length: 20 }, (_, i) => observation(i + 1)),
  ].join('\r'),
)

const facts = {
  raw_id: 'r',
  tenant: 'harbor',
  channel: 'adt_in',
  received_at: '2026-03-01T16:15:00.000Z',
  time_zone: 'America/Chicago',
  assigning_authorities: {},
}

const origin = {
  record: {
    topic: 'raw.harbor.adt_in',
    headers: {
      raw_id: 'r',
      received_at: facts.received_at,
      control_id: 'C',
      message_type: 'ADT^A01',
      hl7_version: '2.5.1',
      sha256: 'a'.repeat(64),
    },
  },
  index: 0,
  tenant: 'harbor',
  channel: 'adt_in',
  deployment: 'd',
}

/** Station 3 of a batch, and what station 4 appends of it; answers the characters of the events. */
async function mapBatch(mapper: Mapper, raw: Buffer, count: number): Promise<number> {
  const records = Array.from({ length: count }, (_, offset) => {
    return { ...origin.record, partition: 0, offset, time_ms: 0, key: 'k', value: raw }
  })
  const transform = { name: 'base', module: base }
  const context = { tenant: tenantPlan(), channel: channelPlan(), transform, mapper }
  let characters = 0
  for (const one of await mapRecords(records, context)) {
    if (one.fate !== 'mapped' || 'code' in one.made) throw new Error('the message is mapped')
    for (const { value } of one.made.records) characters += value.length
  }
  return characters
}

const BATCH = 500
const WARM_UP = 50

export interface MappingFigures {
  readonly bytes: number
  readonly output_characters: number
  /** Messages a second by the clock, with both processes at work. */
  readonly per_second: Spread
  /** Messages a second of processor time, both processes together. */
  readonly per_core_second: Spread
  /** JSON.stringify of the same events, a second. */
  readonly stringify_per_second: Spread
  /** per_core_second / stringify_per_second of each round. */
  readonly ratio: Spread
}

export async function measure(options: {
  readonly rounds: number
  readonly messages: number
}): Promise<Readonly<Record<'adt' | 'oru_20_obx', MappingFigures>>> {
  return { adt: await figures(adt, options), oru_20_obx: await figures(oru, options) }
}

async function figures(
  raw: Buffer,
  { rounds, messages }: { rounds: number; messages: number },
): Promise<MappingFigures> {
  const mapper = openMapper({
    tenant: 'harbor',
    transforms: undefined,
    mapping_ms_max: 60_000,
    mapping_memory_mb_max: 512,
    clock: systemClock,
    signals: silentSignals,
  })
  try {
    const output_characters = await mapBatch(mapper, raw, 1)
    const events = await eventsOf(mapper, raw)
    // An engine runs for months: what counts is the speed after the compiler has done its work.
    for (let i = 0; i < WARM_UP; i++) await mapBatch(mapper, raw, BATCH)
    const per_second: number[] = []
    const per_core: number[] = []
    const stringify: number[] = []
    for (let round = 0; round < rounds; round++) {
      const run = await timed(async () => {
        for (let done = 0; done < messages; done += BATCH) await mapBatch(mapper, raw, BATCH)
      })
      per_second.push((messages / run.wall_ms) * 1000)
      per_core.push((messages / run.processor_ms) * 1000)
      stringify.push(stringifyRate(events, messages))
    }
    return {
      bytes: raw.length,
      output_characters,
      per_second: spreadOf(per_second),
      per_core_second: spreadOf(per_core),
      stringify_per_second: spreadOf(stringify),
      ratio: spreadOf(per_core.map((rate, i) => rate / (stringify[i] ?? rate))),
    }
  } finally {
    await mapper.close()
  }
}

async function eventsOf(mapper: Mapper, raw: Buffer) {
  const known = { ...origin.record, deployment: 'd', findings: [] }
  const [result] = await mapper.map(base, [{ raw, facts, origin: known }])
  if (result === undefined || 'code' in result) throw new Error('the message is mapped')
  return result.events.map(({ value }) => JSON.parse(value.toString()) as unknown)
}

function stringifyRate(events: readonly unknown[], messages: number): number {
  const from = performance.now()
  let characters = 0
  for (let i = 0; i < messages; i++) characters += JSON.stringify(events).length
  if (characters === 0) throw new Error('there are events')
  return (messages / (performance.now() - from)) * 1000
}

/** Wall time, and processor time of this process and its children. */
async function timed(work: () => Promise<void>) {
  const before = { wall: performance.now(), own: cpuUsage(), child: childProcessorMs() }
  await work()
  const own = cpuUsage(before.own)
  const wall_ms = performance.now() - before.wall
  const processor_ms = (own.user + own.system) / 1000 + childProcessorMs() - before.child
  return { wall_ms, processor_ms }
}

/** User and system time of our child processes (proc(5), fields 14 and 15); Linux only. */
function childProcessorMs(): number {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').split(' ')
  return pids
    .filter(pid => pid.trim() !== '')
    .map(pid => {
      const stat = readFileSync(`/proc/${pid.trim()}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS
    })
    .reduce((sum, ms) => sum + ms, 0)
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(
    `${JSON.stringify(await measure({ rounds: 5, messages: 5_000 }), null, 2)}\n`,
  )
}
