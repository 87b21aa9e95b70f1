// Segments as they are built: fields by number, some of them repeated; and the message made of
// them.
import type { WriteIntent } from '../../../model/intent.ts'
import { newMessage, type SetValue } from '../edit.ts'
import type { Message } from '../read.ts'
import type { Authorities } from './datatypes.ts'
import { EventTree } from './fhir_tree.ts'

export interface BuiltSegment {
  readonly name: string
  readonly fields: Readonly<Record<number, SetValue | Repeated>>
}

/** Repetitions of one field; those without a value are left out. */
export interface Repeated {
  readonly each: readonly SetValue[]
}

export const each = (values: readonly SetValue[]): Repeated => ({ each: values })

/** What the parts of one message share. */
export interface Building {
  readonly intent: WriteIntent
  readonly tree: EventTree
  readonly authorities: Authorities
  /** MSH-12. */
  readonly version: string
}

export const treeOf = ({ resource }: WriteIntent): EventTree => new EventTree(resource)

export interface Header {
  /** Fields of MSH. */
  readonly header: Readonly<Record<number, SetValue>>
  readonly charset: 'utf-8' | 'iso-8859-1' | 'ascii'
}

export function messageOf({ header, charset }: Header, segments: readonly BuiltSegment[]): Message {
  const editor = newMessage({ header, charset })
  const counts = new Map<string, number>()
  for (const { name, fields } of segments) {
    const nth = (counts.get(name) ?? 0) + 1
    counts.set(name, nth)
    const given = Object.entries(fields).map(
      ([field, value]) => [field, repetitions(value)] as const,
    )
    // A field without a value is not written, so that no segment ends in a row of separators.
    const firsts = given.flatMap(([field, [first]]) =>
      isEmpty(first) ? [] : [[field, first] as const],
    )
    editor.add(name, {}, Object.fromEntries(firsts))
    for (const [field, [, ...others]] of given) {
      for (const [i, value] of others.entries()) {
        editor.set(`${name}[${nth}]-${field}[${i + 2}]`, value)
      }
    }
  }
  return editor.toMessage()
}

const isEmpty = (value: SetValue): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.every(isEmpty))

function repetitions(value: SetValue | Repeated): readonly SetValue[] {
  if (typeof value !== 'object' || value === null || !('each' in value)) return [value]
  return value.each.filter(one => !isEmpty(one))
}
