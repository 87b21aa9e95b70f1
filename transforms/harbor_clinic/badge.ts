// The visitor's badge, shared by the clinic's mappings: an ordinary file of the tenant's folder.
import type { Message } from '#sdk'

const BADGE_SYSTEM = 'https://harbor-clinic.example/ids/badge'

/** ZPI-4; undefined where the message has none. */
export function badge(message: Message): { system: string; value: string } | undefined {
  const value = message.text('ZPI-4')
  return value === undefined ? undefined : { system: BADGE_SYSTEM, value }
}
