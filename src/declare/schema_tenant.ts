// The keys of a tenant's file, declared once: who it is, its far ends with their limits, and the
// policies that say how many people must agree to a write.
import { RATE_PATTERN } from '../kit/written.ts'
import { approvals, type Environment, environments } from '../model/plan.ts'
import { riskNames, risks } from '../model/risk.ts'
import { choice, type Field, group, integer, objectSchema, record, text } from './field.ts'
import { tenantName } from './schema_channel.ts'
import { NAME_PATTERN } from './schema_words.ts'

/** Of a tenant that does not say: what could go wrong is found before it does. */
export const usualEnvironment: Environment = 'production'

const approval = (doc: string) => choice(approvals, { doc, optional: true })

const OTHER_DOC = 'Every class that is not named here. Left out: what is not named is denied.'

/** One key for each class of risk, so that a slip is found and an editor can offer them. */
const policy = Object.fromEntries(
  riskNames.map(name => [
    name,
    approval(Object.hasOwn(risks, name) ? risks[name as keyof typeof risks] : OTHER_DOC),
  ]),
) as Readonly<Record<string, Field<(typeof approvals)[number], 'optional'>>>

export type PolicyEntry = Readonly<Record<string, (typeof approvals)[number]>>

const POLICY_DOC = 'Classes of risk, each with how many people must agree.'

const policyField: Field<PolicyEntry> = {
  schema: { ...objectSchema(policy), description: POLICY_DOC },
  doc: POLICY_DOC,
  presence: 'required',
  secret: false,
}

export const tenantFields = {
  tenant: tenantName,
  name: text({ doc: 'Name of the tenant for people.', optional: true, example: 'Harbor Clinic' }),
  time_zone: text({
    doc: 'IANA time zone for times without an offset. Needed as soon as a channel transforms.',
    optional: true,
    example: 'America/New_York',
  }),
  environment: choice(environments, {
    doc: 'What the tenant is used for. In production a secret in the clear is an error.',
    default: usualEnvironment,
  }),
  assigning_authorities: record(text({ doc: 'A URI.', example: 'urn:oid:2.16.840.1.113883.4.1' }), {
    doc: 'Assigning authorities as senders write them (CX-4.1), each with its URI.',
    default: {},
    example: { HARBOR: 'urn:oid:2.16.840.1.113883.19.5' },
  }),
  policies: record(policyField, {
    doc: 'Policies by name, for the targets that name them: how many people must agree to a write, by its class of risk.',
    default: {},
    example: { clinical: { result: 'automatic', demographics: 'two_approvers' } },
  }),
} as const

/** What stands beside the adapter of a target. */
export const targetFields = {
  environment: choice(environments, {
    doc: 'What the far end is used for; a channel of another environment is refused. Left out: as the tenant.',
    optional: true,
  }),
  on_unknown: choice(['verify', 'resend_same_id', 'hold'], {
    doc: 'What is done about a call that may have landed: read back, send the same again under the same id, or wait for a person. Left out: read back; where a target cannot be read, send again, or wait where it would not know it again.',
    optional: true,
  }),
  policy: text({
    doc: 'Name of a policy of this file. Left out: every write that the adapter declares goes out by itself.',
    pattern: NAME_PATTERN,
    optional: true,
    example: 'clinical',
  }),
  limits: group(
    {
      in_flight: integer({
        doc: 'Calls to the target at the same time.',
        default: 4,
        minimum: 1,
        maximum: 256,
      }),
      rate: text({
        doc: 'Calls that may begin in a second, a minute or an hour. Left out: as many as the target answers.',
        pattern: RATE_PATTERN,
        optional: true,
        example: '10/s',
      }),
    },
    { doc: 'What the target can bear.' },
  ),
} as const
