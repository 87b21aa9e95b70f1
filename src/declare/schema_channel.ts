// The keys of a channel's file, declared once: what comes in, what is let in, where it goes, and
// what happens when a write fails.

import { DURATION_PATTERN, RANGE_PATTERN, writeDuration } from '../kit/written.ts'
import { limits } from '../model/limits.ts'
import { approvals, environments } from '../model/plan.ts'
import { choice, group, list, text } from './field.ts'
import { MESSAGE_PATTERN, MODULE_PATTERN, NAME_PATTERN, RESOURCE_PATTERN } from './schema_words.ts'

export const tenantName = text({
  doc: 'Name of the tenant, the same as its folder under channels/.',
  pattern: NAME_PATTERN,
  example: 'harbor_clinic',
})

const backoff = {
  doc: 'Waiting between two tries of a write: the shortest, and the longest that it grows to.',
  pattern: RANGE_PATTERN,
  example: '1s..5m',
} as const

const retryFor = {
  doc: 'How long a write is tried before it becomes a dead letter. The clock stands still while the target is paused.',
  pattern: DURATION_PATTERN,
  example: '24h',
} as const

const order = [
  ['patient', 'resource'],
  'What a waiting write holds back: all later ones of its patient, or only those of the same resource.',
] as const

const onDead = [
  ['continue', 'hold'],
  'After a write that is dead: go on, or hold the later writes of the patient until a person decides.',
] as const

const retryDoc = { doc: 'How often and how long a write is tried again.' } as const

/** A channel's word has defaults; a route's own says only what differs from its channel's. */
const channelFailure = {
  retry: group(
    {
      backoff: text({ ...backoff, default: writeRange() }),
      for: text({ ...retryFor, default: writeDuration(limits.retry_for_ms) }),
    },
    retryDoc,
  ),
  order: choice(order[0], { doc: order[1], default: 'patient' }),
  on_dead: choice(onDead[0], { doc: onDead[1], default: 'continue' }),
} as const

const routeFailure = {
  retry: group(
    { backoff: text({ ...backoff, optional: true }), for: text({ ...retryFor, optional: true }) },
    { ...retryDoc, optional: true },
  ),
  order: choice(order[0], { doc: order[1], optional: true }),
  on_dead: choice(onDead[0], { doc: onDead[1], optional: true }),
} as const

function writeRange(): string {
  const { retry_wait_ms_min, retry_wait_ms_max } = limits
  return `${writeDuration(retry_wait_ms_min)}..${writeDuration(retry_wait_ms_max)}`
}

/** In the order of FHIR's own verbs; what each does stands in the profile of an adapter. */
export const operations = ['create', 'update', 'patch', 'amend', 'link', 'retract'] as const

const route = {
  name: text({ doc: 'Name of the route.', pattern: NAME_PATTERN, example: 'chart' }),
  when: text({
    doc: 'Which events take the route. Asks for fields of the event (event, channel, message_type, patient.system …) or for elements of its resources. Left out: all events.',
    optional: true,
    example: 'event in [patient.admitted, patient.discharged] and Encounter.class.code = "IMP"',
  }),
  to: text({ doc: 'Name of a target in tenant.yaml.', pattern: NAME_PATTERN, example: 'chart' }),
  write: group(
    {
      resource: text({
        doc: 'The FHIR R4 resource type that is written.',
        pattern: RESOURCE_PATTERN,
        example: 'Encounter',
      }),
      operation: choice(operations, {
        doc: 'What is done with it. Left out: what the kind of the event asks for.',
        optional: true,
      }),
      approval: choice(approvals, {
        doc: 'How many people must agree: more than the policy of the target asks, never less.',
        optional: true,
      }),
    },
    {
      doc: 'One type of resource is written. Left out: every resource of the event, references first.',
      optional: true,
      example: { resource: 'Encounter', operation: 'update' },
    },
  ),
  on_failure: group(routeFailure, {
    doc: 'What differs for this route from `on_failure` of the channel.',
    optional: true,
    example: { order: 'resource' },
  }),
} as const

export const channelFields = {
  channel: text({
    doc: 'Name of the channel, the same as its file.',
    pattern: NAME_PATTERN,
    example: 'adt_in',
  }),
  tenant: tenantName,
  about: text({ doc: 'One sentence: what comes in here, and from whom.', optional: true }),
  environment: choice(environments, {
    doc: 'What the channel is used for; a target of another environment is refused. Left out: as its tenant.',
    optional: true,
  }),
  charset: text({
    doc: 'Character set of the messages, whatever MSH-18 says. Left out: MSH-18 decides.',
    optional: true,
    example: '8859/1',
  }),
  accept: group(
    {
      messages: list(text({ doc: 'A message type.', pattern: MESSAGE_PATTERN }), {
        doc: 'Message types that are let in; the others are acknowledged and recorded as filtered. Left out: all.',
        optional: true,
        example: ['ADT^A01', 'ORU'],
      }),
      when: text({
        doc: 'Which messages are let in, by the fields of the message: HL7 paths such as MSH-4 or PID-3.4. Left out: all.',
        optional: true,
        example: 'MSH-4 = "RIV" and not PV1-2 in [P, R]',
      }),
    },
    { doc: 'What the channel lets in. Left out: everything.', optional: true },
  ),
  transform: text({
    doc: 'The mapping to canonical events. Left out: messages are stored and acknowledged, no more.',
    pattern: MODULE_PATTERN,
    optional: true,
    example: 'base',
  }),
  match: choice(['all', 'first'], {
    doc: 'Whether an event takes every route whose `when` holds, or only the first of them.',
    default: 'all',
  }),
  routes: list(group(route, { doc: 'One way out.' }), {
    doc: 'Where canonical events are written to.',
    default: [],
  }),
  on_failure: group(channelFailure, { doc: 'What happens when a write does not succeed.' }),
} as const
