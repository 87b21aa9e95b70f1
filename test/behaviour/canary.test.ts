// Patient data stays put (design: G8). A real engine gets a token in every field that can carry
// patient data, every error path is driven by far ends that repeat what they are sent, and all that
// an operator or a far end's log sees is searched. Left out is what shows patients by its name: log
// and store, --payload, --show, firth dead show, bodies of calls, and If-None-Exist, in which FHIR
// wants the identifier of a conditional create (http.html#ccreate).
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { askControl } from '../../src/wire/control.ts'
import { canariesIn, canary, MARK } from '../harness/canary.ts'
import { firth, freePorts, makeProject, type Running, startFirth } from '../harness/engine.ts'
import { sendAll, sendBytes } from '../harness/sender.ts'
import { startCollector } from '../peers/collector.ts'
import { startEchoingFarEnd } from '../peers/echoing_far_end.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'
import { ack, receive } from '../peers/mllp_receivers.ts'

const PATIENCE_MS = 90_000

interface Ports {
  readonly feed: number
  readonly odd: number
  readonly http: number
  readonly registry: number
}

const files = (ports: Ports, at: { readonly chart: string; readonly collector: string }) => ({
  'firth.yaml': `limits: { mapping_ms_max: 3000 }
operate:
  http: { port: ${ports.http} }
  traces: { otlp_url: "${at.collector}", sample_percent: 100 }
`,
  'channels/harbor/tenant.yaml': `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
environment: test
assigning_authorities: { HARBOR: "urn:oid:2.999.1" }
targets:
  chart:
    fhir_r4:
      base_url: ${at.chart}
  registry:
    hl7v2:
      host: 127.0.0.1
      port: ${ports.registry}
      sending_application: FIRTH
      receiving_application: REGISTRY
  asked:
    fhir_r4:
      base_url: ${at.chart}
    policy: people
policies:
  people: { demographics: two_approvers, other: two_approvers }
`,
  'channels/harbor/feed.yaml': `channel: feed
tenant: harbor
about: Everything of the harbor.
source:
  mllp:
    port: ${ports.feed}
    frame_bytes_max: 100000
transform: base
routes:
  - { name: chart, to: chart, on_failure: { retry: { backoff: 100ms..200ms, for: 2s } } }
  - { name: registry, to: registry, on_failure: { retry: { backoff: 100ms..200ms, for: 2s } } }
  - { name: asked, to: asked, write: { resource: Patient } }
`,
  'channels/harbor/odd.yaml': `channel: odd
tenant: harbor
about: A mapping that does everything wrong.
source:
  mllp:
    port: ${ports.odd}
transform: harbor/odd
routes:
  - { name: chart, to: chart }
`,
  'transforms/harbor/odd.ts': `import { adt } from '#base/adt'

export default adt.extend({
  patient(patient, message, at) {
    const name = message.text('PID-5') ?? ''
    at.report('seen', 'PID-5', name)
    const where = message.text('MSH-4')
    if (where === 'LOGS') console.log(name)
    if (where === 'THROWS') throw new Error(name)
    if (where === 'THROWS_TEXT') throw name
    if (where === 'THROWS_NAMED') throw Object.assign(new Error(name), { name, code: name, stack: name })
    if (where === 'INVALID') Object.assign(patient, { [name]: name, gender: name })
    if (where === 'LOOPS') for (;;) patient.id = name
  },
})
`,
})

/** What an operator asks, none of it for content. */
const COMMANDS = [
  ['status'],
  ['trace', 'Eoutcome'],
  ['trace', 'ODDINVALID', '--json'],
  ['dead', 'list', '--json', '--state', 'all'],
  ['dead', 'retry', '--all', '--yes', '--code', 'mapping_failed', '--why', 'try again'],
  ['queue', '--json'],
  ['search', '--type', 'ADT', '--json'],
  ['audit'],
  ['replay', '--topic', 'raw.harbor.feed', '--from', '0', '--to-target', 'chart', '--dry-run'],
] as const

