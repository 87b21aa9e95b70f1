// Elements of FHIR while they are built: what is missing or empty is left out, because FHIR R4
// (json.html) knows neither empty lists nor empty objects.

/** A FHIR element under construction; undefined members are left out by `compact`. */
export type Json = { readonly [member: string]: unknown }

/** Without what is undefined, empty lists and empty objects; undefined where nothing is left. */
export function compact(element: object): Json | undefined {
  let kept: Record<string, unknown> | undefined
  for (const member in element) {
    const value = (element as Json)[member]
    if (isEmpty(value)) continue
    kept ??= {}
    kept[member] = value
  }
  return kept
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value) return false
  return true
}

/** The same at every depth; for what came from elsewhere and may be empty anywhere. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(pruned).filter(item => !isEmpty(item) && item !== null)
    return items.length === 0 ? undefined : items
  }
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [member, inner] of Object.entries(value)) {
    const rest = pruned(inner)
    if (!isEmpty(rest) && rest !== null) kept[member] = rest
  }
  return kept
}

/** Without the undefined ones. */
export function some<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter(value => value !== undefined)
}
