// A backup of a running engine under load, the disk gone, and the backup put back: nothing that was
// acknowledged before it is lost, and the far end, which went on after it, gets nothing twice. The
// far end is Medplum's router, and its own request log is the witness.
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Status } from '../../src/operate/status.ts'
import {
  bytesOf,
  firth,
  freePorts,
  makeProject,
  type Project,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { allOf, emptyExpected, held, story } from '../harness/world.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const PATIENCE_MS = 120_000

async function hospital(port: number, fhir: string): Promise<Project> {
  return makeProject({
    'channels/harbor/tenant.yaml': `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
environment: test
assigning_authorities: { HARBOR: "urn:oid:2.999.1", LAB: "urn:oid:2.999.2", HIS: "urn:oid:2.999.3" }
targets:
  chart:
    fhir_r4:
      base_url: ${fhir}
`,
    'channels/harbor/feed.yaml': `channel: feed
tenant: harbor
about: Everything of the harbor.
source:
  mllp:
    port: ${port}
transform: base
routes:
  - name: chart
    to: chart
`,
  })
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    assert.ok(Date.now() < end, what)
    await delay(200)
  }
}

/**
 * Each sender sends its story in order, as far as it may, until it is told to stop; what was
 * acknowledged is kept.
 */
function sending(stories: readonly (readonly Buffer[])[], port: number) {
  const acked = stories.map(() => 0)
  let [stopped, upTo] = [false, 0]
  const done = Promise.all(
    stories.map(async (messages, i) => {
      for (const message of messages) {
        while (!stopped && (acked[i] ?? 0) >= upTo) await delay(20)
        if (stopped) return
        await sendAll([message], { port, pause_ms: 60 }).catch(cause => {
          if (!stopped) throw cause
        })
        if (!stopped) acked[i] = (acked[i] ?? 0) + 1
      }
    }),
  )
  return {
    acked: () => [...acked],
    goOn(count: number) {
      upTo = count
    },
    async stop() {
      stopped = true
      await done
    },
  }
}

/** Messages, events and writes on their way. */
async function waiting({ data }: Project): Promise<number> {
  const { stdout } = await firth(['status', '--json', '--data', data])
  const { groups, writes } = JSON.parse(stdout) as Status
  const rows = writes.filter(({ shown, state }) => shown === 'pending' && state !== 'committed')
  const counts = [...groups.map(({ waiting }) => waiting), ...rows.map(({ count }) => count)]
  return counts.reduce((sum, count) => sum + count, 0)
}

const TYPES = ['Patient', 'Encounter', 'DiagnosticReport', 'Observation']

