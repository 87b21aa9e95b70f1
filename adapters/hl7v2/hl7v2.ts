// A far end that takes HL7 v2 messages over MLLP: a registry, an ancillary system, another engine.
// One message for each event (or each message that is forwarded), the same bytes under the same
// control id on every try, and what the acknowledgement says as the only proof.
import {
  controlIdOf,
  defineAdapter,
  Failure,
  filesOfMllp,
  lintMessage,
  lintMllp,
  list,
  messageFields,
  mllpFields,
  outboundMessage,
  type Step,
  type StepInput,
  text,
} from '#sdk'
import { isApplied, judge, verdict } from './answers.ts'
import { profile } from './profile.ts'

export const hl7v2 = defineAdapter({
  kind: 'hl7v2',
  summary:
    'Sends HL7 v2 messages over MLLP: the one that came, changed as asked, or one built from the ' +
    'event. Each has a control id of its own, the same on every try.',
  fields: {
    ...mllpFields,
    ...messageFields,
    retry_errors: list(text({ doc: 'Code of HL7 table 0357.', pattern: '^[0-9]{3}$' }), {
      doc: 'Errors (ERR-3) after which the same message is tried again, as the far end was not able to take it. Any other refusal makes a dead letter.',
      default: ['206', '207'],
    }),
  },
  example: { host: 'registry.example.org', port: 6661 },
  lint: config => [...lintMllp(config), ...lintMessage(config)],
  files: filesOfMllp,
  transport: 'mllp',
  transportConfig: config =>
    Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(mllpFields, name))),
  takes: ({ message }) => (message === 'forward' ? 'message' : 'event'),
  proof: () => 'answer',
  idempotency: 'key',
  profile,
  settle_ms: 5_000,
  visible_ms: 0,
  steps: config => ({
    deliver: ({ intent, answers }: StepInput): Step => {
      const [first] = answers
      if (first === undefined) return send(() => outboundMessage(intent, config))
      const { retry_errors } = config
      const control_id = controlIdOf(intent)
      return { verdict: judge(first.answer, { control_id, retry_errors }) }
    },
    // There is nothing to read back: the application's acknowledgement was the proof, and where
    // only custody was acknowledged there is none.
    verify: ({ target_id }) => ({
      verdict: isApplied(target_id)
        ? { outcome: 'ok', code: undefined, facts: { acknowledged: 'AA' } }
        : verdict('target_unreadable'),
    }),
  }),
})

function send(make: () => Uint8Array): Step {
  try {
    return { call: { kind: 'mllp', bytes: make(), changes: true } }
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    return { verdict: verdict(cause.code, cause.facts) }
  }
}
