// A whole engine for tests: the real log, store and base mappings, a toy door to hand messages in
// by, and a toy chart. Everything is gone when the test ends.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  defineAdapter,
  defineSource,
  defineTransport,
  type Tables,
} from '../../src/declare/room.ts'
import { logs } from '../../src/logs/index.ts'
import { type Plan, usualAlerts } from '../../src/model/plan.ts'
import type { Intake } from '../../src/model/rooms.ts'
import type { Passage } from '../../src/model/signals.ts'
import { type Engine, startEngine } from '../../src/operate/engine.ts'
import type { Counter, KeptSignals } from '../../src/operate/signals.ts'
import { stores } from '../../src/stores/index.ts'
import { atEnd, folder, type ToyChart, toyChart, toySteps } from '../path/rooms.ts'
import { CHANNEL, channelPlan, type Ears, ears, START_MS, TARGET, tenantPlan } from '../path/toy.ts'

/** What happened to the rooms, in order. */
export type Diary = string[]

/** The door of the one channel, once it is open. */
export interface Door {
  intake?: Intake
  received: number
}

const capability = (resource: string) => ({
  resource,
  operations: ['create', 'update'] as const,
  source: 'a test',
  date: '2026-11-21',
  proof: 'verified' as const,
})

export function toyTables(parts: { diary: Diary; door: Door; chart: ToyChart }): Tables {
  const { diary, door, chart } = parts
  const toy_door = defineSource({
    kind: 'toy_door',
    summary: 'Takes in what a test hands it.',
    fields: {},
    example: {},
    addresses: () => [],
    async open(_config, context) {
      diary.push('source opened')
      door.intake = context.intake
      return {
        address: 'toy door',
        feeds: () => [
          {
            feed: 'toy|HIS|HARBOR',
            connections: 1,
            received: door.received,
            acknowledged: door.received,
            refused: 0,
            last_at_ms: door.received === 0 ? undefined : START_MS,
          },
        ],
        drain: async () => void diary.push('source drained'),
      }
    },
  })
  const toy_chart = defineTransport({
    kind: 'toy_chart',
    summary: 'Carries calls to a toy chart.',
    fields: {},
    example: {},
    open: async () => ({
      call: (call, signal) => chart.call(call, signal),
      close: async () => void diary.push('transport closed'),
    }),
  })
  const toy = defineAdapter({
    kind: 'toy',
    summary: 'Writes to a toy chart.',
    fields: {},
    example: {},
    transport: 'toy_chart',
    transportConfig: () => ({}),
    idempotency: 'natural',
    profile: [capability('Patient'), capability('Encounter')],
    settle_ms: 10,
    visible_ms: 10,
    steps: () => toySteps,
  })
  return {
    sources: { toy_door },
    transports: { toy_chart },
    adapters: { toy },
    logs,
    stores,
  }
}

export function toyPlan(): Plan {
  const channel = channelPlan({
    source: { kind: 'toy_door', config: {} },
    accept: { messages: ['ADT'], when: undefined },
    transform: {
      name: 'base',
      module: join(import.meta.dirname, '../../transforms/base/index.ts'),
    },
  })
  return {
    project: '/toy/project',
    tenants: [tenantPlan({ channels: [channel] })],
    engine: {
      log: {
        kind: 'embedded',
        config: {
          segment_bytes_max: 1_048_576,
          segment_age_ms_max: 86_400_000,
          waiting_bytes_max: 268_435_456,
          tail_bytes_max: 1_048_576,
        },
      },
      store: { kind: 'sqlite', config: { file: 'state.db' } },
      limits: {
        unanswered_bytes_max: 268_435_456,
        mapping_ms_max: 20_000,
        keep_ms: 30 * 86_400_000,
        keep_dead_ms: 365 * 86_400_000,
        keep_audit_ms: 3_650 * 86_400_000,
        keep_ledger_ms: 90 * 86_400_000,
        duplicate_window_ms: 7 * 86_400_000,
      },
      keep: {},
      operate: { alerts: usualAlerts },
    },
  }
}

export interface Running {
  readonly engine: Engine
  readonly chart: ToyChart
  readonly diary: Diary
  readonly door: Door
  readonly signals: Ears
  readonly bugs: unknown[]
  readonly data: string
  readonly tables: Tables
  /**
   * Hands one message in at the door, as its source would. Answers its raw_id, '' where it was
   * refused.
   */
  send(bytes: Buffer): Promise<string>
}

export function keptEars(): Ears & KeptSignals {
  const counters: Counter[] = []
  const listeners: ((passage: Passage) => void)[] = []
  return {
    ...ears(),
    counters: () => counters,
    listen: listener => void listeners.push(listener),
    passed: passage => {
      for (const listener of listeners) listener(passage)
    },
  }
}

export async function startToy(
  t: TestContext,
  data?: string,
  plan: Plan = toyPlan(),
): Promise<Running> {
  const parts = { diary: [] as Diary, door: { received: 0 } as Door, chart: toyChart() }
  const tables = toyTables(parts)
  const signals = keptEars()
  const bugs: unknown[] = []
  const own = data ?? (await folder(t))
  const engine = await startEngine({
    plan,
    tables,
    data: own,
    signals,
    onBug: cause => bugs.push(cause),
  })
  atEnd(t, () => engine.stop())
  const { door } = parts
  return {
    ...parts,
    engine,
    signals,
    bugs,
    data: own,
    tables,
    async send(bytes) {
      assert.ok(door.intake)
      const peer = { address: '127.0.0.1', port: 40_000 }
      const arrival = { bytes, peer, door: 'toy', received_at_ms: START_MS }
      const result = door.intake.receive(arrival)
      if (result.kind === 'refused') await door.intake.refuse(result)
      else await door.intake.append(result)
      door.received += 1
      return result.kind === 'refused' ? '' : result.raw_id
    },
  }
}

/**
 * Whether every unit has read its topic to the end and every write has come to an end of its own.
 */
export async function settled({ log, store, units }: Engine): Promise<boolean> {
  // The positions first: what is written after them is not taken for read.
  const groups = await log.groups()
  if (groups.length < units.length) return false
  const ends = new Map((await log.partitions()).map(info => [info.topic, info.next_offset]))
  const read = groups.every(row => (row.committed_offset ?? 0) === ends.get(row.topic))
  const counts = await store.counts()
  return read && counts.every(({ state }) => !['accepted', 'in_flight', 'unknown'].includes(state))
}

export const RAW = `raw.harbor.${CHANNEL}`
export const OUTBOUND = `outbound.harbor.${TARGET}`
