// Rules about what channels and tenants ask for: what a finding of each means, an example that has
// it, and what to do. Code, docs and `firth explain` read this one table.
import { type FindingRule, rule } from './finding_rule.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
export const channelRules = {
  about_missing: rule('warning', 'Nothing says what a channel is for.', {
    example: 'channel: adt_in\ntenant: riverside',
    remedy: 'Add `about:` with one sentence: what comes in here, and from whom.',
  }),
  address_clash: rule('error', 'Two listeners take the same port of the same address.', {
    example: 'source: { mllp: { port: 2575 } }   # in two channels',
    remedy: 'Give each listener a port of its own.',
  }),
  accepts_nothing: rule(
    'error',
    'The channel filters every message: its list is empty, or its condition can never hold.',
    {
      example: 'accept: { messages: [] }',
      remedy: 'Name the message types, or mend the condition.',
    },
  ),
  charset_wrong: rule('error', 'The character set is not known.', {
    example: 'charset: latin',
    remedy:
      'Write it as HL7 table 0211 does, for example 8859/1 or UNICODE UTF-8, or windows-1252.',
  }),
  span_wrong: rule('error', 'A time, range or rate is written well, and cannot be meant.', {
    example: 'retry: { backoff: 5m..1s }',
    remedy: 'More than nothing, at most 400 days, and from the shorter to the longer.',
  }),
  type_unmapped: rule(
    'warning',
    'The channel lets in a type of message that its mapping, the base or the module of the tenant, does not name.',
    {
      example: 'accept: { messages: [SIU^S12] }   # and transform: base',
      remedy: 'Leave it out, or map it in a module of the tenant.',
    },
  ),
  when_wrong: rule('error', 'A condition cannot be read: its words, a name in it, or a value.', {
    example: 'when: MSH-4 == "RIV"',
    remedy: 'Mend it at the character that is shown; firth explain when has the grammar.',
  }),
  kind_unknown: rule('error', 'A condition asks for a kind of event that does not exist.', {
    example: 'when: event = patient.admited',
    remedy: 'Write one of the kinds; firth explain event lists them.',
  }),
  element_unknown: rule(
    'error',
    'A condition or a test asks for an element that FHIR R4 does not have, so it never holds.',
    {
      example: 'when: Encounter.clas.code = IMP',
      remedy: 'Write it as https://hl7.org/fhir/R4/resourcelist.html does.',
    },
  ),
  element_whole: rule(
    'warning',
    'A condition compares an element that has others below it: each of them is looked at.',
    {
      example: 'when: Encounter.class = IMP',
      remedy: 'Name the element that is meant: Encounter.class.code.',
    },
  ),
  element_unchecked: rule(
    'warning',
    'A condition asks for a resource that the base never makes, so its elements are not checked.',
    {
      example: 'when: Task.stauts = ready',
      remedy: 'See that the path is right; firth test shows what the mapping makes.',
    },
  ),
  route_unreachable: rule(
    'error',
    'No event that the channel makes can take the route, or every one is taken by a route above it. A warning where the tenant has a mapping of its own, which may make other events.',
    {
      example:
        'accept: { messages: [ADT^A01] }\nroutes: [{ name: gone, to: chart, when: event = patient.discharged }]',
      remedy: 'Change its `when`, let in other messages, move it up, or say `match: all`.',
    },
  ),
  route_without_transform: rule(
    'error',
    'Routes carry canonical events, and without a transform there are none.',
    {
      example: 'routes: [{ name: chart, to: chart }]   # and no transform',
      remedy: 'Add `transform: base` or a mapping of the tenant.',
    },
  ),
  duplicate_route: rule('error', 'Two routes of a channel have one name.', {
    example: 'routes: [{ name: a, to: x }, { name: a, to: y }]',
    remedy: 'Give each route a name of its own.',
  }),
  unknown_target: rule('error', 'A route leads to a target that its tenant does not have.', {
    example: 'to: chrat',
    remedy: 'Declare it under `targets` of tenant.yaml, or correct the name.',
  }),
  environment_differs: rule(
    'error',
    'A channel of one environment leads to a target of another: tests must not write into a real chart.',
    {
      example: 'environment: test   # and a target of production',
      remedy: 'Name a target of the same environment.',
    },
  ),
  resource_unknown: rule('error', 'FHIR R4 has no such resource.', {
    example: 'write: { resource: Encouter }',
    remedy: 'Write it as https://hl7.org/fhir/R4/resourcelist.html does.',
  }),
  resource_never_made: rule(
    'error',
    'No mapping of the channel makes this resource, so the route writes nothing. A warning where the tenant has a mapping of its own.',
    {
      example: 'write: { resource: Invoice }',
      remedy:
        'Write a resource that the events carry; firth explain steps lists those of the base.',
    },
  ),
  write_undeclared: rule(
    'error',
    'The adapter of the target does not write this, so each write would be denied.',
    {
      example: 'write: { resource: Encounter, operation: amend }',
      remedy: 'Choose what its profile declares; firth explain KIND lists it.',
    },
  ),
  approval_below_policy: rule(
    'error',
    'A route asks for fewer approvers than the policy of its target.',
    {
      example: 'write: { resource: Patient, approval: automatic }',
      remedy: 'Raise it, or leave it out: then the policy decides.',
    },
  ),
  policy_denies: rule(
    'error',
    'The policy of the target does not name the class of what the route writes, so each write would be denied.',
    {
      example: 'policies: { clinical: { result: automatic } }   # and a route that writes Patient',
      remedy: 'Name the class, or `other`, in the policy.',
    },
  ),
  unknown_policy: rule('error', 'A target names a policy that its tenant does not have.', {
    example: 'policy: clincal',
    remedy: 'Declare it under `policies` of tenant.yaml, or correct the name.',
  }),
  resend_unsafe: rule(
    'error',
    'A call that may have landed is to be sent again, to a far end that does not know it again.',
    {
      example: 'on_unknown: resend_same_id',
      remedy: 'Write `verify`, or `hold` to let a person decide.',
    },
  ),
  verify_impossible: rule(
    'error',
    'A call that may have landed is to be read back, at a far end that cannot be read.',
    {
      example: 'on_unknown: verify',
      remedy: 'Write `resend_same_id`, or `hold` to let a person decide.',
    },
  ),
  write_of_whole_event: rule(
    'error',
    'A route writes one resource to a target that takes whole events.',
    {
      example: 'write: { resource: Patient }',
      remedy: 'Leave `write` out, or write `resource: Bundle` to ask for an approval.',
    },
  ),
  unused: rule('warning', 'A target or a policy is declared and nothing names it.', {
    example: 'targets: { old_chart: {} }',
    remedy: 'Remove it, or name it where it is wanted.',
  }),
  time_zone_missing: rule(
    'error',
    'A channel transforms, and its tenant does not say in which zone times without an offset are.',
    {
      example: 'transform: base',
      remedy: 'Add time_zone to tenant.yaml, for example America/Chicago.',
    },
  ),
  time_zone_unknown: rule('error', 'The time zone is no name of the IANA database.', {
    example: 'time_zone: CST',
    remedy: 'Write it as area and city, for example America/Chicago.',
  }),
  secret_in_the_clear: rule(
    'error',
    'A secret stands in a file. An error in production, a warning elsewhere.',
    { example: 'password: swordfish', remedy: 'Put it into the environment and write ${NAME}.' },
  ),
  foreign_transform: rule('error', 'A channel names the mapping of another tenant.', {
    example: 'transform: other_clinic/adt',
    remedy: 'Use `base`, or a mapping of this tenant.',
  }),
} as const satisfies Record<string, FindingRule>
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
