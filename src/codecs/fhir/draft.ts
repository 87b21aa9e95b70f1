// FHIR R4 (https://hl7.org/fhir/R4/) as types, and what a resource is while it is being built:
// every member may still be missing, a code may be any text, and its lists stand there to be
// pushed to.
import type * as fhir from 'fhir/r4.js'

export type { fhir }

/** An element under construction: each member may be undefined and is then left out. */
export type Loose<T> = T extends string
  ? string
  : T extends number | boolean
    ? T
    : T extends readonly (infer Item)[]
      ? Loose<Item>[]
      : { -readonly [Member in keyof T]?: Loose<T[Member]> | undefined }

/** A contained resource: any type, not checked further. */
export interface Contained {
  resourceType: string
  id: string
  [element: string]: unknown
}

/** Elements of a resource under construction, without its type and its id. */
export type Elements<T> = Loose<Omit<T, 'resourceType' | 'id' | 'contained'>> & {
  contained?: Contained[] | undefined
}

/** Names of the members of a resource that are lists. */
export type ListsOf<T> = {
  [Member in keyof T]-?: NonNullable<T[Member]> extends readonly unknown[] ? Member : never
}[keyof T]

/**
 * A resource as a tenant's step meets it. Its lists are always there, so `patient.identifier.push`
 * needs no question; what is still empty afterwards is left out.
 */
export type Draft<T extends { readonly resourceType: string }> = {
  readonly resourceType: T['resourceType']
  readonly id: string
} & Omit<Elements<T>, ListsOf<T>> & {
    [List in Exclude<ListsOf<T>, 'contained'>]-?: NonNullable<Loose<T[List]>>
  } & { contained: Contained[] }
