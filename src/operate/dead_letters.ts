// Dead letters as a person reads them: each once, under its newest reason, without its content
// unless asked.
import { type Code, catalogue } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogReader, LogRecord } from '../model/log.ts'

export interface DeadLetter {
  readonly id: string
  readonly tenant: string
  readonly channel: string
  readonly route: string
  readonly stage: string
  readonly class: string
  readonly code: string
  readonly path: string
  readonly message: string
  readonly hint: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly attempts: number
  readonly first_failed_at: string
  readonly last_failed_at: string
  readonly raw_id: string | undefined
  readonly control_id: string | undefined
  readonly origin: string | undefined
  /** Where the dead letter itself stands. */
  readonly position: string
}

export interface DeadFilter {
  readonly tenant?: string | undefined
  readonly channel?: string | undefined
  readonly code?: string | undefined
}

/** Every dead letter once: a later record under the same id replaces the earlier one. */
export async function deadLetters(
  log: LogReader,
  filter: DeadFilter,
): Promise<readonly DeadLetter[]> {
  const found = new Map<string, DeadLetter>()
  await eachDead(log, record => {
    const letter = letterOf(record)
    const fits = (['tenant', 'channel', 'code'] as const).every(
      name => filter[name] === undefined || filter[name] === letter[name],
    )
    if (fits) found.set(letter.id, letter)
  })
  return [...found.values()]
}

export interface FoundLetter {
  readonly letter: DeadLetter
  readonly record: LogRecord
}

/**
 * Dead letters of this id, raw_id or control id, each once and as it was written last; where there
 * is none, those whose id or raw_id begins so.
 */
export async function findDeadLetters(log: LogReader, id: string): Promise<readonly FoundLetter[]> {
  const exact = new Map<string, FoundLetter>()
  const begun = new Map<string, FoundLetter>()
  if (id === '') return []
  await eachDead(log, record => {
    const letter = letterOf(record)
    const names = [letter.id, letter.raw_id]
    const found = { letter, record }
    if (names.includes(id) || letter.control_id === id) exact.set(letter.id, found)
    if (names.some(name => name?.startsWith(id))) begun.set(letter.id, found)
  })
  return [...(exact.size > 0 ? exact : begun).values()]
}

async function eachDead(log: LogReader, take: (record: LogRecord) => void): Promise<void> {
  const bounds = { records_max: limits.batch_records_max, bytes_max: limits.batch_bytes_max }
  for (const info of await log.partitions()) {
    if (!info.topic.startsWith('dead.')) continue
    let offset = info.first_offset
    while (offset < info.next_offset) {
      const records = await log.read(info.topic, info.partition, offset, bounds)
      const last = records.at(-1)
      if (last === undefined) break
      for (const record of records) take(record)
      offset = last.offset + 1
    }
  }
}

function letterOf(record: LogRecord): DeadLetter {
  const { headers } = record
  const code = headers['dlt.error.code'] ?? ''
  const origin = headers['dlt.origin.topic']
  return {
    id: headers['dlt.id'] ?? '',
    tenant: headers['dlt.tenant'] ?? '',
    channel: headers['dlt.channel'] ?? '',
    route: headers['dlt.route'] ?? '',
    stage: headers['dlt.stage'] ?? '',
    class: headers['dlt.class'] ?? '',
    code,
    path: headers['dlt.error.path'] ?? '',
    message: headers['dlt.error.message'] ?? '',
    hint: code in catalogue ? catalogue[code as Code].hint : '',
    facts: JSON.parse(headers['dlt.error.facts'] ?? '{}') as Record<string, unknown>,
    attempts: Number(headers['dlt.attempts'] ?? 1),
    first_failed_at: headers['dlt.first-failed-at'] ?? '',
    last_failed_at: headers['dlt.last-failed-at'] ?? '',
    raw_id: headers.raw_id,
    control_id: headers.control_id,
    origin:
      origin === undefined
        ? undefined
        : `${origin}/${headers['dlt.origin.partition']}/${headers['dlt.origin.offset']}`,
    position: `${record.topic}/${record.partition}/${record.offset}`,
  }
}
