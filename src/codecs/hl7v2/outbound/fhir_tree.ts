// An event's resources as a tree that is read without trust: what is not there, or is of another
// shape, is undefined. References are followed within the event and within their own resource.
import type { Resource } from '../../../model/event.ts'

export type Json = Readonly<Record<string, unknown>>

export function object(value: unknown): Json | undefined {
  const is = typeof value === 'object' && value !== null && !Array.isArray(value)
  return is ? (value as Json) : undefined
}

export function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object).filter(one => one !== undefined) : []
}

export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap(one => text(one) ?? []) : []
}

export class EventTree {
  readonly resources: readonly Resource[]
  readonly #byReference: ReadonlyMap<string, Resource>

  constructor(bundle: Json) {
    this.resources = objects(bundle.entry).flatMap(({ resource }) => {
      const found = object(resource)
      return typeof found?.resourceType === 'string' ? [found as Resource] : []
    })
    this.#byReference = new Map(this.resources.map(one => [`${one.resourceType}/${one.id}`, one]))
  }

  ofType(type: string): readonly Resource[] {
    return this.resources.filter(({ resourceType }) => resourceType === type)
  }

  /** What a Reference leads to: within its holder (`#id`), or in the event (`Type/id`). */
  follow(reference: unknown, holder: Json): Json | undefined {
    const to = text(object(reference)?.reference)
    if (to === undefined) return undefined
    if (!to.startsWith('#')) return this.#byReference.get(to)
    return objects(holder.contained).find(({ id }) => id === to.slice(1))
  }
}