test('no token of a patient is in any signal, metric, trace, error, name or address (N09, N10, S17)', async () => {
  const [feed = 0, odd = 0, http = 0] = await freePorts(3)
  const medplum = await startMedplumProcess()
  const chart = await startEchoingFarEnd(medplum.base)
  const collector = await startCollector()
  let segments = ''
  const registry = await receive((socket, id, nth) => {
    segments = registry.bytes[nth]?.toString('latin1').split('\r').slice(1).join('|') ?? ''
    const echo = segments.replaceAll(/[|^~\\&]/g, ' ').slice(0, 900)
    const error = `|${echo}\rERR||PID^1^5|207|E|${echo}|${echo}|${echo}|${echo}`
    socket.write(ack(id, ['AE', 'AR', 'CR'][nth % 3], error))
  })
  const ports = { feed, odd, http, registry: registry.port }
  const place = await makeProject(files(ports, { chart: chart.base, collector: collector.url }))
  const at = ['--project', place.project, '--data', place.data]
  const seen: { readonly what: string; readonly text: string }[] = []
  const see = (what: string, text: string) => void seen.push({ what, text })
  const say = async (...words: readonly string[]) => {
    const { stdout, stderr, code } = await firth([...words, ...at])
    see(`firth ${words.join(' ')}`, `${stdout}\n${stderr}`)
    return { stdout, stderr, code }
  }
  let engine: Running | undefined
  try {
    engine = await startFirth({ ...place, listeners: 2, args: ['--log-level', 'debug'] })
    const send = async (...messages: readonly Buffer[]) =>
      void (await sendAll(messages, { port: feed }))
    const until = async (what: string, holds: () => Promise<boolean>) => {
      const end_ms = Date.now() + PATIENCE_MS
      while (!(await holds())) {
        if (Date.now() > end_ms)
          console.log(what, JSON.stringify(await status()), engine?.stderr().slice(-3000))
        assert.ok(Date.now() < end_ms, what)
        await delay(250)
      }
    }
    const status = async () =>
      (await askControl(place.data, { command: 'status', args: {} })) as {
        groups: { waiting: number }[]
        writes: { target: string; state: string; count: number }[]
        dead: Record<string, number>
      }
    const inState = async (target: string, state: string) =>
      (await status()).writes.find(row => row.target === target && row.state === state)?.count ?? 0

    // What goes well, first and last of all.
    await send(canary({ type: 'ADT^A01', control_id: 'WELL1', patient: 'a' }))
    await until('the chart has shown it', async () => (await inState('chart', 'surfaced')) > 0)
    await send(canary({ type: 'ORU^R01', control_id: 'WELL2', patient: 'a' }))

    // What cannot be a message at all, or is not this one.
    const garbage = `${MARK}garbage PID|1||${MARK}`
    for (const bytes of [
      Buffer.from(garbage),
      Buffer.from(`MSH|${garbage}`),
      Buffer.from(`MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|\r${garbage}`),
      Buffer.concat([
        canary({ type: 'ADT^A08', control_id: 'LARGE', patient: 'b' }),
        Buffer.from(`NTE|1|L|${MARK.repeat(30_000)}\r`),
      ]),
    ])
      await sendBytes(bytes, { port: feed })

    // What the base can only half read: a token where a code, a number or a time should stand.
    await send(
      canary({ type: 'ADT^A01', control_id: 'WILD1', patient: 'c', wild: true }),
      canary({ type: 'ORU^R01', control_id: 'WILD2', patient: 'c', wild: true }),
    )
    // Mappings of a tenant that show what they should not.
    const facilities = ['LOGS', 'THROWS', 'THROWS_TEXT', 'THROWS_NAMED', 'INVALID', 'LOOPS']
    for (const facility of facilities) {
      const facts = { type: 'ADT^A08', control_id: `ODD${facility}`, patient: 'd' } as const
      await sendAll([canary({ ...facts, facility })], { port: odd })
    }
    // Far ends that repeat what they are sent.
    for (const temper of ['outcome', 'conflict', 'refuses', 'html'] as const) {
      const before = chart.writes
      chart.become(temper)
      await send(canary({ type: 'ADT^A01', control_id: `E${temper}`, patient: `e${temper}` }))
      await until(`the chart has answered ${temper}`, async () => chart.writes > before)
    }
    await until('a write is dead', async () => (await inState('chart', 'dead')) > 0)
    chart.become('well')
    await until('the registry has been asked', async () => registry.ids.length > 3)
    await until('what the mapping did is dead', async () => ((await status()).dead.harbor ?? 0) > 6)

    // A death, and what is said after it.
    await engine.kill()
    see('standard output', engine.stdout())
    see('standard error', engine.stderr())
    engine = await startFirth({ ...place, listeners: 2, args: ['--log-level', 'debug'] })
    await until('all is mapped', async () =>
      (await status()).groups.every(({ waiting }) => waiting === 0),
    )
    for (const command of ['status', 'queue', 'people', 'search', 'audit', 'dance']) {
      const answer = await askControl(place.data, { command, args: { ask: 'list' } }).catch(
        (cause: unknown) => ({ cause: String(cause), ...(cause as object) }),
      )
      see(`control socket: ${command}`, JSON.stringify(answer))
    }
    for (const { code, stderr } of await Promise.all(COMMANDS.map(words => say(...words)))) {
      assert.notEqual(code, 2, stderr)
    }
    for (const path of ['/metrics', '/readyz', '/healthz', `/${MARK}`]) {
      see(path, await (await fetch(`http://127.0.0.1:${http}${path}`)).text())
    }
    await engine.stop()
    see('standard output', engine.stdout())
    see('standard error', engine.stderr())
    see('traces', collector.text())
    see('addresses and headers at the far end', chart.asked())
    see('names of files', (await readdir(place.data, { recursive: true })).join('\n'))

    const found = seen.flatMap(({ what, text }) =>
      canariesIn(text).map(canaryFound => `${what}: ${canaryFound}`),
    )
    assert.deepEqual(found.slice(0, 20), [])
    // And the ways were gone: what was searched is what it was meant to be.
    const all = seen.map(({ text }) => text).join('\n')
    for (const word of [
      ...[
        'mapping_failed',
        'event_invalid',
        'mapping_timeout',
        'frame_not_hl7',
        'write dead-lettered',
      ],
      ...['input refused', 'firth_station_seconds_bucket', 'firth deliver', 'WELL1'],
    ])
      assert.ok(all.includes(word), `${word} was never said`)
    assert.ok(canariesIn(segments).length > 20, 'the tokens reached the far end')
  } finally {
    await engine?.kill()
    await Promise.all([chart.close(), collector.close(), registry.close(), medplum.stop()])
    await place.remove()
  }
})

test('a canary is found in every shape that it could be shown in', () => {
  for (const text of [
    'name=CNRYaPID5',
    'q=cnryapid5',
    Buffer.from('CNRYaPID5').toString('hex'),
    Buffer.from('CNRYaPID5').toString('base64'),
    'birthDate 1937-11-13',
  ])
    assert.equal(canariesIn(text).length, 1, text)
  assert.deepEqual(canariesIn('nothing of a patient'), [])
  for (const name of ['PID', 'PV1', 'NK1', 'IN1', 'ZPI', 'GT1']) {
    const text = canary({ type: 'ADT^A01', control_id: 'C', patient: 'p' }).toString()
    assert.ok(text.includes(`${MARK}p${name}`), name)
  }
})
