// No message stops the engine (design: G9): the real process dies whenever a certain record is in
// hand, at each station in turn, and is started again as a service manager would. The record ends
// as a dead letter, said aloud; everything else goes through.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  firth,
  freePorts,
  makeProject,
  type Project,
  type Running,
  startFirth,
} from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const hospital = (port: number, fhir: string): Promise<Project> =>
  makeProject({
    'channels/harbor/tenant.yaml': [
      'tenant: harbor',
      'name: Harbor',
      'time_zone: America/Los_Angeles',
      'environment: test',
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1", LAB: "urn:oid:2.999.2", HIS: "urn:oid:2.999.3" }',
      'targets:',
      '  chart:',
      '    fhir_r4:',
      `      base_url: ${fhir}`,
      '',
    ].join('\n'),
    'channels/harbor/feed.yaml': [
      'channel: feed',
      'tenant: harbor',
      'about: Everything of the harbor.',
      'source:',
      '  mllp:',
      `    port: ${port}`,
      'transform: base',
      'routes:',
      '  - name: chart',
      '    to: chart',
      '    write: { resource: Patient, operation: update }',
      '',
    ].join('\n'),
  })

const POISON = 4
const MESSAGES = 8

/** One admission of each patient, and only the patient is written: one message is one write. */
const messages = Array.from({ length: MESSAGES }, (_, n) =>
  adt('A01', {
    control_id: `C${n}`,
    patient: n,
    visit: n,
    at: '20260105080000+0000',
    revision: 1,
  }),
)

interface Letter {
  readonly code: string
  readonly stage: string
  readonly facts: { readonly deaths?: number }
}

async function lettersOf({ project, data }: Project): Promise<readonly Letter[]> {
  const { stdout } = await firth(['dead', 'list', '--json', '--project', project, '--data', data])
  return stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Letter)
}

async function patientsAt(fhir: string): Promise<number> {
  const answer = await fetch(`${fhir}/Patient?_count=100`)
  const bundle = (await answer.json()) as { entry?: unknown[] }
  return bundle.entry?.length ?? 0
}

/**
 * Starts it again when it has died, until all of the record is set aside, all else is there and it
 * ends by itself.
 */
async function restarted(
  project: Project,
  options: { readonly failpoint: string; readonly begun: Running; through(): Promise<boolean> },
): Promise<{ readonly deaths: number; readonly last: Running }> {
  let running: Running | undefined = options.begun
  let deaths = 0
  const end_ms = Date.now() + 240_000
  while (Date.now() < end_ms) {
    const lives = running && Promise.race([running.ended, delay(500, LIVES, { ref: false })])
    if (running !== undefined && (await lives) === LIVES) {
      const isSaid = /set aside|dead-lettered/.test(running.stderr())
      const isThrough = isSaid && (await options.through())
      if (!isThrough) continue
      // Another write of the same patient may still end it.
      if ((await running.stop()) === 0) return { deaths, last: running }
    }
    deaths += 1
    assert.ok(deaths < 24, 'it dies again and again')
    const env = { FIRTH_FAILPOINT: options.failpoint }
    running = await startFirth({ ...project, env }).catch(died)
  }
  assert.fail(`it did not come through: ${running?.stderr()}`)
}

const LIVES = 'lives'

/** It may die before its listener is ready. */
function died(cause: unknown): undefined {
  assert.match(String(cause), /ended with SIGKILL/)
}

const CASES = [
  { station: 'transform', failpoint: `transform.record@C${POISON}`, stage: 'transform' },
  { station: 'route', failpoint: 'route.record', stage: 'route' },
  { station: 'govern', failpoint: 'govern.record', stage: 'deliver' },
  { station: 'deliver', failpoint: 'deliver.row', stage: 'deliver' },
] as const

for (const { station, failpoint, stage } of CASES) {
  test(`a record that kills the process at ${station} is set aside; all others go through`, async () => {
    const [port = 0] = await freePorts(1)
    const peer = await startMedplumProcess()
    const project = await hospital(port, peer.base)
    let last: Running | undefined
    try {
      const key = failpoint.includes('@') ? failpoint : `${failpoint}@${keyOf(POISON)}`
      const begun = await startFirth({ ...project, env: { FIRTH_FAILPOINT: key } })
      last = begun
      const sending = sendAll(messages, { port, pause_ms: 20 })
      const through = async () => (await patientsAt(peer.base)) === MESSAGES - 1
      const done = await restarted(project, { failpoint: key, begun, through })
      last = done.last
      await sending
      assert.ok(done.deaths >= 3, `${done.deaths} deaths`)
      const letters = await lettersOf(project)
      const poison = letters.filter(({ code }) => code === 'record_crashes')
      assert.ok(poison.length > 0, JSON.stringify(letters))
      for (const letter of poison) assert.equal(letter.stage, stage)
    } finally {
      await last?.kill()
      await peer.stop()
      await project.remove()
    }
  })
}

/** The lane of a patient of `adt`. */
function keyOf(n: number): string {
  const [, mrn = ''] =
    /\rPID\|[^|]*\|[^|]*\|([^^]+)\^/.exec(messages[n]?.toString('latin1') ?? '') ?? []
  return `urn:oid:2.999.1|${mrn}`
}
