// Conservation under kill (design G1–G5): the real process is killed by SIGKILL, at named
// failpoints on every arrow of the path and at random moments under load, and started again. Every
// acknowledged message must stand in the raw topic byte for byte and in its sender's order, and the
// far end must hold exactly the state that the messages come to. FIRTH_CRASH_MINUTES=60 runs the
// random part for an hour.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/kit/random.ts'
import {
  bytesOf,
  firth,
  freePorts,
  makeProject,
  type Project,
  plainChannel,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { type Expected, emptyExpected, held, story } from '../harness/world.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const FAILPOINTS = [
  'receive.done',
  'append.done',
  'transform.mapped',
  'canonical.appended',
  'canonical.marked',
  'unit.committed',
  'route.appended',
  'govern.admitted',
  'deliver.claimed',
  'deliver.called',
  'deliver.committed',
  'verify.read',
  'verify.moved',
]

async function hospital(port: number, fhir: string, storePort?: number): Promise<Project> {
  return makeProject({
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
      '',
    ].join('\n'),
    ...(storePort === undefined
      ? {}
      : {
          'channels/harbor/store.yaml': plainChannel({
            tenant: 'harbor',
            channel: 'store',
            port: storePort,
          }),
        }),
  })
}

/**
 * Every message of `sent` stands in the raw topic, byte for byte, first appearances in the sent
 * order.
 */
async function assertRaw(
  project: Project,
  sent: readonly (readonly Buffer[])[],
  topic = 'raw.harbor.feed',
): Promise<void> {
  const records = await readTopic(project, topic)
  const first = new Map<string, number>()
  records.forEach((record, i) => {
    const text = bytesOf(record).toString('latin1')
    if (!first.has(text)) first.set(text, i)
  })
  for (const messages of sent) {
    let before = -1
    for (const message of messages) {
      const place = first.get(message.toString('latin1'))
      assert.notEqual(place, undefined, 'an acknowledged message is not in the raw topic')
      assert.ok((place ?? -1) > before, 'a message stands before one that was sent earlier')
      before = place ?? -1
    }
  }
}

/** Waits until the far end holds what is expected; then proves that nothing is there twice. */
async function assertHeld(
  fhir: string,
  expected: Expected,
  { patience_ms, meanwhile }: { patience_ms: number; meanwhile?: () => Promise<void> },
): Promise<void> {
  const until = Date.now() + patience_ms
  const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => a.localeCompare(b))
  for (;;) {
    const found = await held(fhir)
    try {
      assert.deepEqual(found.doubled, [], 'a resource stands at the far end twice')
      assert.deepEqual(sorted(found.patients), sorted(expected.patients))
      assert.deepEqual(sorted(found.visits), sorted(expected.visits))
      assert.deepEqual(sorted(found.reports), sorted(expected.reports))
      return
    } catch (cause) {
      if (Date.now() > until || found.doubled.length > 0) throw cause
      await meanwhile?.()
      await delay(500)
    }
  }
}

/** What was in hand at several deaths by chance is sent again, as a person would. */
async function tryAgain(project: Project): Promise<void> {
  const all = ['--all', '--code', 'record_crashes', '--yes', '--data', project.data]
  await firth(['dead', 'retry', ...all])
}

for (const failpoint of FAILPOINTS) {
  test(`a death at ${failpoint} loses, alters and doubles nothing`, async () => {
    const [port = 0] = await freePorts(1)
    const peer = await startMedplumProcess()
    const project = await hospital(port, peer.base)
    let running: Running | undefined
    try {
      const expected = emptyExpected()
      const messages = [1, 2].map(sender => story(sender, 18, expected))
      // At the second pass, so that something has gone the whole way before.
      running = await startFirth({ ...project, env: { FIRTH_FAILPOINT: `${failpoint}:2` } })
      const sending = Promise.all(messages.map(own => sendAll(own, { port, pause_ms: 80 })))
      const death = await Promise.race([running.ended, delay(60_000, 'no death', { ref: false })])
      assert.equal(death, 'SIGKILL', `the failpoint ${failpoint} was not passed twice`)
      running = await startFirth(project)
      await sending
      await assertHeld(peer.base, expected, { patience_ms: 90_000 })
      assert.equal(await running.stop(), 0)
      await assertRaw(project, messages)
    } finally {
      await running?.kill()
      await peer.stop()
      await project.remove()
    }
  })
}

/**
 * Sends one story after the other until `ended` says so; answers with all that was acknowledged.
 */
async function sendUntil(ended: () => boolean, sender: number, port: number): Promise<Buffer[]> {
  const acked: Buffer[] = []
  for (let round = 0; !ended(); round++) {
    const messages = story(sender * 1000 + round, 12, emptyExpected())
    for (const { message } of await sendAll(messages, { port })) acked.push(message)
  }
  return acked
}

test('kills at random moments under 20 busy connections lose, alter and double nothing', async t => {
  const seed = Number(process.env.FIRTH_SEED ?? Date.now() % 1_000_000)
  const minutes = Number(process.env.FIRTH_CRASH_MINUTES ?? 0)
  t.diagnostic(`FIRTH_SEED=${seed}`)
  const random = seededRandom(seed)
  const [port = 0, storePort = 0] = await freePorts(2)
  const peer = await startMedplumProcess()
  const project = await hospital(port, peer.base, storePort)
  let running: Running | undefined
  try {
    // Four senders go the whole way to the far end, which is the slow part; sixteen press on the
    // log.
    const expected = emptyExpected()
    const count = Math.max(48, minutes * 60)
    const stories = Array.from({ length: 4 }, (_, sender) => story(sender, count, expected))
    let ended = false
    const routed = Promise.all(stories.map(own => sendAll(own, { port, pause_ms: 500 })))
    const pressing = Array.from({ length: 16 }, (_, sender) =>
      sendUntil(() => ended, sender + 10, storePort),
    )
    const until = Date.now() + minutes * 60_000
    for (let kills = 0; minutes > 0 ? Date.now() < until : kills < 15; kills++) {
      running = await startFirth({ ...project, listeners: 2 })
      await delay(150 + random.fraction() * 1200)
      await running.kill()
    }
    ended = true
    running = await startFirth({ ...project, listeners: 2 })
    await routed
    const stored = await Promise.all(pressing)
    const total = stored.reduce((sum, own) => sum + own.length, 0)
    t.diagnostic(`${total} messages acknowledged by the log alone, ${count * 4} all the way`)
    await assertHeld(peer.base, expected, {
      patience_ms: 240_000,
      meanwhile: () => tryAgain(project),
    })
    assert.equal(await running.stop(), 0)
    await assertRaw(project, stories)
    await assertRaw(project, stored, 'raw.harbor.store')
  } finally {
    await running?.kill()
    await peer.stop()
    await project.remove()
  }
})
