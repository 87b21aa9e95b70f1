// What a replay makes of the records of its topic. One maker for each level of the path: raw
// records are mapped again (replay_raw.ts), events are routed again, intents are governed again.
// Makers write nothing, so that a dry run sees the very records that a replay would append.

import { readIntent } from '../model/intent.ts'
import type { LogReader, LogRecord, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { LostEvent, ReplayPlan } from '../model/replay_store.ts'
import type { Mark, Store } from '../model/store.ts'
import { govern } from './6_govern.ts'
import { isReplayed, rankOf, sequenceOf } from './again.ts'
import type { Editions } from './editions.ts'
import { choosesEvent, choosesIntent } from './replay_choose.ts'
import type { First } from './replay_firsts.ts'
import { Newer } from './replay_newer.ts'

/**
 * `again`: it is appended. `newer`: a newer form of it stands and comes in its place, or a copy by
 * another replay was met. `still_dead`: it died as before, and its letter stands.
 */
export type AgainFate =
  | 'again'
  | 'filtered'
  | 'duplicate'
  | 'no_event'
  | 'dead'
  | 'still_dead'
  | 'newer'

/** One record, or one message of a batch, that comes again. */
export interface Again {
  readonly record: LogRecord
  readonly fate: AgainFate
  /** For the sink. */
  readonly output: readonly NewRecord[]
  readonly letter?: NewRecord | undefined
  readonly mark?: Mark | undefined
  readonly lost: readonly LostEvent[]
  /** Ids of letters that are no trouble any more: its message has come through. */
  readonly resolved?: readonly string[] | undefined
  /** Of a raw record: what came of it the first time. */
  readonly first?: First
}

export interface Maker {
  /** Where what it makes is appended. */
  readonly sink: string
  /** Records of the topic in their order; those that the replay does not choose are left out. */
  make(records: readonly LogRecord[]): Promise<readonly Again[]>
}

export interface MakeContext {
  readonly log: Pick<LogReader, 'read' | 'offsetOfTime'>
  readonly store: Pick<Store, 'findMarks' | 'row'>
  readonly editions: Editions
  readonly now: () => number
}

/** What tells the record apart from a first append, and what stations 5 and 6 do with it. */
export function replayHeaders(plan: ReplayPlan, offset: number) {
  return {
    replay: plan.name,
    replay_topic: plan.topic,
    replay_offset: String(offset),
    replay_targets: plan.targets.join(','),
  }
}

/** Routes events again, by the deployment of the replay, each in its newest form. */
export function eventMaker(plan: ReplayPlan, { log }: MakeContext): Maker {
  const { topic, from_offset, to_offset, deployment } = plan
  // A copy by a replay of this topic has the content that stood there already.
  const replaces = ({ headers }: LogRecord) =>
    headers.sequence !== undefined && headers.replay_topic !== topic ? headers.event_id : undefined
  const newer = new Newer({ log, topic, from_offset, replaces })
  const again = async (record: LogRecord): Promise<Again> => {
    const left = { record, fate: 'newer', output: [], lost: [] } as const
    if (record.headers.replay_topic === topic) return left
    const newest = await newer.of(record.headers.event_id ?? '', record)
    // Within the span it comes in its own turn.
    if (newest !== undefined && newest.offset < to_offset) return left
    const { key, value, headers } = newest ?? record
    const output = {
      key,
      value,
      headers: {
        ...headers,
        ...replayHeaders(plan, record.offset),
        ...(deployment === 'recorded' ? {} : { replay_deployment: deployment }),
        sequence: String(sequenceOf(record)),
        rank: String(rankOf(record)),
      },
    }
    return { record, fate: 'again', output: [output], lost: [] }
  }
  return {
    sink: topic,
    async make(records) {
      await newer.readOn()
      return Promise.all(records.filter(choosesEvent(plan.only)).map(again))
    },
  }
}

/** Nothing is declared and nothing asked: govern then only says what an intent would write. */
const NO_RULES = { profile: [], policy: undefined } as const

/** Governs intents again, unless the ledger holds a newer content of the same id. */
export function intentMaker(plan: ReplayPlan, { store }: MakeContext): Maker {
  const again = async (record: LogRecord): Promise<Again> => {
    const intent = readIntent(record.value.toString())
    const row = await store.row(intent.intent_id)
    const old = row !== undefined && row.content !== govern(intent, NO_RULES).content
    if (old || isReplayed(record.headers)) return { record, fate: 'newer', output: [], lost: [] }
    const headers = {
      ...record.headers,
      ...replayHeaders(plan, record.offset),
      sequence: String(intent.sequence),
    }
    const output = { key: record.key, value: record.value, headers }
    return { record, fate: 'again', output: [output], lost: [] }
  }
  return {
    sink: plan.topic,
    make: records => Promise.all(records.filter(choosesIntent(plan.only)).map(again)),
  }
}

/** The level of a topic, its tenant, and its channel or target. */
export function partsOfTopic(topic: string) {
  const [, level = '', tenant = '', rest = ''] =
    /^(raw|canonical|outbound)\.([a-z0-9_]+)(?:\.([a-z0-9_]+))?$/.exec(topic) ?? []
  const whole = level === 'canonical' ? rest === '' : rest !== ''
  return whole && level !== ''
    ? { level: level as 'raw' | 'canonical' | 'outbound', tenant, rest }
    : undefined
}

export const sinkOf = (plan: Pick<ReplayPlan, 'topic' | 'tenant'>): string =>
  plan.topic.startsWith('raw.') ? topicOf.canonical(plan.tenant) : plan.topic
