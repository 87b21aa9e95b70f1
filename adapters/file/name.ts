// Names of files: a template of the analyst's, filled with ids and words of ours. Nothing of the
// patient, and nothing that a sender wrote, is ever in a name.
import { controlIdOf, type WriteIntent } from '#sdk'

/** Placeholder → what stands in its place, as an analyst reads it. */
export const placeholders = {
  tenant: 'the tenant',
  channel: 'the channel',
  kind: 'what happened: `patient.admitted`',
  type: 'the resource type, or `Bundle` for a whole event',
  time: 'when it happened, in UTC: `20260105T150000Z`',
  event_id: 'the id of the event',
  intent_id: 'the id of the write',
  control_id: 'MSH-10 of the message in the file',
  extension: '`hl7` or `json`',
} as const

type Placeholder = keyof typeof placeholders

/** What tells one write from every other. */
export const UNIQUE: readonly Placeholder[] = ['intent_id', 'control_id']

const PLACEHOLDER = /\{([^{}]*)\}/g

export const namesIn = (template: string): readonly string[] =>
  [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name)

export const isPlaceholder = (name: string): name is Placeholder =>
  Object.hasOwn(placeholders, name)

/** The file systems that are met take 255 bytes. */
const NAME_CHARACTERS_MAX = 200

export function fileName(template: string, intent: WriteIntent, extension: string): string {
  const values: Readonly<Record<Placeholder, string>> = {
    tenant: intent.tenant,
    channel: intent.channel,
    kind: intent.event_kind,
    type: intent.resource_type,
    time: utc(intent.event?.occurred_at),
    event_id: intent.event_id,
    intent_id: intent.intent_id,
    control_id: controlIdOf(intent),
    extension,
  }
  const filled = template.replaceAll(PLACEHOLDER, (_, name: string) =>
    isPlaceholder(name) ? values[name] : '',
  )
  const safe = filled.replaceAll(/[^A-Za-z0-9_.-]/g, '_').replace(/^[.-]+/, '')
  return safe.slice(0, NAME_CHARACTERS_MAX)
}

function utc(at: string | undefined): string {
  const at_ms = Date.parse(at ?? '')
  if (Number.isNaN(at_ms)) return ''
  return new Date(at_ms).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
}
