// Patient.gender and its likes: administrative sex, HL70001.
import type { Value } from '#sdk'
import { gender } from '../codes.ts'
import { mapped } from '../datatypes/concept.ts'
import type { Scope } from '../scope.ts'

/** It takes only its own four codes, so a code without a place among them is `unknown`. */
export function administrativeGender(value: Value, scope: Scope): string | undefined {
  if (!value.valued) return undefined
  return mapped(value, gender, scope) ?? 'unknown'
}
