// What a name means, for a person: keys of files, rules, codes, rooms, states, kinds, steps, slots,
// places of messages. Everything is read from declarations and catalogues, nothing is written here.
import { baseFacts } from '../channel/base_facts.ts'
import { ENGINE } from '../channel/load.ts'
import { fieldName } from '../codecs/hl7v2/field_names.ts'
import { parsePath, pathFault } from '../codecs/hl7v2/path.ts'
import type { Tables } from '../declare/room.ts'
import { nearest } from '../kit/nearest.ts'
import { resourceTypes } from '../model/fhir_types.ts'
import { baseTopics, fieldTopic, resourceTopic } from './explain_base.ts'
import { catalogueTopics } from './explain_catalogues.ts'
import { keyTopics } from './explain_keys.ts'

export interface Topic {
  readonly name: string
  /** `key of a channel`, `error code` … */
  readonly sort: string
  /** Lines of plain text. */
  readonly lines: readonly string[]
}

export interface Explained {
  readonly topics: readonly Topic[]
  /** Names that may have been meant, where there is no topic. */
  readonly near: readonly string[]
}

/** Every topic, by sort and name. */
export async function allTopics(tables: Tables, engine = ENGINE): Promise<readonly Topic[]> {
  return [...keyTopics(tables), ...catalogueTopics(tables), ...baseTopics(await baseFacts(engine))]
}

/**
 * By its whole name, else by its end (`backoff` for `on_failure.retry.backoff`), else as a place of
 * a message or a FHIR resource.
 */
export async function explain(name: string, tables: Tables, engine = ENGINE): Promise<Explained> {
  const topics = await allTopics(tables, engine)
  const wanted = name.replaceAll(/\[\w*\]/g, '').toLowerCase()
  const exact = topics.filter(one => one.name.toLowerCase() === wanted)
  const found =
    exact.length > 0 ? exact : topics.filter(one => one.name.toLowerCase().endsWith(`.${wanted}`))
  if (found.length > 0) return { topics: found, near: [] }
  const place = await placeTopic(name, engine)
  if (place !== undefined) return { topics: [place], near: [] }
  return { topics: [], near: nearTo(name, topics) }
}

async function placeTopic(name: string, engine: string): Promise<Topic | undefined> {
  const facts = await baseFacts(engine)
  if (pathFault(name) === undefined) {
    const { segment, field } = parsePath(name)
    return fieldTopic({ name, segment, field, called: fieldName(segment, field) }, facts)
  }
  const [type = ''] = name.split('.')
  return resourceTypes.has(type) ? resourceTopic(name, type, facts) : undefined
}

const NEAR_MAX = 8

function nearTo(name: string, topics: readonly Topic[]): readonly string[] {
  const names = [...new Set(topics.map(one => one.name))]
  const ends = names.map(one => one.split('.').at(-1) ?? one)
  const meant = nearest(name, names) ?? nearest(name, ends)
  const holding = names.filter(one => one.toLowerCase().includes(name.toLowerCase()))
  return [...new Set([...(meant === undefined ? [] : [meant]), ...holding])].slice(0, NEAR_MAX)
}
