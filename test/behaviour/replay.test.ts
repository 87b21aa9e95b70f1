// Replays against a real FHIR server, whose own log and history are the witness: a corrected
// mapping comes as updates of what is there, and a replay that is killed again and again beside the
// live traffic of the same patients doubles nothing and never puts an old state over a newer one.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  firth,
  freePorts,
  makeProject,
  type Project,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { allOf } from '../harness/world.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const MODULE = 'transforms/harbor/adt.ts'

/** The base mapping with a language of the house, which the first one gets wrong. */
const mapping = (language: string) => `import { adt } from '#base/adt'

export default adt.extend({
  patient(patient) {
    patient.language = '${language}'
  },
})
`

const hospital = (port: number, fhir: string): Promise<Project> =>
  makeProject({
    'channels/harbor/tenant.yaml': [
      'tenant: harbor',
      'name: Harbor',
      'time_zone: America/Los_Angeles',
      'environment: test',
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1" }',
      'targets:',
      '  chart:',
      `    fhir_r4: { base_url: "${fhir}" }`,
      '',
    ].join('\n'),
    'channels/harbor/feed.yaml': [
      'channel: feed',
      'tenant: harbor',
      'about: Everything of the harbor.',
      `source: { mllp: { port: ${port} } }`,
      'transform: harbor/adt',
      'routes: [{ name: chart, to: chart }]',
      '',
    ].join('\n'),
    [MODULE]: mapping('xx'),
  })

const PATIENTS = 5

const message = (n: number) =>
  adt(n < PATIENTS ? 'A01' : 'A08', {
    control_id: `C${n}`,
    patient: n % PATIENTS,
    visit: n % PATIENTS,
    at: '20260105080000+0000',
    revision: n,
  })

const messages = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => message(from + i))

const run = async ({ data }: Project, ...words: readonly string[]) => {
  const done = await firth([...words, '--data', data])
  assert.equal(done.code, 0, `${words.join(' ')}: ${done.stderr}${done.stdout}`)
  return done.stdout
}

async function deploy(project: Project, language: string): Promise<void> {
  await writeFile(join(project.project, MODULE), mapping(language))
  await run(project, 'deploy', '--project', project.project)
}

interface Held {
  readonly id: string
  readonly language: string
  readonly revision: number
}

async function patients(fhir: string): Promise<readonly Held[]> {
  return (await allOf(fhir, 'Patient')).map(heldOf)
}

const heldOf = (resource: Record<string, unknown>): Held => ({
  id: String(resource.id),
  language: String(resource.language),
  revision: Number.parseInt((resource.address as { line: string[] }[])[0]?.line[0] ?? '', 10),
})

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  const end_ms = Date.now() + 300_000
  while (!(await is())) {
    assert.ok(Date.now() < end_ms, `it never came to this: ${what}`)
    await delay(300)
  }
}

/** Every patient is there once, in this language and the state of its last message. */
const become = (fhir: string, language: string, count: number) =>
  until(`${PATIENTS} patients in ${language}, after ${count} messages`, async () => {
    const found = await patients(fhir)
    const revisions = found.map(({ revision }) => revision).sort((a, b) => a - b)
    const last = Array.from({ length: PATIENTS }, (_, i) => count - PATIENTS + i)
    const right = found.every(one => one.language === language)
    return right && JSON.stringify(revisions) === JSON.stringify(last)
  })

const SPAN = ['replay', '--topic', 'raw.harbor.feed', '--from', '0', '--to-target', 'chart']

const done = (project: Project, name: string) =>
  until(`${name} is done`, async () =>
    (await run(project, 'replay', 'show', name)).includes(`${name} is done`),
  )

test('a corrected mapping comes to the chart as updates, and only when it is asked to', async () => {
  const [port = 0] = await freePorts(1)
  const peer = await startMedplumProcess()
  const project = await hospital(port, peer.base)
  let engine: Running | undefined
  try {
    engine = await startFirth(project)
    await sendAll(messages(0, 15), { port })
    await become(peer.base, 'xx', 15)
    await deploy(project, 'en')
    const creates = async () =>
      (await peer.log()).filter(
        ({ method, path }) => method === 'POST' && /\/(Patient|Encounter)$/.test(path),
      ).length
    const made = await creates()
    assert.ok(made >= PATIENTS)
    const before = (await peer.log()).length
    const dry = await run(project, ...SPAN, '--dry-run')
    assert.match(dry, /events: 0 the same, 15 changed, 0 new, 0 no longer made/)
    await run(project, ...SPAN.slice(0, -2), '--name', 'readers')
    await done(project, 'readers')
    const asked = (await peer.log()).slice(before)
    assert.ok(asked.every(({ method }) => method === 'GET'))
    await run(project, ...SPAN, '--name', 'language', '--why', 'the language was wrong')
    await done(project, 'language')
    await become(peer.base, 'en', 15)
    assert.equal(await creates(), made)
    assert.match(await run(project, ...SPAN, '--dry-run'), /events: 15 the same/)
    assert.equal(await engine.stop(), 0)
  } finally {
    await engine?.kill()
    await peer.stop()
    await project.remove()
  }
})

/** Versions of a resource as the far end kept them, the first one first. */
async function history(fhir: string, id: string): Promise<readonly Held[]> {
  const bundle = (await (await fetch(`${fhir}/Patient/${id}/_history`)).json()) as {
    entry: { resource: Record<string, unknown> }[]
  }
  return bundle.entry.map(({ resource }) => heldOf(resource)).toReversed()
}

for (const failpoint of ['replay.made', 'replay.appended', 'replay.marked', 'replay.stepped']) {
  test(`a replay that dies at ${failpoint} beside live traffic doubles and disorders nothing`, async () => {
    const [port = 0] = await freePorts(1)
    const peer = await startMedplumProcess()
    const project = await hospital(port, peer.base)
    let engine: Running | undefined
    try {
      engine = await startFirth({ ...project, env: { FIRTH_FAILPOINT: `${failpoint}:3` } })
      await sendAll(messages(0, 30), { port })
      await become(peer.base, 'xx', 30)
      await deploy(project, 'en')
      const sending = sendAll(messages(30, 60), { port, pause_ms: 150 })
      const begun = firth([
        ...SPAN,
        '--to',
        '30',
        '--name',
        'r',
        '--rate',
        '15',
        '--data',
        project.data,
      ])
      const death = await Promise.race([engine.ended, delay(240_000, 'no death', { ref: false })])
      assert.equal(death, 'SIGKILL', `the failpoint ${failpoint} was not passed three times`)
      await begun
      engine = await startFirth(project)
      await sending
      await done(project, 'r')
      await become(peer.base, 'en', 60)
      for (const { id } of await patients(peer.base)) {
        const revisions = (await history(peer.base, id)).map(({ revision }) => revision)
        assert.deepEqual(
          revisions,
          revisions.toSorted((a, b) => a - b),
          'an old state was written over a newer one',
        )
      }
      assert.equal(await engine.stop(), 0)
      const again = (await readTopic(project, 'canonical.harbor')).filter(
        ({ headers }) => headers.replay === 'r',
      )
      assert.equal(again.length, 30)
      assert.equal(new Set(again.map(({ headers }) => headers.event_id)).size, 30)
    } finally {
      await engine?.kill()
      await peer.stop()
      await project.remove()
    }
  })
}
