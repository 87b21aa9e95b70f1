// What lies between channels and targets: environments, policies, writes that could never go out,
// names that nobody uses.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { load, SMALLEST } from './toy.ts'

const CHANNEL = `${SMALLEST}transform: base
routes:
  - name: chart
    to: chart
`
const TENANT = `tenant: harbor
time_zone: America/Chicago
targets:
  chart:
    fhir_r4: { base_url: http://x }
`

async function found(t: TestContext, channel: string, tenant: string) {
  const { findings, plan } = await load(t, {
    'channels/harbor/adt_in.yaml': channel,
    'channels/harbor/tenant.yaml': tenant,
  })
  const brief = findings.map(({ file, line, column, severity, rule }) => {
    return `${file.split('/').at(-1)}:${line}:${column} ${severity} ${rule}`
  })
  return { brief, plan, findings }
}
const brief = async (t: TestContext, channel: string, tenant: string) =>
  (await found(t, channel, tenant)).brief

describe('environments', () => {
  it('must be the same for a channel and its targets, wherever they are written', async t => {
    assert.deepEqual(await brief(t, CHANNEL, TENANT), [])
    const test = `${CHANNEL}environment: development\n`
    assert.deepEqual(await brief(t, test, TENANT), ['adt_in.yaml:10:9 error environment_differs'])
    const target = `${TENANT}    environment: development\n`
    assert.deepEqual(await brief(t, test, target), [])
    assert.deepEqual(await brief(t, CHANNEL, target), [
      'adt_in.yaml:10:9 error environment_differs',
    ])
  })

  it('of a channel and a target are those of their tenant where they say nothing', async t => {
    const { plan } = await found(t, CHANNEL, `${TENANT}environment: test\n`)
    const [tenant] = plan?.tenants ?? []
    assert.equal(tenant?.environment, 'test')
    assert.equal(tenant?.channels[0]?.environment, 'test')
    assert.equal(tenant?.targets[0]?.environment, 'test')
  })
})

describe('writes', () => {
  const writes = (write: string) => `${CHANNEL}    write: ${write}\n`

  it('name a resource that FHIR has, that is made, and that the adapter writes', async t => {
    assert.deepEqual(await brief(t, writes('{ resource: Patient, operation: update }'), TENANT), [])
    for (const [write, said] of [
      ['{ resource: Pateint }', '11:24 error resource_unknown'],
      ['{ resource: Invoice }', '11:24 error resource_never_made'],
      ['{ resource: Encounter }', '11:24 error write_undeclared'],
      ['{ resource: Patient, operation: amend }', '11:24 error write_undeclared'],
    ] as const) {
      assert.deepEqual(await brief(t, writes(write), TENANT), [`adt_in.yaml:${said}`], write)
    }
  })

  it('may ask for more approval than the policy, never for less', async t => {
    const policy = (rules: string) =>
      `${TENANT}    policy: clinical\npolicies:\n  clinical: { ${rules} }\n`
    const two = policy('demographics: two_approvers, identity: two_approvers')
    const asks = (approval: string) => writes(`{ resource: Patient, approval: ${approval} }`)
    assert.deepEqual(await brief(t, asks('one_approver'), two), [
      'adt_in.yaml:11:43 error approval_below_policy',
    ])
    assert.deepEqual(await brief(t, asks('two_approvers'), two), [])
    assert.deepEqual(await brief(t, asks('two_approvers'), policy('other: automatic')), [])
  })

  it('that the policy denies, every one of them, are told', async t => {
    const silent = `${TENANT}    policy: clinical\npolicies:\n  clinical: { result: automatic }\n`
    assert.deepEqual(await brief(t, writes('{ resource: Patient }'), silent), [
      'adt_in.yaml:10:9 error policy_denies',
    ])
  })
})

