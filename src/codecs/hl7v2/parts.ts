// One part of a segment replaced by another, everything else as it stands. Works on the characters
// of a segment, one for each byte; what is put in is already escaped.
import type { Delimiters } from './delimiters.ts'
import type { Hl7Path } from './path.ts'
import { isHeader } from './value.ts'

/** Undefined leaves the repetition out altogether. */
export type Part = () => string | undefined

export interface Replacement {
  readonly path: Pick<Hl7Path, 'field' | 'repetition' | 'component' | 'subcomponent'>
  readonly part: Part
  readonly delimiters: Delimiters
}

/** The content changed, or undefined where the message has no delimiter for a part of that kind. */
export function replacePart(
  segment: { readonly name: string; readonly content: string },
  { path, part, delimiters }: Replacement,
): string | undefined {
  const fields = segment.content.split(delimiters.field)
  const at = isHeader(segment.name) ? path.field - 1 : path.field
  while (fields.length <= at) fields.push('')
  const { repetition: separator } = delimiters
  const repetitions = separator === '' ? [fields[at] ?? ''] : (fields[at] ?? '').split(separator)
  if (path.repetition > 1 && separator === '') return undefined
  while (repetitions.length < path.repetition) repetitions.push('')
  const kept: string[] = []
  for (const [i, repetition] of repetitions.entries()) {
    const isMeant = path.repetition === 0 || path.repetition === i + 1
    const changed = isMeant ? inner(repetition, { path, part, delimiters }) : { text: repetition }
    if (changed === undefined) return undefined
    if (changed.text !== undefined) kept.push(changed.text)
  }
  fields[at] = kept.join(separator)
  return fields.join(delimiters.field)
}

function inner(
  repetition: string,
  { path, part, delimiters }: Replacement,
): { readonly text: string | undefined } | undefined {
  if (path.component === 0) return { text: part() }
  const changed = (component: string) =>
    path.subcomponent === 0
      ? (part() ?? '')
      : nth(
          component,
          { n: path.subcomponent, separator: delimiters.subcomponent },
          () => part() ?? '',
        )
  const text = nth(repetition, { n: path.component, separator: delimiters.component }, changed)
  return text === undefined ? undefined : { text }
}

function nth(
  text: string,
  { n, separator }: { readonly n: number; readonly separator: string },
  change: (part: string) => string | undefined,
): string | undefined {
  if (separator === '') return n === 1 ? change(text) : undefined
  const parts = text.split(separator)
  while (parts.length < n) parts.push('')
  const changed = change(parts[n - 1] ?? '')
  if (changed === undefined) return undefined
  parts[n - 1] = changed
  return parts.join(separator)
}
