// Settings of the HL7 v2 messages that leave Firth, declared once for every adapter that makes
// them: what a message is made of, and what is set or removed in it.
import { choice, list, record, text } from '../../../declare/field.ts'
import type { RoomFinding } from '../../../declare/room.ts'
import { PathError, parsePath, parseSegmentPath, type SegmentPath } from '../path.ts'
import { isHeader } from '../value.ts'

const header = (doc: string, example: string) => text({ doc, optional: true, example })

export const messageFields = {
  message: choice(['forward', 'build'], {
    doc: 'Sends the message that came, as it came but for what is set and removed here; or a new one, built from the event.',
    default: 'forward',
  }),
  sending_application: header('MSH-3. Left out: as it came; empty in one that is built.', 'FIRTH'),
  sending_facility: header('MSH-4. Left out: as it came; empty in one that is built.', 'HARBOR'),
  receiving_application: header(
    'MSH-5. Left out: as it came; empty in one that is built.',
    'REGISTRY',
  ),
  receiving_facility: header('MSH-6. Left out: as it came; empty in one that is built.', 'STATE'),
  processing_id: choice(['P', 'T', 'D'], {
    doc: 'MSH-11: production, training or debugging. Left out: as it came; P in one that is built.',
    optional: true,
  }),
  version: choice(['2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.8'], {
    doc: 'MSH-12. Left out: as it came; 2.5.1 in one that is built.',
    optional: true,
  }),
  charset: choice(['utf-8', 'iso-8859-1', 'ascii'], {
    doc: 'Character set of a message that is built, named in MSH-18. One that is forwarded keeps its own.',
    default: 'utf-8',
  }),
  assigning_authorities: record(text({ doc: 'A URI.', example: 'urn:oid:2.16.840.1.113883.4.1' }), {
    doc: 'Assigning authorities as the far end writes them (CX-4.1), each with its URI, for messages that are built.',
    default: {},
    example: { STATE: 'urn:oid:2.16.840.1.113883.19.5' },
  }),
  set: record(text({ doc: 'The text itself; what would be a delimiter in it is escaped.' }), {
    doc: 'Values to set, by their place: `MSH-5`, `PID-3[2].4`, `OBX[*]-23.1`. A segment that the message does not have is not made.',
    default: {},
    example: { 'PV1-39': 'HARBOR' },
  }),
  remove: list(text({ doc: 'A segment (`ZPI`, `NK1[2]`), a field, or a part of one.' }), {
    doc: 'What is taken out before anything is set. A segment without a number means all of that name.',
    default: [],
    example: ['ZPI', 'PID-19'],
  }),
} as const

/** A place that may be taken out: a whole segment, or something within one. */
export function segmentPath(path: string): SegmentPath | undefined {
  try {
    return parseSegmentPath(path)
  } catch (thrown) {
    if (thrown instanceof PathError) return undefined
    throw thrown
  }
}

interface Judged {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** What the schema cannot say of these settings. */
export function lintMessage({ set, remove }: Judged): readonly RoomFinding[] {
  return [
    ...Object.keys(set).flatMap(path => told(`/set/${pointer(path)}`, fieldFault(path))),
    ...remove.flatMap((path, i) => told(`/remove/${i}`, removalFault(path))),
  ]
}

const pointer = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

type Fault = Pick<RoomFinding, 'what' | 'remedy'> | undefined

const told = (path: string, fault: Fault): RoomFinding[] =>
  fault === undefined ? [] : [{ path, severity: 'error', ...fault }]

function removalFault(path: string): Fault {
  const segment = segmentPath(path)
  if (segment === undefined) return fieldFault(path)
  if (!isHeader(segment.segment)) return undefined
  return { what: 'A message keeps its header.', remedy: 'Name a field of it, or another segment.' }
}

function fieldFault(path: string): Fault {
  try {
    const { segment, field } = parsePath(path)
    if (!isHeader(segment)) return undefined
    if (field < 3) return { what: 'Delimiters stay as they are.', remedy: 'Leave it out.' }
    if (segment !== 'MSH' || field !== 10) return undefined
    return {
      what: 'MSH-10 is made by Firth: the same on every try, and another one for every message.',
      remedy: 'Leave it out.',
    }
  } catch (thrown) {
    if (!(thrown instanceof PathError)) throw thrown
    return { what: `This is ${thrown.message}.`, remedy: 'Write it like PID-5.1 or OBX[2]-5.' }
  }
}
