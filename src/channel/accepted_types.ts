// The message types that a channel lets in, against those that its mapping knows: what no mapping
// names would become a dead letter, message by message.
import { kindsByType } from '../model/kinds_of_types.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { finding, type Place } from './finding.ts'
import { type ChannelDocument, meantName } from './rules.ts'

export interface AcceptedType {
  /** `ADT^A01`, or `ADT` for all of them. */
  readonly type: string
  readonly place: Place
}

/** None where the list is not well written: then its shape has been told of. */
export function acceptedTypes({ value, sound, locate }: ChannelDocument): readonly AcceptedType[] {
  const path = ['accept', 'messages']
  if (!sound(path)) return []
  return (value.accept?.messages ?? []).map((type, i) => {
    return { type, place: locate([...path, String(i)]) }
  })
}

/** Of a channel of the base; what a module of a tenant knows is seen when it is loaded. */
export function typesOfBase(document: ChannelDocument): readonly ConfigFinding[] {
  if (document.value.transform !== 'base') return []
  return typesUnmapped(acceptedTypes(document), Object.keys(kindsByType))
}

/** `known`: by the mapping that the channel names. */
export function typesUnmapped(
  accepts: readonly AcceptedType[],
  known: readonly string[],
): readonly ConfigFinding[] {
  const isKnown = (type: string) => known.some(one => one === type || one.startsWith(`${type}^`))
  return accepts
    .filter(({ type }) => !isKnown(type))
    .map(({ type, place }) => {
      const what = `The mapping of the channel does not name ${type} among its types: each would become a dead letter.`
      const remedy = `Leave it out, or map it in a module of the tenant. ${meantName(type, known)}`
      return finding(place, { rule: 'type_unmapped', severity: 'warning', what, remedy })
    })
}