describe('targets', () => {
  it('name a policy of their tenant, with classes and approvals that exist', async t => {
    const wrong = `${TENANT}    policy: clincal\npolicies:\n  clinical: { result: automatic }\n`
    const { brief, findings } = await found(t, CHANNEL, wrong)
    assert.deepEqual(brief, ['tenant.yaml:6:13 error unknown_policy'])
    assert.match(findings[0]?.remedy ?? '', /`clinical`/)
    const classes = `${TENANT}policies:\n  clinical: { demographic: automatic, result: automatc }\n`
    const slips = await found(t, CHANNEL, classes)
    assert.deepEqual(slips.brief, [
      'tenant.yaml:7:15 error unknown_key',
      'tenant.yaml:7:47 error wrong_value',
    ])
    assert.match(slips.findings[0]?.remedy ?? '', /`demographics`/)
  })

  it('send the same again only where the far end knows it again', async t => {
    const resend = `${TENANT}    on_unknown: resend_same_id\n`
    assert.deepEqual(await brief(t, CHANNEL, resend), ['tenant.yaml:6:17 error resend_unsafe'])
    assert.deepEqual(await brief(t, CHANNEL, `${TENANT}    on_unknown: hold\n`), [])
  })

  it('are read back by default, and sent again where only their answer is proof', async t => {
    const target = (more: string) => `${TENANT}  lab:\n    hl7v2: { base_url: http://y }\n${more}`
    const channel = `${CHANNEL}  - name: lab\n    to: lab\n`
    const { plan, findings } = await found(t, channel, target(''))
    assert.deepEqual(findings, [])
    const targets = plan?.tenants[0]?.targets.map(one => [one.name, one.on_unknown, one.takes])
    assert.deepEqual(targets, [
      ['chart', 'verify', 'resource'],
      ['lab', 'resend_same_id', 'message'],
    ])
    assert.deepEqual(await brief(t, channel, target('    on_unknown: hold\n')), [])
    assert.deepEqual(await brief(t, channel, target('    on_unknown: verify\n')), [
      'tenant.yaml:8:17 error verify_impossible',
    ])
  })

  it('of whole events are written nothing else, and policies can name them', async t => {
    const target = (more: string) => `${TENANT}  lab:\n    hl7v2: { base_url: http://y }\n${more}`
    const channel = (write: string) =>
      `${CHANNEL}  - name: lab\n    to: lab\n    write: { ${write} }\n`
    const rules = async (write: string, more = '') =>
      (await found(t, channel(write), target(more))).findings.map(({ rule }) => rule)
    assert.deepEqual(await rules('resource: Bundle, approval: one_approver'), [])
    assert.deepEqual(await rules('resource: Patient'), ['write_of_whole_event'])
    const policy = (named: string) => `    policy: strict\npolicies:\n  strict: { ${named} }\n`
    assert.deepEqual(await rules('resource: Bundle', policy('message: one_approver')), [])
    assert.deepEqual(await rules('resource: Bundle', policy('result: automatic')), [
      'policy_denies',
    ])
  })

  it('and policies that nobody names are warned of, in a project without errors', async t => {
    const idle = `${TENANT}  spare:\n    fhir_r4: { base_url: http://x }\npolicies:\n  old: { result: automatic }\n`
    assert.deepEqual(await brief(t, CHANNEL, idle), [
      'tenant.yaml:6:3 warning unused',
      'tenant.yaml:9:3 warning unused',
    ])
    assert.deepEqual(await brief(t, CHANNEL.replace('name:', 'nam:'), idle), [
      'adt_in.yaml:9:5 error missing_key',
      'adt_in.yaml:9:5 error unknown_key',
    ])
  })

  it('carry their limits, rate and policy into the plan', async t => {
    const full = `${TENANT}    policy: clinical
    on_unknown: hold
    limits: { rate: 600/min, in_flight: 2 }
policies:
  clinical: { other: one_approver }
`
    const { plan } = await found(t, CHANNEL, full)
    const [target] = plan?.tenants[0]?.targets ?? []
    assert.deepEqual(
      [target?.rate_per_second, target?.in_flight_max, target?.on_unknown, target?.policy],
      [10, 2, 'hold', { other: 'one_approver' }],
    )
  })
})

describe('what happens on failure', () => {
  it('is the word of the route over that of the channel over the usual', async t => {
    const channel = `${CHANNEL}    on_failure: { retry: { for: 30m }, on_dead: hold }
on_failure:
  retry: { backoff: 2s..1m }
  order: resource
`
    const { plan, brief } = await found(t, channel, TENANT)
    assert.deepEqual(brief, [])
    const [one] = plan?.tenants[0]?.channels ?? []
    const retry = { wait_ms_min: 2_000, wait_ms_max: 60_000 }
    assert.deepEqual(one?.on_failure, {
      retry: { ...retry, for_ms: 86_400_000 },
      order: 'resource',
      on_dead: 'continue',
    })
    assert.deepEqual(one?.routes[0]?.on_failure, {
      retry: { ...retry, for_ms: 1_800_000 },
      order: 'resource',
      on_dead: 'hold',
    })
  })

  it('is refused where a time is none, or cannot be meant', async t => {
    const retry = (text: string) => `${CHANNEL}on_failure:\n  retry: { ${text} }\n`
    for (const [text, said] of [
      ['backoff: 5m', '12:21 error wrong_value'],
      ['backoff: 5m..1s', '12:21 error span_wrong'],
      ['for: 24', '12:17 error wrong_value'],
      ['for: 0s', '12:17 error span_wrong'],
      ['fro: 1h', '12:12 error unknown_key'],
    ] as const) {
      assert.deepEqual(await brief(t, retry(text), TENANT), [`adt_in.yaml:${said}`], text)
    }
    const rate = `${TENANT}    limits: { rate: 0/s }\n`
    assert.deepEqual(await brief(t, CHANNEL, rate), ['tenant.yaml:6:21 error span_wrong'])
  })

  it('and the character set are refused where they are not known', async t => {
    assert.deepEqual(await brief(t, `${CHANNEL}charset: latin\n`, TENANT), [
      'adt_in.yaml:11:10 error charset_wrong',
    ])
    const { plan } = await found(t, `${CHANNEL}charset: 8859/1\nmatch: first\n`, TENANT)
    const [one] = plan?.tenants[0]?.channels ?? []
    assert.deepEqual([one?.charset, one?.match], ['8859/1', 'first'])
  })
})
