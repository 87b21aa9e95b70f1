// Identifiers. Random ones sort by their time of making; derived ones are the same for the same
// parts on every machine and every day (design: G3).
import { hash } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32, in lower case

/** 26 characters, ULID layout: 48 bits of milliseconds, then 80 random bits. */
export function timeId(clock: Pick<Clock, 'now'>, random: Random): string {
  let id = ''
  let time = clock.now()
  for (let i = 0; i < 10; i++) {
    id = ALPHABET[time % 32] + id
    time = Math.floor(time / 32)
  }
  for (const byte of random.bytes(16)) id += ALPHABET[byte & 31]
  return id
}

/**
 * The time inside an id made by `timeId`, in milliseconds since 1970; undefined for any other text.
 */
export function timeOfId(id: string): number | undefined {
  if (id.length !== 26) return undefined
  let time = 0
  for (const character of id.slice(0, 10)) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return undefined
    time = time * 32 + digit
  }
  return time
}

/** sha256 in lower-case hex. */
export function sha256(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex')
}

/**
 * 32 hex digits over the parts, kept apart by their lengths, so `('ab','c')` differs from
 * `('a','bc')`.
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  let text = ''
  // By index: it also runs beside a tenant's code, which may have changed how lists are walked.
  for (let i = 0; i < parts.length; i++) text += `${String(parts[i]).length}:${parts[i]}`
  return sha256(text).slice(0, 32)
}
