// What a message says, whatever its delimiters, its escapes and its encoding: for comparing a
// message with what became of it on a way through another encoding.
import type { Message, Value } from '../../../src/codecs/hl7v2/read.ts'

export type Content = null | string | readonly Content[]

/** Segments by name, fields, repetitions, parts; null where `""` stands; empty ends left out. */
export function contentOf(message: Message): readonly Content[] {
  return message.segments.map(segment => {
    const fields: Content[] = [segment.name]
    const count = segment.fieldCount
    for (let field = 1; field <= count; field++) {
      fields.push(trimmed(segment.repetitions(field).map(valueContent)))
    }
    return trimmed(fields)
  })
}

function valueContent(value: Value): Content {
  if (value.presence === 'deleted') return null
  const parts = value.parts()
  const [only] = parts
  const isLeaf = only === undefined || (parts.length === 1 && only.level === value.level)
  if (isLeaf) return value.text() ?? ''
  const inner = trimmed(parts.map(valueContent))
  if (inner.length > 1) return inner
  return inner.length === 0 ? '' : (inner[0] as Content)
}

function trimmed(list: readonly Content[]): readonly Content[] {
  const isNothing = (one: Content | undefined) =>
    one === '' || (Array.isArray(one) && one.length === 0)
  let end = list.length
  while (end > 0 && isNothing(list[end - 1])) end -= 1
  return list.slice(0, end)
}
