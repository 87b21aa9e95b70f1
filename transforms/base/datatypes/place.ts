// PL as Locations, one within the other, by the table PL[Location]: site, building, floor, point of
// care, room, bed. They are contained in who refers to them, because a bed's name alone would find
// the bed of another ward.
import type { Value } from '#sdk'
import { compact, type Json } from '../json.ts'
import type { Referrer } from '../parties.ts'
import { ei } from './identifier.ts'

/**
 * A reference to the smallest place that is named, with all of it in words; `more` are elements of
 * that place. Undefined where none is named.
 */
export function place(value: Value, within: Referrer, more: Json = {}): Json | undefined {
  if (!value.valued) return undefined
  const name = (part: number) => value.part(part).text(1)
  const levels = [
    { name: name(4), kind: 'site' },
    { name: name(7), kind: 'building' },
    { name: name(8), kind: 'floor' },
    { name: name(1), kind: 'ward' },
    { name: name(2), kind: 'room' },
    { name: name(3), kind: 'bed' },
  ] as const
  const identifier = ei(value.part(10), within.scope)
  const made = within.place(value.segment, levels, {
    ...more,
    description: value.text(9),
    ...(identifier === undefined ? {} : { identifier: [identifier] }),
  })
  const display = levels.flatMap(level => level.name ?? []).join(', ')
  return made && compact({ ...made, display })
}
