// The tests of a project, run as the path would run their messages.
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { firth, makeProject } from '../harness/engine.ts'

const TENANT = `tenant: harbor
time_zone: America/New_York
assigning_authorities: { HARBOR: "urn:oid:2.16.840.1.113883.19.5" }
targets:
  chart:
    fhir_r4: { base_url: "http://127.0.0.1:1/fhir" }
`

const channel = (name: string, port: number) => `channel: ${name}
tenant: harbor
about: Admissions of a test.
source:
  mllp: { port: ${port} }
accept:
  messages: [ADT^A01, ADT^A99]
transform: base
routes:
  - { name: chart, to: chart }
`

const MESSAGE = `MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000+0000||ADT^A01^ADT_A01|A1|P|2.5.1
EVN|A01|20260105080000+0000
PID|1||M000014^^^HARBOR^MR||Elm^Bo^Q||19440315|F
PV1|1|I|3W^301^A||||||||||||||||V0700000^^^HARBOR^VN
`

const indented = (text: string) => text.replace(/^/gm, '      ').trimEnd()

const TESTS = `tests:
  # An ordinary morning.
  - name: admits an inpatient
    message: |
${indented(MESSAGE)}
    expect:
      ack: AA
      fate: mapped
      events:
        - kind: patient.admitted
          patient.value: M000014
          Encounter.class.code: IMP
      intents:
        - { target: chart, resource: Patient, operation: update }
  - name: knows no A99
    message: |
${indented(MESSAGE.replaceAll('A01', 'A99'))}
    expect:
      dead: message_type_unmapped
  - name: lets no result in
    message: |
${indented(MESSAGE.replaceAll('ADT^A01^ADT_A01', 'ORU^R01'))}
    expect:
      fate: filtered
  - name: refuses what is no HL7
    message: hello
    expect:
      ack: AR
      dead: frame_not_hl7
`

const made = await makeProject({
  'channels/harbor/tenant.yaml': TENANT,
  'channels/harbor/adt_in.yaml': channel('adt_in', 2575),
  'channels/harbor/adt_in.test.yaml': TESTS,
  'channels/harbor/other_in.yaml': channel('other_in', 2576),
  'transforms/harbor/adt.ts': "// The tenant's own.\nexport { adt as default } from '#base'\n",
  'transforms/harbor/adt.cases/01_happy.hl7': MESSAGE.replaceAll('\n', '\r'),
})
after(() => made.remove())
const run = (...words: string[]) => firth(['test', '--project', made.project, ...words])
const read = (name: string) => readFileSync(join(made.project, name), 'utf8')

test('passes what came as expected, and names what has no test or no golden file yet', async () => {
  const { code, stdout } = await run()
  assert.equal(code, 1)
  assert.match(stdout, /harbor\/adt_in: 4 of 4 ok/)
  assert.match(stdout, /harbor\/adt\.cases: 1 of 1 failed/)
  assert.match(stdout, /harbor\/other_in: has no test/)
  assert.match(stdout, /4 passed, 1 failed/)
})

test('writes a golden file when told to, and passes from then on', async () => {
  const updated = await run('--update', '--yes')
  assert.equal(updated.code, 0)
  assert.match(read('transforms/harbor/adt.cases/01_happy.json'), /"kind": "patient.admitted"/)
  assert.equal((await run()).code, 0)
})

test('shows what was expected, what was, and the line; changes nothing without consent', async () => {
  const wrong = TESTS.replace('Encounter.class.code: IMP', 'Encounter.class.code: AMB')
  const other = await makeProject({
    'channels/harbor/tenant.yaml': TENANT,
    'channels/harbor/adt_in.yaml': channel('adt_in', 2575),
    'channels/harbor/adt_in.test.yaml': wrong,
  })
  const at = ['test', '--project', other.project]
  const { code, stdout } = await firth([...at, 'ADMITS'])
  assert.equal(code, 1)
  const line = wrong.split('\n').findIndex(text => text.includes('AMB')) + 1
  assert.match(stdout, new RegExp(`adt_in.test.yaml:${line} events\\[0\\] Encounter.class.code`))
  assert.match(stdout, /- expected AMB\n +\+ was +IMP/)
  assert.match(stdout, /0 passed, 1 failed, 3 left out/)
  const file = join(other.project, 'channels/harbor/adt_in.test.yaml')
  const asked = await firth([...at, '--update'])
  assert.match(asked.stderr, /- +Encounter.class.code: AMB\n\+ +Encounter.class.code: IMP/)
  assert.equal(asked.code, 1)
  assert.equal(readFileSync(file, 'utf8'), wrong)
  assert.equal((await firth([...at, '--update', '--yes'])).code, 0)
  assert.equal(readFileSync(file, 'utf8'), TESTS)
  await other.remove()
})

test('a golden case whose mapping is not there fails and says so', async () => {
  const other = await makeProject({
    'channels/harbor/tenant.yaml': TENANT,
    'channels/harbor/adt_in.yaml': channel('adt_in', 2575),
    'transforms/harbor/old.cases/01_happy.hl7': MESSAGE.replaceAll('\n', '\r'),
  })
  after(() => other.remove())
  const { code, stdout } = await firth(['test', '--project', other.project])
  assert.equal(code, 1)
  assert.match(stdout, /harbor\/old\.cases: 1 of 1 failed/)
  assert.match(stdout, /expected transforms\/harbor\/old\.ts\n.*was +no such file/)
})

test('prints JSON for programs', async () => {
  const { stdout } = await run('--json', '--channel', 'adt_in')
  const { passed, failed, results } = JSON.parse(stdout)
  assert.deepEqual([passed, failed, results.length], [4, 0, 4])
  assert.equal(results[0].mismatches.length, 0)
})

test('a test file with errors is a finding by line, and the exit code says configuration', async () => {
  const other = await makeProject({
    'channels/harbor/tenant.yaml': TENANT,
    'channels/harbor/adt_in.yaml': channel('adt_in', 2575),
    'channels/harbor/adt_in.test.yaml': 'tests:\n  - nam: x\n',
  })
  const { code, stderr } = await firth(['test', '--project', other.project])
  assert.equal(code, 3)
  assert.match(stderr, /adt_in.test.yaml:2:5 error unknown_key/)
  rmSync(other.project, { recursive: true, force: true })
  await other.remove()
})

test('a tenant or channel that is not there is a mistake of the command line', async () => {
  assert.equal((await run('--tenant', 'nobody')).code, 2)
  assert.equal((await run('--channel', 'nothing')).code, 2)
  assert.equal((await run('--watch', '--json')).code, 2)
})
