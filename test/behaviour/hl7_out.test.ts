// HL7 v2 and files as far ends of the real process, which is killed in between: a receiver that
// takes messages and then drops the connection, answers late, refuses one; a folder. The far ends'
// own records are the witness: nothing is lost, each message is known again by its control id, and
// a patient's messages keep their order.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readMessage } from '../../src/codecs/hl7v2/read.ts'
import {
  firth,
  freePorts,
  makeProject,
  type Project,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt, oru } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { ack, type Receiver, receive } from '../peers/mllp_receivers.ts'

interface Ports {
  readonly feed: number
  readonly lab: number
  readonly copy: number
}

const tenant = ({ lab, copy }: Ports, folder: string) => `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
environment: test
assigning_authorities: { HARBOR: "urn:oid:2.999.1" }
targets:
  lab:
    hl7v2:
      host: 127.0.0.1
      port: ${lab}
      receiving_application: LAB
      set: { PV1-39: HARBOR }
      remove: [PID-13]
  copy:
    hl7v2:
      host: 127.0.0.1
      port: ${copy}
      message: build
      assigning_authorities: { HARBOR: "urn:oid:2.999.1" }
  archive:
    file: { folder: ${folder} }
`

const channel = ({ feed }: Ports) => `channel: feed
tenant: harbor
about: Everything of the harbor.
source:
  mllp:
    port: ${feed}
transform: base
routes:
  - { name: lab, to: lab }
  - { name: copy, to: copy }
  - { name: archive, to: archive }
`

const PATIENTS = 5
const MESSAGES = 24
const REFUSED = 7

/** Of each patient in turn; every fourth message is a result. */
const messages = Array.from({ length: MESSAGES }, (_, n) => {
  const facts = {
    control_id: `C${n}`,
    patient: n % PATIENTS,
    visit: n % PATIENTS,
    at: `202601050800${String(n).padStart(2, '0')}+0000`,
    revision: n,
  }
  return n % 4 === 3
    ? oru({ ...facts, order: `O${n}`, status: 'F', values: [13.5, 4.1] })
    : adt(n < PATIENTS ? 'A01' : 'A08', facts)
})

/** Takes every message; of some the sender never hears, or late. */
const unkind = (port: number) =>
  receive((socket, id, nth) => {
    const sent = contents(socket)
    if (nth === 6 || nth === 17) return void socket.destroy()
    if (sent === REFUSED) return void socket.write(ack(id, 'AE', '\rERR||PID^1^5|101|E'))
    if (nth % 9 === 4) return void setTimeout(() => socket.write(ack(id)), 300)
    socket.write(ack(id))
  }, port)

/** Which message it is, by the second of its MSH-7. */
let contents: (socket: unknown) => number = () => -1

const secondOf = (bytes: Buffer) => Number(readMessage(bytes).text('MSH-7')?.slice(12, 14))

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 180_000
  while (!(await is())) {
    if (Date.now() > end) assert.fail(`it never came to this: ${what}`)
    await delay(100)
  }
}

/** Each message's bytes by its control id, in the order of first arrival; repeats are the same. */
function received({ bytes }: Receiver): readonly Buffer[] {
  const known = new Map<string, Buffer>()
  for (const one of bytes) {
    const id = readMessage(one).text('MSH-10') ?? ''
    const before = known.get(id)
    if (before === undefined) known.set(id, one)
    else assert.deepEqual(one, before, 'a message that is sent again is the same')
  }
  return [...known.values()]
}

/** The numbers of the messages, by patient. */
function byPatient(all: readonly Buffer[]): Readonly<Record<string, readonly number[]>> {
  const groups = Map.groupBy(all, one => readMessage(one).text('PID-3.1') ?? '')
  return Object.fromEntries([...groups].map(([name, of]) => [name, of.map(secondOf)]))
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => !name.startsWith('.'))
}

async function play(project: Project, ports: Ports, folder: string): Promise<void> {
  const lab = await unkind(ports.lab)
  const copy = await receive((socket, id) => void socket.write(ack(id)), ports.copy)
  contents = () => secondOf(lab.bytes.at(-1) ?? Buffer.from(''))
  const running: Running[] = [await startFirth(project)]
  try {
    await sendAll(messages.slice(0, 9), { port: ports.feed })
    await running[0]?.kill()
    running.push(await startFirth(project))
    await sendAll(messages.slice(9, 18), { port: ports.feed })
    await running[1]?.kill()
    running.push(await startFirth(project))
    await sendAll(messages.slice(18), { port: ports.feed })
    await until('everything is at the laboratory', () => received(lab).length >= MESSAGES)
    await until('everything is copied', () => received(copy).length >= MESSAGES)
    await until('everything is filed', async () => (await filesIn(folder)).length >= MESSAGES)
    await until('nothing is under way', async () => {
      const { stdout } = await firth(['status', '--data', project.data, '--json'])
      return !/"(in_flight|unknown|accepted)":\s*[1-9]/.test(stdout)
    })
    assert.deepEqual(byPatient(received(lab)), byPatient(messages))
    assert.deepEqual(byPatient(received(copy)), byPatient(messages))
    await forwardedWell(lab)
  } finally {
    await running.at(-1)?.stop()
    await lab.close()
    await copy.close()
  }
}

/** Byte for byte what came, but for what the target sets and removes. */
async function forwardedWell(lab: Receiver): Promise<void> {
  for (const bytes of received(lab)) {
    const text = bytes.toString('latin1')
    const came = messages[secondOf(bytes)]?.toString('latin1') ?? ''
    const id = readMessage(bytes).text('MSH-10') ?? ''
    const expected = came
      .replace(/\|FIRTH\|FIRTH\|/, '|LAB|FIRTH|')
      .replace(/\|C\d+\|P\|/, `|${id}|P|`)
      .replace(/\|\|555-0\d+\r/, '||\r')
      .replace(/(PV1(?:\|[^|\r]*){38})\|[^|\r]*/, '$1|HARBOR')
    assert.equal(text, expected)
  }
}

test('messages and files survive deaths of both ends, once each and in order', async t => {
  const [feed = 0, lab = 0, copy = 0] = await freePorts(3)
  const ports = { feed, lab, copy }
  const project = await makeProject({ 'channels/harbor/feed.yaml': channel(ports) })
  t.after(() => project.remove())
  const folder = join(project.project, '../spool')
  await mkdir(folder)
  await writeFile(join(project.project, 'channels/harbor/tenant.yaml'), tenant(ports, folder))
  await play(project, ports, folder)
  const kinds = await Promise.all(
    (await filesIn(folder)).map(async name =>
      JSON.parse(await readFile(join(folder, name), 'utf8')),
    ),
  )
  assert.equal(kinds.length, MESSAGES)
  assert.equal(new Set(kinds.map(({ id }) => id)).size, MESSAGES)
  const dead = await readTopic(project, 'dead.harbor')
  assert.deepEqual(
    dead.map(({ headers }) => [headers['dlt.error.code'], headers['dlt.error.path']]),
    [['target_refused', 'PID-5']],
  )
})
