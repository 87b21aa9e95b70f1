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
  'ADT^A02': ['patient.transferred'],
  'ADT^A03': ['patient.discharged'],
  'ADT^A04': ['patient.registered'],
  'ADT^A05': ['visit.planned'],
  'ADT^A06': ['visit.updated'],
  'ADT^A07': ['visit.updated'],
  'ADT^A08': ['patient.updated'],
  'ADT^A09': ['visit.updated'],
  'ADT^A10': ['visit.updated'],
  'ADT^A11': ['visit.cancelled'],
  'ADT^A12': ['visit.updated'],
  'ADT^A13': ['visit.updated'],
  'ADT^A14': ['visit.planned'],
  'ADT^A15': ['visit.updated'],
  'ADT^A16': ['visit.updated'],
  'ADT^A17': ['patient.transferred'],
  'ADT^A18': ['patient.merged'],
  'ADT^A21': ['visit.updated'],
  'ADT^A22': ['visit.updated'],
  'ADT^A23': ['visit.cancelled'],
  'ADT^A24': ['patient.linked'],
  'ADT^A25': ['visit.updated'],
  'ADT^A26': ['visit.updated'],
  'ADT^A27': ['visit.cancelled'],
  'ADT^A28': ['patient.registered'],
  'ADT^A29': ['patient.deleted'],
  'ADT^A30': ['patient.merged'],
  'ADT^A31': ['patient.updated'],
  'ADT^A32': ['visit.updated'],
  'ADT^A33': ['visit.updated'],
  'ADT^A34': ['patient.merged'],
  'ADT^A35': ['visit.updated'],
  'ADT^A36': ['patient.merged'],
  'ADT^A37': ['patient.unlinked'],
  'ADT^A38': ['visit.cancelled'],
  'ADT^A39': ['patient.merged'],
  'ADT^A40': ['patient.merged'],
  'ADT^A41': ['visit.updated'],
  'ADT^A42': ['visit.updated'],
  'ADT^A43': ['visit.updated'],
  'ADT^A44': ['visit.updated'],
  'ADT^A45': ['visit.updated'],
  'ADT^A46': ['patient.merged'],
  'ADT^A47': ['patient.merged'],
  'ADT^A48': ['patient.merged'],
  'ADT^A49': ['visit.updated'],
  'ADT^A50': ['visit.updated'],
  'ADT^A51': ['visit.updated'],
  'ADT^A52': ['visit.updated'],
  'ADT^A53': ['visit.updated'],
  'ADT^A54': ['visit.updated'],
  'ADT^A55': ['visit.updated'],
  'ADT^A60': ['patient.updated'],
  'ADT^A61': ['visit.updated'],
  'ADT^A62': ['visit.updated'],
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
