// A folder as a far end: one file for each event, for each message that is forwarded, or for each
// resource. Whoever reads the folder sees whole files only; the same write never makes two.
import {
  type Answer,
  type Code,
  type Config,
  catalogue,
  choice,
  defineAdapter,
  type Facts,
  Failure,
  fileFields,
  flag,
  group,
  lintMessage,
  messageFields,
  outboundMessage,
  type RoomFinding,
  type Step,
  type StepInput,
  text,
  type Verdict,
  type WriteIntent,
} from '#sdk'
import { fileName, isPlaceholder, namesIn, placeholders, UNIQUE } from './name.ts'
import { profile } from './profile.ts'

const fields = {
  ...fileFields,
  per: choice(['event', 'resource'], {
    doc: 'What a file holds: a whole event, or one resource of it as JSON.',
    default: 'event',
  }),
  hl7v2: group(messageFields, {
    doc: 'The file holds an HL7 v2 message. Left out: the event as JSON.',
    optional: true,
  }),
  name: text({
    doc: `Name of a file. Known in braces: ${Object.keys(placeholders).join(', ')}.`,
    pattern: '^[A-Za-z0-9_{][A-Za-z0-9_.{}-]*$',
    default: '{kind}_{intent_id}.{extension}',
  }),
  taken_away: flag({
    doc: 'Whoever reads a file takes it away. Then one that is gone has been received.',
    default: false,
  }),
} as const

export const file = defineAdapter({
  kind: 'file',
  summary:
    'Puts files into a folder: HL7 v2 messages or JSON, one for each event or resource, whole or ' +
    'not at all, and none of them twice.',
  fields,
  example: { folder: '/var/spool/registry' },
  lint: config => [...lintName(config.name), ...lintContent(config)],
  transport: 'file',
  transportConfig: ({ folder, mode }) => ({ folder, mode }),
  takes: ({ per, hl7v2 }) => {
    if (per === 'resource') return 'resource'
    return hl7v2?.message === 'forward' ? 'message' : 'event'
  },
  proof: ({ taken_away }) => (taken_away ? 'answer' : 'read'),
  idempotency: 'key',
  profile,
  settle_ms: 1_000,
  visible_ms: 0,
  steps: config => ({
    deliver: ({ intent, answers }) => {
      const [first] = answers
      return first === undefined
        ? call(intent, { config, changes: true })
        : { verdict: delivered(first.answer, name(intent, config)) }
    },
    verify: input => {
      const [first] = input.answers
      return first === undefined
        ? call(input.intent, { config, changes: false })
        : { verdict: shown(first.answer, { input, config }) }
    },
  }),
})

type FileConfig = Config<typeof fields>

const name = (intent: WriteIntent, config: FileConfig) =>
  fileName(config.name, intent, config.hl7v2 === undefined ? 'json' : 'hl7')

function call(
  intent: WriteIntent,
  { config, changes }: { readonly config: FileConfig; readonly changes: boolean },
): Step {
  try {
    const { hl7v2 } = config
    const bytes = hl7v2 === undefined ? json(intent) : outboundMessage(intent, hl7v2)
    return { call: { kind: 'file', name: name(intent, config), bytes, changes } }
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    return { verdict: verdict(cause.code, cause.facts) }
  }
}

/** The canonical event, but for what concerns Firth alone; or the resource. */
function json(intent: WriteIntent): Uint8Array {
  const { event_id: id, event_kind: kind, tenant, channel, deployment, event, resource } = intent
  const { message: _, ...facts } = event ?? {}
  const whole = { id, kind, tenant, channel, deployment, ...facts, resources: resource }
  return new TextEncoder().encode(`${JSON.stringify(event === undefined ? resource : whole)}\n`)
}

const verdict = (code: Code, facts: Facts = {}, more: Partial<Verdict> = {}): Verdict => ({
  outcome: catalogue[code].outcome,
  code,
  facts,
  ...more,
})

function delivered(answer: Answer, target_id: string): Verdict {
  if (answer.kind === 'file') {
    if (answer.found === 'made') return { outcome: 'ok', code: undefined, facts: {}, target_id }
    if (answer.found === 'same') {
      return { outcome: 'already_applied', code: undefined, facts: {}, target_id }
    }
    return verdict('target_mismatch', { file: target_id })
  }
  return unanswered(answer, 'target_answer_unknown')
}

function shown(
  answer: Answer,
  { input, config }: { input: StepInput & { target_id: string | undefined }; config: FileConfig },
): Verdict {
  const target_id = name(input.intent, config)
  if (answer.kind !== 'file') return unanswered(answer, 'target_transient')
  if (answer.found === 'same') return { outcome: 'ok', code: undefined, facts: {}, target_id }
  if (answer.found === 'other') return verdict('target_mismatch', { file: target_id })
  // Only what we know to have stood there can have been taken away.
  return config.taken_away && input.target_id !== undefined
    ? { outcome: 'ok', code: undefined, facts: { taken_away: true }, target_id }
    : verdict('target_absent', { absent: true })
}

function unanswered(answer: Exclude<Answer, { kind: 'file' }>, otherwise: Code): Verdict {
  if (answer.kind === 'not_sent') return verdict(answer.code, answer.facts)
  return verdict(otherwise, answer.kind === 'no_answer' ? answer.facts : {})
}

function lintName(template: string): readonly RoomFinding[] {
  const names = namesIn(template)
  const unknown = names.filter(one => !isPlaceholder(one))
  const known = Object.keys(placeholders).join(', ')
  const of = (what: string, remedy: string): RoomFinding => {
    return { path: '/name', severity: 'error', what, remedy }
  }
  return [
    ...unknown.map(one => of(`There is no placeholder {${one}}.`, `Known are: ${known}.`)),
    ...(/[{}]/.test(template.replaceAll(/\{[^{}]*\}/g, ''))
      ? [of('A brace has no other one.', 'Write placeholders as {intent_id}.')]
      : []),
    ...(UNIQUE.some(one => names.includes(one))
      ? []
      : [of('Two writes could get the same name.', 'Put {intent_id} or {control_id} in it.')]),
  ]
}

function lintContent({ per, hl7v2 }: FileConfig): readonly RoomFinding[] {
  const within = hl7v2 === undefined ? [] : lintMessage(hl7v2)
  const findings = within.map(one => ({ ...one, path: `/hl7v2${one.path}` }))
  if (per !== 'resource' || hl7v2 === undefined) return findings
  const what = 'A single resource is no HL7 v2 message.'
  return [...findings, { path: '/per', severity: 'error', what, remedy: 'Write `per: event`.' }]
}
