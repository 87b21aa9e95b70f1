// How acknowledgements are read (HL7 v2.5.1 chapter 2.9 and table 0357). Codes and places of an
// answer go on, never a text of it: that may quote the patient.
import { type Answer, type Code, catalogue, type Facts, type Verdict } from '#sdk'

type Ack = Extract<Answer, { kind: 'ack' }>

export interface Reading {
  /** MSH-10 of what was sent. */
  readonly control_id: string
  /** Codes of ERR-3 after which the same message is tried again. */
  readonly retry_errors: readonly string[]
}

export function verdict(code: Code, facts: Facts = {}): Verdict {
  return { outcome: catalogue[code].outcome, code, facts }
}

/** The end that an answer means. */
export function judge(answer: Answer, reading: Reading): Verdict {
  if (answer.kind === 'not_sent') return verdict(answer.code, answer.facts)
  if (answer.kind === 'ack') return judgeAck(answer, reading)
  // Whatever else came: it was written, and it may have been taken.
  return verdict('target_answer_unknown', answer.kind === 'no_answer' ? answer.facts : {})
}

function judgeAck({ code, err }: Ack, { control_id, retry_errors }: Reading): Verdict {
  if (code === 'AA' || code === 'CA') {
    const facts = { acknowledged: code }
    return { outcome: 'ok', code: undefined, facts, target_id: receipt(control_id, code) }
  }
  const { error, path } = readError(err)
  const facts: Facts = {
    acknowledged: code,
    ...(error === undefined ? {} : { error }),
    ...(path === undefined ? {} : { path }),
  }
  const again = error !== undefined && retry_errors.includes(error)
  return verdict(again ? 'target_transient' : 'target_refused', facts)
}

/** What stands for the message at the far end: its control id, and how it was acknowledged. */
const receipt = (control_id: string, code: 'AA' | 'CA') => `${control_id} ${code}`

/** Only the application's word (AA) is proof of more than custody. */
export const isApplied = (target_id: string | undefined) => target_id?.endsWith(' AA') === true

/** ERR-3.1 and ERR-2 from 2.5 on (chapter 2.15.5); the components of ERR-1 before. */
function readError(err: string): { error?: string; path?: string } {
  if (err === '') return {}
  const field = err.charAt(3)
  const [, first = '', place = '', coded = ''] = err.split(field)
  const old = first.split('~')[0]?.split('^') ?? []
  const isNew = place !== '' || coded !== ''
  const code = isNew ? (coded.split('^')[0] ?? '') : (old[3]?.split('&')[0] ?? '')
  const at = isNew ? place.split('~')[0]?.split('^') : old
  const path = pathOf(at ?? [], isNew)
  return {
    ...(/^\d{3}$/.test(code) ? { error: code } : {}),
    ...(path === undefined ? {} : { path }),
  }
}

/** ERL: segment, its number, field, repetition, component. Before 2.5: segment, number, field. */
function pathOf(parts: readonly string[], isNew: boolean): string | undefined {
  const [segment = '', nth = '', field = ''] = parts
  if (!/^[A-Z][A-Z0-9]{2}$/.test(segment)) return undefined
  const ordinal = /^\d{1,4}$/.test(nth) && nth !== '1' ? `[${nth}]` : ''
  if (!/^\d{1,3}$/.test(field)) return `${segment}${ordinal}`
  const component = isNew ? (parts[4] ?? '') : ''
  return `${segment}${ordinal}-${field}${/^\d{1,3}$/.test(component) ? `.${component}` : ''}`
}
