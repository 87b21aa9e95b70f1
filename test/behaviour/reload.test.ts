// Deployments that change under load, and deaths in the middle of a step. Messages stream over many
// connections while one deployment follows the other: nothing is lost, order stays, and every event
// is made by the deployment that took its message in.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  bytesOf,
  firth,
  freePorts,
  type JsonRecord,
  makeProject,
  type Project,
  type Running,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'

/** A mapping that writes a word of its own into what it makes. */
const mapping = (word: string) => `import { defineMapping } from '#sdk'

export default defineMapping({
  types: ['ADT^A08'],
  map: message => [{
    kind: 'patient.updated', occurred_at: undefined, visit: null,
    patient: { system: 'urn:oid:2.999.1', value: message.text('PID-3.1') ?? '' },
    subject: undefined,
    resources: [{ resourceType: 'Patient', id: 'p1', language: '${word}' }],
  }],
})
`

const channel = (port: number, more = '') => `channel: feed
tenant: harbor
about: Everything of the harbor.
source:
  mllp:
    port: ${port}
${more}transform: harbor/adt
`

const MODULE = 'transforms/harbor/adt.ts'

function hospital(port: number): Promise<Project> {
  return makeProject({
    'channels/harbor/tenant.yaml':
      'tenant: harbor\nname: Harbor\ntime_zone: America/Los_Angeles\nenvironment: test\n',
    'channels/harbor/feed.yaml': channel(port),
    [MODULE]: mapping('w0'),
  })
}

const message = (sender: number, n: number) =>
  adt('A08', {
    control_id: `S${sender}N${n}`,
    patient: sender,
    visit: sender,
    at: '20260105080000+0000',
    revision: n,
  })

const deploy = ({ project, data }: Project, ...more: string[]) =>
  firth(['deploy', '--project', project, '--data', data, '--json', ...more])

/** Waits until every raw record has its event. */
async function mapped(project: Project, count: number): Promise<JsonRecord[]> {
  const until = Date.now() + 120_000
  for (;;) {
    const events = await readTopic(project, 'canonical.harbor')
    if (events.length >= count) return events
    assert.ok(Date.now() < until, `only ${events.length} of ${count} messages became events`)
    await delay(300)
  }
}

interface Event {
  readonly deployment: string
  readonly source: { readonly raw_id: string; readonly control_id: string }
  readonly resources: { readonly entry: readonly { resource: { language: string } }[] }
}

const eventOf = (record: JsonRecord) => JSON.parse(record.value) as Event

/** An event has its raw record's deployment, a deployment one word, a sender its order. */
function assertConsistent(raw: readonly JsonRecord[], events: readonly JsonRecord[]): void {
  const took = new Map(raw.map(({ headers }) => [headers.raw_id, headers.deployment]))
  const words = new Map<string, Set<string>>()
  const last = new Map<string, number>()
  assert.equal(events.length, raw.length)
  for (const event of events.map(eventOf)) {
    assert.equal(event.deployment, took.get(event.source.raw_id))
    const word = event.resources.entry[0]?.resource.language ?? ''
    words.set(event.deployment, (words.get(event.deployment) ?? new Set()).add(word))
    const [, sender = '', n = ''] = /^S(\d+)N(\d+)$/.exec(event.source.control_id) ?? []
    assert.ok(Number(n) > (last.get(sender) ?? -1), 'a sender’s messages change their order')
    last.set(sender, Number(n))
  }
  for (const found of words.values()) assert.equal(found.size, 1)
  const all = [...words.values()].flatMap(found => [...found])
  assert.equal(new Set(all).size, words.size)
}

test('deployments change under a stream of messages: conservation, order, lineage', async () => {
  const [port = 0] = await freePorts(1)
  const project = await hospital(port)
  let engine: Running | undefined
  try {
    engine = await startFirth(project)
    let deployed = false
    function* stream(sender: number) {
      for (let n = 0; !deployed; n++) yield message(sender, n)
    }
    const sending = Promise.all(
      Array.from({ length: 8 }, (_, sender) => sendAll(stream(sender), { port, pause_ms: 100 })),
    )
    for (let round = 1; round <= 4; round++) {
      await writeFile(join(project.project, MODULE), mapping(`w${round}`))
      // Every other round the listener itself changes, so that its connections are broken.
      const limit = round % 2 === 0 ? `    idle_ms_max: ${600_000 + round}\n` : ''
      await writeFile(join(project.project, 'channels/harbor/feed.yaml'), channel(port, limit))
      const { code, stdout } = await deploy(project)
      assert.equal(code, 0, stdout)
    }
    // Not before something has come in under each of them.
    const hashes = async () =>
      new Set((await readTopic(project, 'raw.harbor.feed')).map(one => one.headers.deployment))
    for (const until = Date.now() + 60_000; (await hashes()).size < 5; await delay(200)) {
      assert.ok(Date.now() < until, 'a deployment took nothing in')
    }
    deployed = true
    const acked = (await sending).flat().map(one => one.message.toString('latin1'))
    const raw = await readTopic(project, 'raw.harbor.feed')
    const stored = new Set(raw.map(record => bytesOf(record).toString('latin1')))
    for (const one of acked) assert.ok(stored.has(one), 'an acknowledged message is not stored')
    // A sender that was cut off sends again: a duplicate of the same bytes makes no second event.
    const unique = raw.filter((record, i) => {
      const text = bytesOf(record).toString('latin1')
      return raw.findIndex(other => bytesOf(other).toString('latin1') === text) === i
    })
    const events = await mapped(project, unique.length)
    assertConsistent(unique, events)
    assert.equal(await engine.stop(), 0)
  } finally {
    await engine?.kill()
    await project.remove()
  }
})

for (const failpoint of ['tree.written', 'activate.prepared', 'activate.recorded']) {
  test(`a death at ${failpoint} leaves the old deployment or the new one, whole`, async () => {
    const [port = 0] = await freePorts(1)
    const project = await hospital(port)
    let engine: Running | undefined
    try {
      engine = await startFirth(project)
      await sendAll([message(1, 0)], { port })
      assert.equal(await engine.stop(), 0)
      engine = await startFirth({ ...project, env: { FIRTH_FAILPOINT: failpoint_of(failpoint) } })
      await sendAll([message(1, 1)], { port })
      await writeFile(join(project.project, MODULE), mapping('w1'))
      await deploy(project)
      assert.equal(await engine.ended, 'SIGKILL')
      engine = await startFirth(project)
      await sendAll([message(1, 2)], { port })
      const events = await mapped(project, 3)
      const raw = await readTopic(project, 'raw.harbor.feed')
      assertConsistent(raw, events)
      const word = eventOf(events[2] as JsonRecord).resources.entry[0]?.resource.language
      assert.equal(word, failpoint === 'activate.recorded' ? 'w1' : 'w0')
      assert.equal(await engine.stop(), 0)
      // What was half-made is gone, and the same deployment can be made again.
      const again = await deploy(project)
      assert.equal(again.code, 0, again.stdout)
    } finally {
      await engine?.kill()
      await project.remove()
    }
  })
}

/** The start of the engine is itself a step: it passes the points of a step once. */
function failpoint_of(name: string): string {
  return name.startsWith('activate.') ? `${name}:2` : name
}
