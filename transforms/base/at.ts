// What a tenant's step has at hand beside its draft and the message: the segments that the draft
// was made from, the facts, and the helpers of the base. Lives for one call.
import type { CodeRow, CodeTable, fhir, Loose, MappingFacts, Resource, Segment, Value } from '#sdk'
import { concept } from './datatypes/concept.ts'
import { cx, ei } from './datatypes/identifier.ts'
import { xad, xpn, xtn } from './datatypes/person.ts'
import type { Scope } from './scope.ts'

export class At {
  /** What the draft was made from, the main one first. */
  readonly segments: readonly Segment[]
  readonly #scope: Scope

  constructor(segments: readonly Segment[], scope: Scope) {
    this.segments = segments
    this.#scope = scope
  }

  /** The main one of the segments; undefined for what is made of the message as a whole. */
  get segment(): Segment | undefined {
    return this.segments[0]
  }

  get facts(): MappingFacts {
    return this.#scope.facts
  }

  /**
   * A remark among the event's warnings. `place` is a path such as `ZPI-4`; `text` holds no content
   * of the message.
   */
  report(code: string, place: string, text: string): void {
    this.#scope.report(code, place, text)
  }

  /** FHIR dateTime. */
  time(value: Value): string | undefined {
    return this.#scope.time(value)
  }

  /** FHIR date. */
  date(value: Value): string | undefined {
    return this.#scope.date(value)
  }

  /** FHIR instant. */
  instant(value: Value): string | undefined {
    return this.#scope.instant(value)
  }

  /** CX. */
  identifier(value: Value): Loose<fhir.Identifier> | undefined {
    return cx(value, this.#scope) as Loose<fhir.Identifier> | undefined
  }

  /** EI. */
  entity(value: Value): Loose<fhir.Identifier> | undefined {
    return ei(value, this.#scope) as Loose<fhir.Identifier> | undefined
  }

  /** CE, CWE, CNE, IS, ID. */
  concept(value: Value): Loose<fhir.CodeableConcept> | undefined {
    return concept(value, this.#scope) as Loose<fhir.CodeableConcept> | undefined
  }

  /** XPN. */
  name(value: Value): Loose<fhir.HumanName> | undefined {
    return xpn(value, this.#scope) as Loose<fhir.HumanName> | undefined
  }

  /** XAD. */
  address(value: Value): Loose<fhir.Address> | undefined {
    return xad(value, this.#scope) as Loose<fhir.Address> | undefined
  }

  /** XTN. */
  telecom(value: Value): Loose<fhir.ContactPoint> | undefined {
    return xtn(value, undefined, this.#scope) as Loose<fhir.ContactPoint> | undefined
  }

  /** The row of a code table; a valued code that is not in it is a finding, counted as a miss. */
  lookup(table: CodeTable, value: Value): CodeRow | undefined {
    const code = value.text(1)?.trim() ?? ''
    const row = table.rows.get(code)
    if (row === undefined && code !== '') this.#scope.miss(value.place, table.file)
    return row
  }

  /**
   * Deterministic id for a resource of the tenant's own: over the tenant, its type and its name.
   */
  idOf(resourceType: string, ...name: readonly string[]): string {
    return this.#scope.idOf(resourceType, name)
  }

  referenceTo(target: Resource | undefined): { reference: string } | undefined {
    return target && { reference: `${target.resourceType}/${target.id}` }
  }
}
