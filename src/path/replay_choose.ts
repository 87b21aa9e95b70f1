// Which records of its span a replay takes: by patient, control id, type or raw_id, at each level
// of the path by what its records say of themselves.
import { holds } from '../codecs/when/holds.ts'
import { messageReader } from '../codecs/when/names.ts'
import type { Condition } from '../model/condition.ts'
import type { CanonicalEvent } from '../model/event.ts'
import { readIntent } from '../model/intent.ts'
import type { Headers, LogRecord } from '../model/log.ts'
import type { ReplayOnly } from '../model/replay_store.ts'
import { readable } from './accept.ts'
import { partsOf } from './batch.ts'

type Choice = (record: LogRecord) => boolean

const everything = (only: ReplayOnly) => Object.values(only).every(value => value === undefined)

/** A raw record, of a batch where any of its messages is chosen. */
export function choosesRaw(only: ReplayOnly, charset: string | undefined): Choice {
  if (everything(only)) return () => true
  const part = choosesPart(only, charset)
  return record => {
    if (only.raw_id !== undefined && record.headers.raw_id !== only.raw_id) return false
    const parts = partsOf(record)
    if ('too_many' in parts || parts.messages.length === 0) return part(record)
    return parts.messages.some(one => part(one.record))
  }
}

/** One message: a raw record, or a part of its batch. */
export function choosesPart(only: ReplayOnly, charset: string | undefined): Choice {
  const { control_id, raw_id, type, patient } = only
  const named = patient === undefined ? undefined : patientIs(valuePart(patient))
  return record => {
    const { headers } = record
    if (control_id !== undefined && headers.control_id !== control_id) return false
    if (raw_id !== undefined && headers.raw_id !== raw_id) return false
    if (type !== undefined && !isType(headers.message_type, type)) return false
    if (named === undefined) return true
    const message = readable(record.value, charset)
    return message !== undefined && holds(named, messageReader(message))
  }
}

export function choosesEvent(only: ReplayOnly): Choice {
  if (everything(only)) return () => true
  const { control_id, raw_id, type, patient } = only
  return ({ headers, key, value }) => {
    if (control_id !== undefined && headers.control_id !== control_id) return false
    if (raw_id !== undefined && headers.raw_id !== raw_id) return false
    if (patient !== undefined && !isPatient(key, patient)) return false
    if (type === undefined || headers.kind === type) return true
    const { source } = JSON.parse(value.toString()) as CanonicalEvent
    return isType(source.message_type, type)
  }
}

/** An intent says its patient, its message and its event's kind; not the control id. */
export function choosesIntent(only: ReplayOnly): Choice {
  if (everything(only)) return () => true
  const { raw_id, type, patient, control_id } = only
  return ({ headers, key, value }) => {
    if (control_id !== undefined) return false
    if (raw_id !== undefined && rawOf(headers) !== raw_id) return false
    if (patient !== undefined && !isPatient(key, patient)) return false
    return type === undefined || readIntent(value.toString()).event_kind === type
  }
}

const rawOf = (headers: Headers) => headers.raw_id

/** `ADT^A01`, or `ADT` for every event of that code. */
const isType = (has: string | undefined, type: string) =>
  has === type || has?.startsWith(`${type}^`) === true

/** Key of an event: `system|value`; a value alone is of any system. */
const isPatient = (key: string, patient: string) => key === patient || key.endsWith(`|${patient}`)

/** A message says the authority in its own words, so only the value can be compared. */
const valuePart = (patient: string) => patient.slice(patient.lastIndexOf('|') + 1)

/** Any identifier of the patient (PID-3), or of the one who is merged away (MRG-1). */
function patientIs(value: string): Condition {
  const of = (['PID-3.1', 'MRG-1.1'] as const).map(
    name => ({ is: 'compare', name, by: '=', value }) as const,
  )
  return { is: 'or', of }
}
