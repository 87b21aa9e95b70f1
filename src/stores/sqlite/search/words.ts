// Under which words a record is found. Words are kept as hashes of 80 bits: the index holds no
// identifier in the clear, though who can guess one can test it, so it is patient data all the
// same.
import { splitBatch } from '../../../codecs/hl7v2/batch.ts'
import { type Message, readMessage } from '../../../codecs/hl7v2/read.ts'
import { scanMsh } from '../../../codecs/hl7v2/scan.ts'
import { sha256 } from '../../../kit/ids.ts'
import { failureOf } from '../../../model/errors.ts'
import type { BusinessId } from '../../../model/event.ts'
import type { LogRecord } from '../../../model/log.ts'

export type WordKind = 'control_id' | 'patient' | 'visit' | 'event_id'

const letters: Readonly<Record<WordKind, string>> = {
  control_id: 'c',
  patient: 'p',
  visit: 'v',
  event_id: 'e',
}

export function wordOf(kind: WordKind, value: string): string {
  return letters[kind] + sha256(value).slice(0, 20)
}

/** Words of one message that one message may have at most; a long message names many visits. */
const WORDS_MAX = 200

export interface InnerMessage {
  readonly index: number
  readonly control_id: string
  readonly message_type: string
  readonly words: readonly string[]
}

/** Of a raw record: its own words, and the messages that it holds where it is a batch. */
export interface RawWords {
  readonly words: readonly string[]
  readonly inner: readonly InnerMessage[]
}

export function wordsOfRaw({ headers, value }: LogRecord): RawWords {
  const { isBatch, messages } = splitBatch(value)
  const own = idWords(headers.control_id)
  if (!isBatch) return { words: [...own, ...wordsOfMessage(value)], inner: [] }
  const inner = messages.map((bytes, index) => {
    const msh = scanMsh(bytes)
    const control_id = msh?.field(10) ?? ''
    const message_type = typeOf(msh?.field(9) ?? '', msh?.delimiters.component)
    return {
      index,
      control_id,
      message_type,
      words: [...idWords(control_id), ...wordsOfMessage(bytes)],
    }
  })
  return { words: own, inner }
}

const idWords = (control_id: string | undefined) =>
  control_id ? [wordOf('control_id', control_id)] : []

/** As station 1 names it. */
function typeOf(msh9: string, component: string | undefined): string {
  const [code = '', event = ''] = component === undefined ? [msh9] : msh9.split(component)
  return event === '' ? code : `${code}^${event}`
}

/** Identifiers by their value alone (HL7 v2.5.1 chapters 3.4.2 PID, 3.4.3 PV1, 3.4.10 MRG). */
const patients = ['PID[*]-2.1', 'PID[*]-3[*].1', 'PID[*]-4[*].1', 'MRG[*]-1[*].1']
const visits = ['PID[*]-18.1', 'PV1[*]-19.1']

function wordsOfMessage(bytes: Buffer): string[] {
  const message = readable(bytes)
  if (message === undefined) return []
  const of = (kind: WordKind, paths: readonly string[]) =>
    paths.flatMap(path => message.texts(path)).map(text => wordOf(kind, text))
  return [...new Set([...of('patient', patients), ...of('visit', visits)])].slice(0, WORDS_MAX)
}

function readable(bytes: Buffer): Message | undefined {
  try {
    return readMessage(bytes)
  } catch (cause) {
    // What is no HL7 v2 is found by what its headers and its events say.
    if (failureOf(cause) === undefined) throw cause
    return undefined
  }
}

/** Of a canonical record: its patient and visit, with and without their systems. */
export function wordsOfEvent({ headers, value }: LogRecord): readonly string[] {
  const { patient, visit } = headOf(value)
  const named = (kind: WordKind, id: BusinessId | null | undefined) =>
    id ? [wordOf(kind, `${id.system}|${id.value}`), wordOf(kind, id.value)] : []
  const event = headers.event_id ? [wordOf('event_id', headers.event_id)] : []
  return [...event, ...named('patient', patient), ...named('visit', visit)]
}

type Head = { readonly patient?: BusinessId | null; readonly visit?: BusinessId | null }

/** What stands before the resources, which are by far the most of an event. */
function headOf(value: Buffer): Head {
  // A quote inside of a text is escaped, so this stands nowhere but between two members.
  const at = value.indexOf(',"resources":')
  try {
    return JSON.parse(at < 0 ? value.toString() : `${value.toString('utf8', 0, at)}}`) as Head
  } catch (cause) {
    // Not written by this engine: it is found by its headers.
    if (!(cause instanceof SyntaxError)) throw cause
    return {}
  }
}
