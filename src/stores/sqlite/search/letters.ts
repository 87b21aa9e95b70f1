// Dead letters in the index: each once, under its newest reason, with the tags by which an operator
// counts and picks them.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogRecord, Position } from '../../../model/log.ts'
import type { LetterRow } from '../../../model/search.ts'
import type { Bits } from './bits.ts'
import type { Tags } from './tags.ts'

/** Tags of letters; `letter_group` is what they are counted by. */
const picked = ['tenant', 'channel', 'target', 'stage', 'class', 'code'] as const
export const GROUP = 'letter_group'

export class Letters {
  readonly #shared: { readonly tags: Tags; readonly bits: Bits }
  readonly #find: StatementSync
  readonly #put: StatementSync
  readonly #top: StatementSync

  constructor(db: DatabaseSync, shared: { readonly tags: Tags; readonly bits: Bits }) {
    this.#shared = shared
    this.#find = db.prepare('SELECT n, tags FROM letters WHERE id = ?')
    this.#top = db.prepare('SELECT max(n) AS top FROM letters')
    this.#put = db.prepare('INSERT OR REPLACE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  }

  put(
    record: LogRecord,
    { topic, message }: { readonly topic: number; readonly message: number | undefined },
  ): void {
    const letter = letterOf(record)
    if (letter.id === '') return
    const known = this.#find.get(letter.id) as { n: number; tags: string } | undefined
    const n = known?.n ?? ((this.#top.get() as { top: number | null }).top ?? -1) + 1
    const { tags, bits } = this.#shared
    for (const tag of known === undefined ? [] : (JSON.parse(known.tags) as number[])) {
      if (bits.put(tag, n, false)) tags.add(tag, -1)
    }
    const own = [
      ...picked
        .filter(name => letter[name] !== '')
        .map(name => tags.make(`letter_${name}`, letter[name])),
      tags.make(GROUP, groupOf(letter)),
    ]
    for (const tag of own) if (bits.put(tag, n, true)) tags.add(tag, 1)
    const failed_at_ms = Date.parse(letter.last_failed_at) || record.time_ms
    const place = [failed_at_ms, topic, record.offset] as const
    this.#put.run(
      n,
      letter.id,
      message ?? null,
      ...place,
      JSON.stringify(own),
      JSON.stringify(letter),
    )
  }
}

const groupOf = ({ tenant, channel, code, class: kind }: LetterRow) =>
  JSON.stringify([tenant, channel, code, kind])

/** From the headers of a dead letter (path/dead_letter.ts writes them). */
export function letterOf({ headers, topic, partition, offset }: LogRecord): LetterRow {
  const of = (name: string) => headers[`dlt.${name}`] ?? ''
  const facts = factsOf(of('error.facts'))
  return {
    id: of('id'),
    tenant: of('tenant'),
    channel: of('channel'),
    route: of('route'),
    target: String(facts.target ?? headers.target ?? ''),
    stage: of('stage'),
    class: of('class'),
    code: of('error.code'),
    path: of('error.path'),
    facts,
    attempts: Number(headers['dlt.attempts'] ?? 1),
    first_failed_at: of('first-failed-at'),
    last_failed_at: of('last-failed-at'),
    raw_id: headers.raw_id,
    index: headers.index === undefined ? undefined : Number(headers.index),
    control_id: headers.control_id,
    event_id: headers.event_id,
    intent_id: headers.intent_id,
    origin: originOf(of),
    position: { topic, partition, offset },
  }
}

function originOf(of: (name: string) => string): Position | undefined {
  const topic = of('origin.topic')
  if (topic === '') return undefined
  const partition = Number(of('origin.partition'))
  return { topic, partition, offset: Number(of('origin.offset')) }
}

function factsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>
  } catch (cause) {
    // Not written by this engine; the letter is shown without them.
    if (!(cause instanceof SyntaxError)) throw cause
    return {}
  }
}
