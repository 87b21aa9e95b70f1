// A base mapping that tenants extend: `adt.extend({ patient(patient, message, at) { … } })` is a
// mapping again, and can be extended again. Nothing is changed in place.
import { anyOf, type MappedEvent, type Mapping, type MappingContext, type Message } from '#sdk'
import { Scope } from './scope.ts'
import { type Extension, type Tailoring, tailored, untailored } from './tailoring.ts'

export interface Extensible extends Mapping {
  /**
   * The same mapping with a tenant's functions and code tables over it. Throws
   * Failure('extension_invalid') for a step or a slot that the base does not have.
   */
  extend(extension: Extension): Extensible
}

export interface Base {
  readonly types: readonly string[]
  readonly events: (scope: Scope) => readonly MappedEvent[]
}

export function extensible(base: Base, tailoring: Tailoring = untailored): Extensible {
  return {
    types: base.types,
    map(message: Message, context: MappingContext) {
      return base.events(new Scope(message, context, tailoring))
    },
    extend: extension => extensible(base, tailored(tailoring, extension)),
  }
}

/** One mapping out of several; a step or table put over it goes to each of them. */
export function eitherOf(...bases: readonly Extensible[]): Extensible {
  return {
    ...anyOf(...bases),
    extend: extension => eitherOf(...bases.map(base => base.extend(extension))),
  }
}
