// A batch (FHS, BHS … BTS, FTS) over a real connection through the running engine: one record, one
// ACK, and each message in it comes to an end of its own (G5), also where the process dies on the
// way.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bytesOf,
  firth,
  freePorts,
  type JsonRecord,
  makeProject,
  type Project,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt, oru } from '../harness/messages.ts'
import { sendBytes } from '../harness/sender.ts'
import { atEnd, until } from '../path/rooms.ts'

const TENANT = 'tenant: harbor\nname: Harbor\ntime_zone: UTC\nenvironment: test\n'
const channel = (port: number) => `channel: feed
tenant: harbor
about: Nightly batches of the harbor.
source:
  mllp: { port: ${port} }
accept:
  messages: [ADT]
transform: base
`

const facts = (control_id: string, patient: number) => ({
  ...{ control_id, patient, visit: patient, at: '20260105080000+0000', revision: 1 },
})
const ORDER = { order: 'O1', status: 'F', values: [13.1] } as const

/** Two batches of one file: two events, a dead letter, one that the channel filters. */
const INNER = [
  adt('A01', facts('I0', 1)),
  Buffer.from(adt('A01', facts('I1', 2)).toString().replaceAll('A01', 'A99')),
  oru({ ...facts('I2', 3), ...ORDER }),
  adt('A08', facts('I3', 4)),
] as const
const [first, dead, filtered, last] = INNER
const line = (text: string) => Buffer.from(`${text}\r`)
const FILE = Buffer.concat([
  line('FHS|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000||NIGHT||F1'),
  line('BHS|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000||||B1'),
  ...[first, dead, line('BTS|2')],
  line('BHS|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000||||B2'),
  ...[filtered, last, line('BTS|2')],
  line('FTS|2'),
])

/** What each message of the batch came to, by its index: two events that no route takes. */
const ENDS = ['0 unrouted', '1 dead', '2 filtered', '3 unrouted']

const endOf = ({ headers }: JsonRecord) => `${headers.index} ${headers.fate ?? 'dead'}`

async function ends(project: Project): Promise<readonly string[]> {
  const [dead = [], audit = []] = await Promise.all(
    ['dead.harbor', 'audit.harbor'].map(topic => readTopic(project, topic)),
  )
  return [...dead, ...audit].map(endOf).sort()
}

async function events(project: Project): Promise<readonly string[]> {
  const records = await readTopic(project, 'canonical.harbor')
  const ids = new Set(records.map(({ headers }) => headers.event_id))
  assert.equal(ids.size, records.length)
  return records.map(({ headers }) => `${headers.index} ${headers.kind} ${headers.control_id}`)
}

const EVENTS = ['0 patient.admitted I0', '3 patient.updated I3']

async function files(): Promise<{ port: number; project: Project }> {
  const [port = 0] = await freePorts(1)
  const project = await makeProject({
    'channels/harbor/tenant.yaml': TENANT,
    'channels/harbor/feed.yaml': channel(port),
  })
  return { port, project }
}

const ended = (project: Project) =>
  until('each message of the batch has ended', async () => {
    return (await ends(project)).length >= ENDS.length
  })

describe('a batch over MLLP', () => {
  it('is answered once, and each of its messages goes its own way', async t => {
    const { port, project } = await files()
    atEnd(t, () => project.remove())
    const engine = await startFirth(project)
    atEnd(t, () => engine.kill())
    const acks = await sendBytes(FILE, { port })
    assert.deepEqual(acks, ['MSA|AA|F1'])
    await ended(project)
    const raw = await readTopic(project, 'raw.harbor.feed')
    assert.deepEqual(
      raw.map(record => [record.headers.control_id, bytesOf(record)]),
      [['F1', FILE]],
    )
    assert.deepEqual(await ends(project), ENDS)
    const [letter] = await readTopic(project, 'dead.harbor')
    assert.deepEqual(bytesOf(letter as JsonRecord), dead)
    assert.deepEqual(await events(project), EVENTS)
    const status = await firth(['status', '--data', project.data, '--json'])
    assert.match(status.stdout, /"received":1,"acknowledged":1,"refused":0/)
    // The same file once more: nothing is made twice, and nothing disappears.
    await sendBytes(FILE, { port })
    await until('the second one has ended', async () => (await ends(project)).length >= 8)
    const twice = ['1 dead', '2 filtered', '0 duplicate', '3 duplicate']
    assert.deepEqual(await ends(project), [...ENDS, ...twice].sort())
    assert.deepEqual(await events(project), EVENTS)
    assert.equal(await engine.stop(), 0)
  })

  for (const failpoint of ['transform.mapped', 'canonical.appended']) {
    it(`comes to the same ends after a death at ${failpoint}`, async t => {
      const { port, project } = await files()
      atEnd(t, () => project.remove())
      const dying = await startFirth({ ...project, env: { FIRTH_FAILPOINT: `${failpoint}:1` } })
      atEnd(t, () => dying.kill())
      // The sender may not have its answer any more; it would send again.
      const [answer] = await sendBytes(FILE, { port })
      assert.equal(await dying.ended, 'SIGKILL')
      assert.ok(answer === undefined || answer === 'MSA|AA|F1')
      const engine = await startFirth(project)
      atEnd(t, () => engine.kill())
      await ended(project)
      assert.equal(await engine.stop(), 0)
      assert.equal((await readTopic(project, 'raw.harbor.feed')).length, 1)
      assert.deepEqual(await ends(project), ENDS)
      assert.deepEqual(await events(project), EVENTS)
    })
  }
})
