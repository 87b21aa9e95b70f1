// One message through every station, as an analyst sees it.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { conditionOf } from '../../src/channel/conditions.ts'
import { acceptance, type Tried } from '../../src/operate/try.ts'
import { firth, makeProject } from '../harness/engine.ts'

const TENANT = `tenant: harbor
time_zone: America/New_York
assigning_authorities: { HARBOR: "urn:oid:2.16.840.1.113883.19.5" }
targets:
  chart:
    fhir_r4: { base_url: "http://127.0.0.1:1/fhir" }
  registry:
    fhir_r4: { base_url: "http://127.0.0.1:2/fhir" }
    policy: careful
policies:
  careful: { demographics: two_approvers }
`

const channel = (name: string, port: number, accept: string) => `channel: ${name}
tenant: harbor
about: Admissions of a test.
source:
  mllp: { port: ${port} }
accept:
${accept}
transform: base
routes:
  - { name: chart, to: chart }
  - { name: departures, to: chart, when: event = patient.discharged }
  - { name: registry, to: registry, write: { resource: Patient } }
`

const MESSAGE = `MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000+0000||ADT^A01^ADT_A01|A1|P|2.5.1
EVN|A01|20260105080000+0000
PID|1||M000014^^^HARBOR^MR||Elm^Bo^Q||19440315|F
PV1|1|I|3W^301^A||||||||||||||||V0700000^^^HARBOR^VN
`

const made = await makeProject({
  'channels/harbor/tenant.yaml': TENANT,
  'channels/harbor/adt_in.yaml': channel('adt_in', 2575, '  messages: [ADT^A01, ADT^A03]'),
  'channels/harbor/old_in.yaml': channel('old_in', 2576, '  when: MSH-4 = "OLD"'),
  'a01.hl7': MESSAGE,
  'oru.hl7': MESSAGE.replace('ADT^A01^ADT_A01', 'ORU^R01'),
  'dead.hl7': MESSAGE.replace('ADT^A01^ADT_A01', 'ADT^A03')
    .replace('PID|', 'PIX|')
    .replace('PV1|', 'PX1|'),
})
after(() => made.remove())
const tryFile = (file: string, ...words: string[]) =>
  firth(['try', join(made.project, file), '--project', made.project, ...words])
const json = async (file: string, ...words: string[]) =>
  JSON.parse((await tryFile(file, '--json', ...words)).stdout) as Tried

test('shows every station in its order, and that nothing was sent', async () => {
  const { code, stdout, stderr } = await tryFile('a01.hl7')
  assert.equal(stderr.includes('error'), false, stderr)
  assert.equal(code, 0)
  const stations = ['1 receive', '2 append', '3 transform', '4 canonical', '5 route', '6 govern']
  const places = [...stations, '7 deliver', 'Nothing was stored'].map(word => stdout.indexOf(word))
  assert.ok(
    places.every((place, i) => place > (places[i - 1] ?? -1)),
    stdout,
  )
})

test('picks the only channel that lets the message in', async () => {
  const tried = await json('a01.hl7')
  assert.equal(tried.channel, 'adt_in')
  assert.equal(tried.ack.code, 'AA')
  assert.equal(tried.accept.accepted, true)
})

test('asks for the channel by name where none or several let it in', async () => {
  const { code, stderr } = await tryFile('oru.hl7')
  assert.equal(code, 2)
  assert.match(stderr, /No channel lets it in.*harbor\/adt_in, harbor\/old_in/)
  assert.equal((await tryFile('a01.hl7', '--channel', 'none')).code, 2)
})

test('says why a message is filtered', async () => {
  const byType = await json('oru.hl7', '--channel', 'adt_in')
  assert.equal(byType.fate, 'filtered')
  assert.match(byType.accept.why, /ORU\^R01 is not in accept.messages/)
  const byWhen = await json('a01.hl7', '--channel', 'old_in')
  assert.match(byWhen.accept.why, /accept.when does not hold: MSH-4 = OLD \(MSH-4 is HARBOR\)/)
})

test('reads a message for accept.when in the character set of its channel', () => {
  const bytes = Buffer.from('MSH|^~\\&|H|H|F|F|2026||ADT^A01|1|P|2.3\rPID|1||1||Müller', 'latin1')
  const accept = { messages: undefined, when: conditionOf('PID-5.1 = "Müller"', 'message') }
  assert.equal(acceptance({ accept, charset: 'windows-1252' }, bytes).accepted, true)
  assert.equal(acceptance({ accept, charset: 'UTF-8' }, bytes).accepted, false)
})

test('says of each route whether it takes the event and why not, with what stood there', async () => {
  const { events } = await json('a01.hl7')
  const [chart, departures, registry] = events[0]?.routes ?? []
  assert.equal(chart?.decision, 'taken')
  assert.equal(departures?.decision, 'when_false')
  assert.deepEqual(departures?.saw, { event: ['patient.admitted'] })
  assert.deepEqual(
    registry?.writes.map(write => write.resource),
    ['Patient'],
  )
})

test("shows govern's word and the adapter's first call as data", async () => {
  const { events } = await json('a01.hl7')
  const [chart, , registry] = events[0]?.routes ?? []
  const patient = chart?.writes.find(write => write.resource === 'Patient')
  assert.equal(patient?.state, 'accepted')
  assert.equal(patient?.risk, 'demographics')
  assert.ok(patient?.first !== undefined && 'call' in patient.first)
  assert.match(patient.first.call.kind === 'http' ? patient.first.call.path : '', /^Patient/)
  assert.equal(registry?.writes[0]?.state, 'awaiting_approval')
  assert.equal(registry?.writes[0]?.approval, 'two_approvers')
})

test('a message that would be a dead letter says so and ends with 1', async () => {
  writeFileSync(join(made.project, 'no.hl7'), 'hello')
  const refused = await tryFile('no.hl7', '--channel', 'adt_in')
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /frame_not_hl7/)
  const { code, stdout } = await tryFile('dead.hl7', '--channel', 'adt_in')
  assert.equal(code, 1)
  assert.match(stdout, /dead letter +segment_missing/)
})

test('a file that is not there is a mistake of the command line', async () => {
  assert.equal((await tryFile('missing.hl7')).code, 2)
  assert.equal((await firth(['try', '--project', made.project])).code, 2)
})