test('a backup under load, put back after the disk died: nothing lost, nothing twice', async t => {
  const [port = 0] = await freePorts(1)
  const peer = await startMedplumProcess()
  const project = await hospital(port, peer.base)
  const folder = join(project.project, '..', 'backup')
  let engine: Running | undefined
  try {
    const expected = emptyExpected()
    const stories = [1, 2, 3, 4].map(sender => story(sender, 30, expected))
    // A slow far end, so that much is under way when the backup is made.
    await peer.fault({ kind: 'delay', delay_ms: 120 })
    engine = await startFirth(project)
    const first = sending(stories, port)
    first.goOn(10)
    await until('the senders have begun', () => first.acked().every(count => count >= 8))
    const before = first.acked()
    first.goOn(18)
    const made = await firth(['backup', folder, '--data', project.data, '--why', 'a test'])
    assert.equal(made.code, 0, made.stderr)
    // The engine goes on: what it takes in and sends from here on the backup cannot know.
    first.goOn(26)
    await until('more is acknowledged', () => first.acked().every(count => count >= 26))
    await peer.clearFaults()
    await until('the far end has all of it', async () => (await waiting(project)) === 0)
    await engine.kill()
    await first.stop()
    const newest = await held(peer.base)

    const restored = { ...project, data: join(project.project, '..', 'restored') }
    assert.equal((await firth(['backup', 'verify', folder])).code, 0)
    const words = ['restore', folder, '--project', project.project, '--data', restored.data]
    const back = await firth([...words, '--why', 'the disk died'])
    assert.equal(back.code, 0, back.stderr)
    const raw = new Set(
      (await readTopic(restored, 'raw.harbor.feed')).map(record => bytesOf(record).toString()),
    )
    stories.forEach((messages, i) => {
      for (const message of messages.slice(0, before[i]))
        assert.ok(raw.has(message.toString()), 'acknowledged before the backup, and in it')
    })

    engine = await startFirth(restored)
    // What the backup knew as waiting has been overtaken at the far end: nothing is sent over it.
    await until('what is in doubt has been asked', async () => (await waiting(restored)) === 0)
    assert.deepEqual(
      await held(peer.base),
      newest,
      'what stands at the far end is as new as before',
    )
    const release = await firth(['release', 'list', '--json', '--data', restored.data])
    assert.match(release.stdout, /"waits": ?"conflict"/, 'people are asked about what differs')
    // The hospital sends again what the backup does not have, and goes on.
    const missing = stories.map(messages => messages.filter(one => !raw.has(one.toString())))
    t.diagnostic(`${raw.size} messages in the backup, ${missing.flat().length} sent after it`)
    assert.ok(missing.flat().length > 0 && raw.size > 30)
    await Promise.all(missing.map(messages => sendAll(messages, { port })))
    const sorted = <T>(map: Map<string, T>) => JSON.stringify([...map].sort())
    await until('the far end holds what the messages come to', async () => {
      const found = await held(peer.base)
      assert.deepEqual(found.doubled, [], 'a resource stands at the far end twice')
      return (['patients', 'visits', 'reports'] as const).every(
        name =>
          sorted(found[name] as Map<string, unknown>) ===
          sorted(expected[name] as Map<string, unknown>),
      )
    })
    assert.equal(await engine.stop(), 0)
    const log = await peer.log()
    for (const type of TYPES) {
      const made = log.filter(
        ({ method, path, status }) =>
          method === 'POST' && status === 201 && path.split('?')[0]?.endsWith(`/${type}`),
      )
      assert.equal(made.length, (await allOf(peer.base, type)).length, `each ${type} made once`)
    }
  } finally {
    await engine?.kill()
    await peer.stop()
    await project.remove()
  }
})

for (const place of ['backup.groups', 'backup.store', 'backup.linked']) {
  test(`a death at ${place} leaves no backup, and nothing of it in the data folder`, async () => {
    const [port = 0] = await freePorts(1)
    const project = await hospital(port, 'http://127.0.0.1:9/fhir')
    const folder = join(project.project, '..', 'backup')
    let engine: Running | undefined
    try {
      engine = await startFirth({ ...project, env: { FIRTH_FAILPOINT: place } })
      await sendAll(story(1, 6, emptyExpected()), { port })
      assert.notEqual((await firth(['backup', folder, '--data', project.data])).code, 0)
      assert.equal(await engine.ended, 'SIGKILL')
      assert.equal((await firth(['backup', 'verify', folder])).code, 4)
      engine = await startFirth(project)
      assert.ok(!readdirSync(project.data).includes('backup.part'))
      const again = await firth(['backup', `${folder}2`, '--data', project.data])
      assert.equal(again.code, 0, again.stderr)
      assert.equal(statSync(`${folder}2`).mode & 0o777, 0o700)
      assert.equal(await engine.stop(), 0)
    } finally {
      await engine?.kill()
      await project.remove()
    }
  })
}

for (const place of ['restore.begun', 'restore.copied', 'restore.said']) {
  test(`a death at ${place} leaves a folder on which nothing starts`, async () => {
    const [port = 0] = await freePorts(1)
    const project = await hospital(port, 'http://127.0.0.1:9/fhir')
    const folder = join(project.project, '..', 'backup')
    const data = join(project.project, '..', 'restored')
    let engine: Running | undefined
    try {
      engine = await startFirth(project)
      await sendAll(story(1, 6, emptyExpected()), { port })
      await engine.stop()
      assert.equal((await firth(['backup', folder, '--data', project.data])).code, 0)
      const words = ['restore', folder, '--project', project.project, '--data', data]
      await firth(words, { env: { FIRTH_FAILPOINT: place } })
      const started = await firth(['run', '--project', project.project, '--data', data])
      assert.equal(started.code, 4)
      assert.match(started.stderr, /restore_unfinished/)
      const over = await firth(words)
      assert.match(over.stderr, /restore_folder_taken/)
    } finally {
      await engine?.kill()
      await project.remove()
    }
  })
}
