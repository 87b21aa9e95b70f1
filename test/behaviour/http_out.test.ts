// HTTP targets of the real process, which is killed in between: a desk that knows notices by their
// key, a register of contacts that is searched and updated. Both drop connections before and after
// the work. Their own records are the witness: each thing stands there once, in its last state.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  firth,
  freePorts,
  makeProject,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt, mrnOf } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { type Mood, Tickets } from '../peers/tickets.ts'

const PATIENTS = 3
const MESSAGES = 18

const tenant = (desk: Tickets, register: Tickets) => `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
environment: test
assigning_authorities: { HARBOR: "urn:oid:2.999.1" }
targets:
  desk:
    http:
      base_url: ${desk.base}
      idempotency_key: Idempotency-Key
      request:
        path: /tickets
        body:
          external_id: "{intent_id}"
          title: '{control_id}: {event} of {visit.value} at {occurred_at | date("HH:mm:ss")}'
      outcomes:
        - { when: body.success = false, outcome: fix }
  register:
    http:
      base_url: ${register.base}
      takes: resource
      request:
        path: /tickets
        body:
          external_id: "{Patient.identifier[0].value}"
          title: "{Patient.address[0].line[0]}"
      id: body.id
      update:
        path: /tickets/{target_id}
        body: { title: "{Patient.address[0].line[0]}" }
      find:
        path: /tickets?external_id={Patient.identifier[0].value}
        patient_in_url: true
        items: body.results
        where: { external_id: "{Patient.identifier[0].value}" }
        id: id
      verify:
        path: /tickets/{target_id}
        expect: { title: "{Patient.address[0].line[0]}" }
    on_unknown: verify
`

const channel = (port: number) => `channel: feed
tenant: harbor
about: Everything of the harbor.
source:
  mllp:
    port: ${port}
transform: base
routes:
  - { name: desk, to: desk }
  - { name: register, to: register, write: { resource: Patient } }
on_failure:
  retry: { backoff: 50ms..500ms, for: 1h }
`

/** Of each patient in turn, each with another street. */
const messages = Array.from({ length: MESSAGES }, (_, n) =>
  adt(n < PATIENTS ? 'A01' : 'A08', {
    control_id: `C${n}`,
    patient: n % PATIENTS,
    visit: n % PATIENTS,
    at: `202601050800${String(n).padStart(2, '0')}+0000`,
    revision: n,
  }),
)

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 180_000
  while (!(await is())) {
    if (Date.now() > end) assert.fail(`it never came to this: ${what}`)
    await delay(100)
  }
}

const some: readonly Mood[] = ['drops_after', 'well', 'drops_before', 'well', 'garbled']

test('what goes out over HTTP survives deaths of the process and of calls, once each', async t => {
  const [port = 0] = await freePorts(1)
  const desk = await Tickets.open({ knows_keys: true })
  const register = await Tickets.open({ knows_keys: false })
  const project = await makeProject({
    'channels/harbor/tenant.yaml': tenant(desk, register),
    'channels/harbor/feed.yaml': channel(port),
  })
  const running: Running[] = [await startFirth(project)]
  t.after(async () => {
    await running.at(-1)?.stop()
    await Promise.all([desk.close(), register.close()])
    await project.remove()
  })
  desk.moods = ['says_no', ...some]
  register.moods = [...some]
  await sendAll(messages.slice(0, 6), { port })
  await running[0]?.kill()
  running.push(await startFirth(project))
  await sendAll(messages.slice(6, 12), { port })
  await running[1]?.kill()
  running.push(await startFirth(project))
  await sendAll(messages.slice(12), { port })
  // The first notice was refused for good.
  await until('every notice is at the desk', () => desk.held.length >= MESSAGES - 1)
  await until('nothing is under way', async () => {
    const { stdout } = await firth(['status', '--data', project.data, '--json'])
    return !/"(in_flight|unknown|accepted)":\s*[1-9]/.test(stdout)
  })
  const notices = desk.held.map(({ title }) => title.split(':')[0])
  assert.equal(new Set(notices).size, MESSAGES - 1)
  assert.equal(notices.length, MESSAGES - 1)
  const streets = register.held.map(one => [one.external_id, one.title])
  const last = Array.from({ length: PATIENTS }, (_, n) => {
    return [mrnOf(n), streetOf(messages[MESSAGES - PATIENTS + n])]
  })
  assert.deepEqual(streets.toSorted(), last)
  const dead = await readTopic(project, 'dead.harbor')
  assert.deepEqual(
    dead.map(({ headers }) => headers['dlt.error.code']),
    ['target_refused'],
  )
})

/** PID-11.1, the revision of the message. */
const streetOf = (message: Buffer | undefined) =>
  /\rPID(?:\|[^|\r]*){10}\|([^|^\r]*)/.exec(message?.toString('latin1') ?? '')?.[1]
