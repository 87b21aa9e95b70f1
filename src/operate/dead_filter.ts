// Whether a dead letter is one of those that a person asks for.
import { charsetNamed } from '../codecs/hl7v2/charset.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import { failureOf } from '../model/errors.ts'
import type { LogRecord } from '../model/log.ts'
import type { LetterFilter } from '../model/search.ts'
import type { DeadLetter } from './dead_letters.ts'

const NAMES = ['tenant', 'channel', 'target', 'stage', 'class', 'code', 'control_id', 'raw_id']

export function fits(letter: DeadLetter, record: LogRecord, filter: LetterFilter): boolean {
  const { since_ms, until_ms, id, patient } = filter
  const failed_ms = Date.parse(letter.last_failed_at)
  return (
    NAMES.every(name => {
      const wanted = filter[name as keyof LetterFilter]
      return wanted === undefined || wanted === letter[name as keyof DeadLetter]
    }) &&
    (id === undefined || letter.id.startsWith(id)) &&
    (since_ms === undefined || failed_ms >= since_ms) &&
    (until_ms === undefined || failed_ms < until_ms) &&
    (patient === undefined || isOf(patient, record))
  )
}

/**
 * `system|value`, or the value alone. A write is known by its key. Of a message that was never
 * mapped nobody knows the system, so the value decides: any CX.1 of PID-3 and PID-2.
 */
function isOf(patient: string, { key, value, headers }: LogRecord): boolean {
  const wanted = patient.slice(patient.lastIndexOf('|') + 1)
  if (headers.event_id !== undefined) {
    return key === patient || (wanted === patient && key.endsWith(`|${patient}`))
  }
  return identifiersIn(value, headers.charset ?? '').includes(wanted)
}

function identifiersIn(bytes: Buffer, declared: string): readonly string[] {
  try {
    const message = readMessage(bytes, { charset: charsetNamed(declared) })
    return [...message.texts('PID-3[*].1'), ...message.texts('PID-2[*].1')]
  } catch (thrown) {
    // A message that cannot be read names nobody.
    if (failureOf(thrown) === undefined) throw thrown
    return []
  }
}
