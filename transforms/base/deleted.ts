// What a sender deletes: `""` (HL7 v2.5.1 chapter 2.5.3). The element is left out of the resource,
// as if it were absent; that it is a wish and no silence is told by a finding at its place, so
// that a target can act on it.
import type { Segment, Value } from '#sdk'
import type { Scope } from './scope.ts'

/** `mapped`: names of the segments that the mapping reads. */
export function reportDeleted(scope: Scope, mapped: ReadonlySet<string>): void {
  const { message } = scope
  if (!message.bytes.includes('""')) return
  for (const segment of message.segments) {
    if (mapped.has(segment.name) && segment.raw.includes('""')) inSegment(segment, scope)
  }
}

function inSegment(segment: Segment, scope: Scope): void {
  const count = segment.raw.split(segment.message.delimiters.field).length
  for (let field = 1; field < count; field++) {
    for (const repetition of segment.repetitions(field))
      inValue(repetition, segment.place(field), scope)
  }
}

function inValue(value: Value, place: string, scope: Scope): void {
  if (value.presence === 'deleted') report(place, scope)
  else reportParts(value, place, scope)
}

function reportParts(value: Value, place: string, scope: Scope): void {
  value.parts().forEach((part, i) => {
    if (part.presence === 'deleted') report(`${place}.${i + 1}`, scope)
  })
}

function report(place: string, scope: Scope): void {
  scope.report('value_deleted', place, 'The sender asks that this value be removed.')
}
