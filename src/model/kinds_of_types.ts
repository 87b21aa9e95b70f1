// Which kinds of event a message type may become by the base mappings, for those who judge what a
// channel's routes ask for. A test maps a message of each type and holds this table to it.
import { type Kind, kinds } from './event.ts'

const results: readonly Kind[] = [
  'result.preliminary',
  'result.final',
  'result.corrected',
  'result.cancelled',
]

export const kindsByType: Readonly<Record<string, readonly Kind[]>> = {
  'ADT^A01': ['patient.admitted'],
  'ADT^A03': ['patient.discharged'],
  'ADT^A08': ['patient.updated'],
  'ORU^R01': results,
}

/** By the code of a message, where its event is not in the table. */
const families: Readonly<Record<string, (kind: Kind) => boolean>> = {
  ADT: kind => kind.startsWith('patient.') || kind.startsWith('visit.'),
  ORU: kind => kind.startsWith('result.'),
}

/** Undefined: all types. A type of which nothing is known may become anything. */
export function kindsOfTypes(types: readonly string[] | undefined): readonly Kind[] {
  if (types === undefined) return kinds
  const made = new Set(types.flatMap(kindsOfType))
  return kinds.filter(kind => made.has(kind))
}

function kindsOfType(type: string): readonly Kind[] {
  const known = kindsByType[type]
  if (known !== undefined) return known
  const family = families[type.split('^')[0] ?? '']
  return family === undefined ? kinds : kinds.filter(family)
}
