// From a folder of samples to a channel that is checked and tested, as an analyst does it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, titled } from '../../src/operate/new_project.ts'
import { firth } from '../harness/engine.ts'

const root = mkdtempSync(join(tmpdir(), 'firth-new-'))
after(() => rmSync(root, { recursive: true, force: true }))
const project = join(root, 'hospital')
const samples = join(root, 'samples')
const read = (name: string) => readFileSync(join(project, name), 'utf8')

const adt = (n: number, event = 'A01') =>
  [
    `MSH|^~\\&|HIS|RIV^2.999.7^ISO|FIRTH|FIRTH|2026030110${10 + n}||ADT^${event}^ADT_A01|C${n}|P|2.3||||||8859/1`,
    `EVN|${event}|2026030110${10 + n}`,
    `PID|1||M77${n}^^^RIV^MR~9${n}^^^CARD^PI||S\xf8ndergaard${n}^Persephone||19671204|F|||12 Wisteria Lane^^Gloucester^WA^98765`,
    `PV1|1|W|3W^301^A||||||||||||||||V${n}^^^RIV^VN`,
    `ZPI|1|BADGE${n}|Y`,
  ].join('\r')

const oru = [
  'MSH|^~\\&|LAB|RIV|FIRTH|FIRTH|20260301101500||ORU^R01|C9|P|2.3',
  'PID|1||M771^^^RIV^MR||Featherstone^Persephone||19671204|F',
  'OBR|1||R1^LAB|CBC^Blood count^L|||202603011000|||||||||||||||||||F',
  'OBX|1|NM|GLUC^Glucose^L||5.4|mmol/L|||||F',
].join('\r')

mkdirSync(join(samples, 'more'), { recursive: true })
for (const n of [1, 2, 3]) writeFileSync(join(samples, `a${n}.hl7`), Buffer.from(adt(n), 'latin1'))
writeFileSync(join(samples, 'more/oru.txt'), oru)
writeFileSync(join(samples, 'more/order.hl7'), oru.replace('ORU^R01', 'ORM^O01'))
writeFileSync(join(samples, 'notes.txt'), 'Ask Bob about the port.')

const make = (...words: string[]) => firth(['new', ...words], { cwd: root })

test('makes a project with the schemas that editors complete from', async () => {
  const { code, stdout, stderr } = await make('project', 'hospital')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /made channels\/channel.schema.json/)
  assert.equal(JSON.parse(read('channels/test.schema.json')).type, 'object')
  assert.equal((await make('project', 'hospital')).code, 2)
})

test('makes a channel of samples that passes check and test at once', async () => {
  const words = ['--project', 'hospital', '--tenant', 'riverside', '--name', 'adt_in']
  const zone = ['--time-zone', 'America/Chicago', '--samples', 'samples']
  const { code, stdout, stderr } = await make('channel', ...words, ...zone)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /types +ADT\^A01 \(3\), ORU\^R01 \(1\)/)
  assert.match(stdout, /not mapped +ORM\^O01 \(1\)/)
  assert.match(stdout, /own segments +ZPI \(3\)/)
  assert.match(stdout, /not read +notes.txt/)
  const tested = await firth(['test', '--project', project])
  assert.equal(tested.code, 0, tested.stdout + tested.stderr)
  assert.match(tested.stdout, /riverside\/adt_in: \d of \d ok/)
})

test('proposes what the samples tell: types, authorities, character set, own segments, codes', () => {
  const channel = read('channels/riverside/adt_in.yaml')
  assert.match(channel, /- ADT\^A01 # 3\n +- ORU\^R01 # 1/)
  assert.match(channel, /Left out, since no mapping knows them: ORM\^O01 \(1\)/)
  assert.match(channel, /feeds .*HIS\|RIV\^2.999.7\^ISO \(3\)/)
  assert.match(channel, /transform: riverside\/adt_in/)
  const tenant = read('channels/riverside/tenant.yaml')
  assert.match(tenant, /time_zone: America\/Chicago/)
  assert.match(tenant, /RIV: urn:oid:2.999.7/)
  assert.match(tenant, /CARD: urn:id:CARD/)
  const mapping = read('transforms/riverside/adt_in.ts')
  assert.match(mapping, /'ZPI-2': 'urn:id:riverside:zpi-2', \/\/ valued in 3 of 3/)
  assert.match(mapping, /patientClass: codes\('.\/patient_class.csv'\)/)
  assert.match(read('transforms/riverside/patient_class.csv'), /^W,\?,,,3 times in the samples/m)
  assert.match(read('transforms/riverside/observation.csv'), /^GLUC,\?,,Glucose,once/m)
})

test('no patient of the samples is in what it writes', () => {
  const files = ['channels/riverside/adt_in.test.yaml', 'channels/riverside/adt_in.yaml']
  for (const file of [
    ...files,
    'channels/riverside/tenant.yaml',
    'transforms/riverside/adt_in.ts',
  ]) {
    for (const word of [
      'Persephone',
      'ndergaard',
      'Featherstone',
      'Wisteria',
      'M771',
      'BADGE1',
      '19671204',
    ]) {
      assert.equal(read(file).includes(word), false, `${word} in ${file}`)
    }
  }
})

test('never overwrites, and says what stands there', async () => {
  const before = read('channels/riverside/adt_in.yaml')
  const words = ['--project', 'hospital', '--tenant', 'riverside', '--name', 'adt_in']
  const { code, stderr } = await make('channel', ...words, '--samples', 'samples')
  assert.equal(code, 2)
  assert.match(stderr, /nothing is overwritten: channels\/riverside\/adt_in.yaml/)
  assert.equal(read('channels/riverside/adt_in.yaml'), before)
})

test('makes a channel without samples, beside the others and on another port', async () => {
  const words = ['--project', 'hospital', '--tenant', 'riverside', '--name', 'more_in']
  const { code, stderr } = await make('channel', ...words)
  assert.equal(code, 0, stderr)
  const port = (name: string) => /port: (\d+)/.exec(read(`channels/riverside/${name}.yaml`))?.[1]
  assert.notEqual(port('more_in'), port('adt_in'))
  assert.equal((await firth(['test', '--project', project])).code, 0)
})

test('makes a tenant and a mapping alone', async () => {
  const tenant = await make('tenant', 'north_clinic', '--project', 'hospital')
  assert.equal(tenant.code, 0, tenant.stderr)
  assert.match(read('channels/north_clinic/tenant.yaml'), /name: "North Clinic"/)
  const words = ['--project', 'hospital', '--tenant', 'riverside', '--name', 'lab']
  const made = await make('transform', ...words, '--samples', 'samples')
  assert.equal(made.code, 0, made.stderr)
  assert.ok(existsSync(join(project, 'transforms/riverside/lab_patient_class.csv')))
})

test('says what is wrong with the command line', async () => {
  assert.equal((await make('tenant', 'North Clinic', '--project', 'hospital')).code, 2)
  assert.equal((await make('tenant', 'base', '--project', 'hospital')).code, 2)
  assert.equal((await make('tenant', 'x', '--project', 'nowhere')).code, 2)
  const words = ['--project', 'hospital', '--tenant', 'a', '--name', 'b', '--samples', 'none']
  const { code, stderr } = await make('channel', ...words)
  assert.equal(code, 2)
  assert.match(stderr, /no sample in none/)
})

test('proposes a port that nobody listens on', async () => {
  const port = await freePort(undefined)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  assert.notEqual(await freePort(undefined), port)
  server.close()
})

test('writes a name as people do', () => {
  assert.equal(titled('riverside_general'), 'Riverside General')
})
