// Every value of a message that is not empty, down to the sub-component, with its place and where
// it stands: for those who ask field by field what becomes of a message.
import { splitSegments } from './delimiters.ts'
import type { Message } from './read.ts'
import { isHeader } from './value.ts'

export interface Leaf {
  readonly segment: string
  readonly field: number
  /** As people write it: `PID-5.1`, `OBX[2]-5`, `PID-3[2].4.1`. */
  readonly place: string
  /** The same without ordinals and repetitions. */
  readonly path: string
  /** In `message.bytes`. */
  readonly start: number
  readonly end: number
}

/** In the order of the bytes. MSH-1 and MSH-2 are no values but the delimiters themselves. */
export function leavesOf({ bytes, delimiters }: Message): readonly Leaf[] {
  const ordinals = new Map<string, number>()
  const from = bytes.startsWith('\xef\xbb\xbf') ? 3 : 0
  return splitSegments(bytes, from, delimiters.field).flatMap(({ name, start, end }) => {
    const ordinal = (ordinals.get(name) ?? 0) + 1
    ordinals.set(name, ordinal)
    const [, ...fields] = split(bytes, { start, end }, delimiters.field)
    const shift = isHeader(name) ? 2 : 1
    return fields.flatMap((span, i) => {
      const field = i + shift
      if (isHeader(name) && field === 2) return []
      const at = { segment: name, ordinal, field }
      return leavesOfField(bytes, span, { at, delimiters })
    })
  })
}

interface Span {
  readonly start: number
  readonly end: number
}

interface Around {
  readonly at: { readonly segment: string; readonly ordinal: number; readonly field: number }
  readonly delimiters: Message['delimiters']
}

function leavesOfField(bytes: string, field: Span, { at, delimiters }: Around): readonly Leaf[] {
  const { segment, ordinal, field: number } = at
  const head = `${segment}${ordinal > 1 ? `[${ordinal}]` : ''}-${number}`
  return split(bytes, field, delimiters.repetition).flatMap((repetition, r) => {
    const components = split(bytes, repetition, delimiters.component)
    return components.flatMap((component, c) => {
      const parts = split(bytes, component, delimiters.subcomponent)
      return parts.flatMap((span, s) => {
        if (span.start === span.end) return []
        const named = components.length > 1 || parts.length > 1 ? `.${c + 1}` : ''
        const below = `${named}${parts.length > 1 ? `.${s + 1}` : ''}`
        const place = `${head}${r > 0 ? `[${r + 1}]` : ''}${below}`
        return [{ segment, field: number, place, path: `${segment}-${number}${below}`, ...span }]
      })
    })
  })
}

/** The whole where there is no such separator. */
function split(bytes: string, { start, end }: Span, separator: string): readonly Span[] {
  if (separator === '') return [{ start, end }]
  const spans: Span[] = []
  let begin = start
  for (const piece of bytes.slice(start, end).split(separator)) {
    spans.push({ start: begin, end: begin + piece.length })
    begin += piece.length + 1
  }
  return spans
}
