// What a mapping is: a pure function from a message to canonical events, with the message types
// that it knows. Modules of transforms/ export one as their default; the mapping process runs it.
import { Failure } from '../../model/errors.ts'
import type { Finding, MappedEvent, MappingFacts } from '../../model/event.ts'
import type { Message } from './read.ts'

export interface MappingContext {
  readonly facts: MappingFacts
  /** Notes a remark on one place of the message; it stands among the event's warnings. */
  report(finding: Finding): void
}

export interface Mapping {
  /** Message types as in MSH-9: `ADT^A01`. */
  readonly types: readonly string[]
  /**
   * No clock, no randomness, no memory of other messages: the same message and facts give the same
   * events, byte for byte. Throws a Failure where the message cannot be mapped.
   */
  map(message: Message, context: MappingContext): readonly MappedEvent[]
}

/** Checks nothing; gives a module's export its type. */
export function defineMapping(mapping: Mapping): Mapping {
  return mapping
}

/** One mapping out of several; the first that names the type of the message maps it. */
export function anyOf(...mappings: readonly Mapping[]): Mapping {
  return {
    types: mappings.flatMap(mapping => mapping.types),
    map(message, context) {
      const type = messageType(message)
      const mapping = mappings.find(candidate => candidate.types.includes(type))
      // The type is the sender's text, so it is named only where it has the form of one.
      if (mapping === undefined) throw new Failure('message_type_unmapped', { type: shown(type) })
      return mapping.map(message, context)
    },
  }
}

/**
 * `ADT^A01`, whatever the message's own delimiters. Where MSH-9 names no event, EVN-1 does, or a
 * structure that has one event only (`ORU_R01`).
 */
export function messageType(message: Message): string {
  const code = message.text('MSH-9.1') ?? ''
  const event = message.text('MSH-9.2') ?? message.text('EVN-1') ?? eventOfStructure(message)
  return `${code}^${event ?? ''}`
}

function eventOfStructure(message: Message): string | undefined {
  return message.text('MSH-9.3') === 'ORU_R01' ? 'R01' : undefined
}

function shown(type: string): string {
  return /^[A-Z0-9]{3}\^[A-Z0-9]{3}$/.test(type) ? type : 'no type'
}
