// What a person does about dead letters, through the whole path with a real FHIR server: a mended
// message takes its own place in the order, a refused write is revised and not made twice, a death
// of the engine between the decision and the log neither loses nor doubles a repair.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  bytesOf,
  type Finished,
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
import { allOf, held } from '../harness/world.ts'
import { type MedplumProcess, startMedplumProcess } from '../peers/medplum/process.ts'

interface Place {
  readonly project: Project
  readonly peer: MedplumProcess
  readonly port: number
  engine: Running
  start(env?: Record<string, string>): Promise<void>
  send(...messages: readonly Buffer[]): Promise<void>
  dead(...words: readonly string[]): Promise<Finished>
  letters(...words: readonly string[]): Promise<Letter[]>
}

interface Letter {
  readonly id: string
  readonly code: string
  readonly state: string
  readonly raw_id: string
}

const files = (port: number, fhir: string) => ({
  'channels/harbor/tenant.yaml': `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
environment: test
assigning_authorities: { HARBOR: "urn:oid:2.999.1", HIS: "urn:oid:2.999.3" }
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

async function inPlace(run: (place: Place) => Promise<void>, env = {}): Promise<void> {
  const [port = 0] = await freePorts(1)
  const peer = await startMedplumProcess()
  const project = await makeProject(files(port, peer.base))
  const at = ['--project', project.project, '--data', project.data]
  const place: Place = {
    ...{ project, peer, port },
    engine: await startFirth({ ...project, env }),
    async start(more = {}) {
      place.engine = await startFirth({ ...project, env: more })
    },
    send: async (...messages) => void (await sendAll(messages, { port })),
    dead: (...words) => firth(['dead', ...words, ...at]),
    async letters(...words) {
      const { stdout } = await place.dead('list', '--json', ...words)
      return stdout
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as Letter)
    },
  }
  try {
    await run(place)
  } finally {
    await place.engine.stop()
    await peer.stop()
    await project.remove()
  }
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end_ms = Date.now() + 90_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end_ms) assert.fail(`it never came to this: ${what}`)
    await delay(100)
  }
}

const letterOf = (place: Place, ...words: readonly string[]) =>
  until(`a letter ${words.join(' ')}`, async () => (await place.letters(...words))[0])

const streetOf = (place: Place, mrn: string, revision: number) =>
  until(`${mrn} lives at ${revision}`, async () =>
    (await held(place.peer.base)).patients.get(mrn) === revision ? true : undefined,
  )

let moments = 0
const update = (patient: number, revision: number, event: 'A01' | 'A08' = 'A08') =>
  adt(event, {
    control_id: `P${patient}R${revision}`,
    patient,
    visit: patient,
    at: `202601050800${String(10 + moments++)}+0000`,
    revision,
  })

/** Nothing maps this type, until a person says which one it is. */
const broken = (message: Buffer) =>
  Buffer.from(message.toString().replace('ADT^A08^ADT_A01', 'ZZZ^Z99'))

describe('a mended message', () => {
  it('takes its own place in the order: over what was before, never over what is newer', () =>
    inPlace(async place => {
      await place.send(update(1, 0, 'A01'), broken(update(1, 1)), update(1, 2))
      await place.send(update(2, 0, 'A01'), broken(update(2, 1)))
      await streetOf(place, 'M000001', 2)
      await streetOf(place, 'M000002', 0)
      await until('two letters', async () =>
        (await place.letters()).length === 2 ? true : undefined,
      )
      const sets = ['--set', 'MSH-9.1=ADT', '--set', 'MSH-9.2=A08', '--yes']
      const [first, second] = [
        await letterOf(place, '--control-id', 'P1R1'),
        await letterOf(place, '--control-id', 'P2R1'),
      ]
      const dry = await place.dead('edit', first.id, ...sets, '--dry-run')
      assert.equal(dry.code, 0, dry.stderr)
      assert.match(dry.stdout, /-.*ZZZ\^Z99[\s\S]*\+.*ADT\^A08[\s\S]*patient\.updated/)
      assert.equal((await place.letters()).length, 2, 'a dry run does nothing')
      for (const { id } of [second, first]) {
        const { code, stdout, stderr } = await place.dead(
          'edit',
          id,
          ...sets,
          '--why',
          'wrong type',
        )
        assert.equal(code, 0, stderr)
        assert.match(stdout, /mended, as raw_id/)
      }
      await streetOf(place, 'M000002', 1)
      const shown = await until('the older one is superseded', async () => {
        const { stdout } = await place.dead('show', first.id)
        return /superseded/.test(stdout) ? stdout : undefined
      })
      assert.match(shown, /state {4}edited by \S+ at .*: wrong type → raw_id/)
      const { patients, doubled } = await held(place.peer.base)
      assert.equal(patients.get('M000001'), 2)
      assert.deepEqual(doubled, [])
      assert.deepEqual(await place.letters(), [])
      assert.equal((await place.letters('--state', 'edited')).length, 2)
    }))

  it('leaves the original byte for byte and names it; what was not touched stays', () =>
    inPlace(async place => {
      const sent = Buffer.from(broken(update(3, 1)).toString().replace('\rPV1', '\r\nPV1'))
      await place.send(sent)
      const letter = await letterOf(place)
      const { code, stderr } = await place.dead('edit', letter.id, '--set', 'PID-8=F')
      assert.equal(code, 0, stderr)
      const again = await until('it died again', async () =>
        (await place.letters()).find(({ id }) => id !== letter.id),
      )
      const [original, repair, ...more] = await readTopic(place.project, 'raw.harbor.feed')
      assert.deepEqual(more, [])
      assert.ok(original && repair)
      assert.deepEqual(bytesOf(original), sent)
      assert.equal(bytesOf(repair).toString(), sent.toString().replace('|M|||1', '|F|||1'))
      assert.equal(repair.headers.repairs, original.headers.raw_id)
      assert.equal(repair.headers.root_id, original.headers.raw_id)
      assert.equal(repair.headers.received_at, original.headers.received_at)
      const { stdout } = await place.dead('show', letter.id)
      assert.match(stdout, new RegExp(`dead again as ${again.id.slice(0, 12)}`))
    }))
})

describe('a write that the target refused', () => {
  it('is revised by the mended message, and never made twice (G3)', () =>
    inPlace(async place => {
      const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] }
      await place.peer.fault({
        ...{ kind: 'status', method: 'POST', path: '/Patient', times: 1, status: 422 },
        body: JSON.stringify(outcome),
      })
      await place.peer.fault({
        ...{ kind: 'status', method: 'PUT', path: '/Patient', times: 1, status: 422 },
        body: JSON.stringify(outcome),
      })
      await place.send(update(4, 1, 'A01'))
      const letter = await letterOf(place, '--stage', 'deliver', '--target', 'chart')
      await place.peer.clearFaults()
      const { code, stderr } = await place.dead(
        ...['edit', letter.id, '--set', 'PID-11.1=7 Quay Street', '--why', 'no such street'],
      )
      assert.equal(code, 0, stderr)
      await streetOf(place, 'M000004', 7)
      await until('the visit stands', async () =>
        (await allOf(place.peer.base, 'Encounter')).length === 1 ? true : undefined,
      )
      const { doubled } = await held(place.peer.base)
      assert.deepEqual(doubled, [])
      assert.deepEqual(await place.letters(), [])
    }))

  it('is sent again as it is where only the target was wrong, once', () =>
    inPlace(async place => {
      await place.peer.fault({ kind: 'status', path: '/Patient', status: 422 })
      await place.send(update(5, 1, 'A01'))
      const [letter] = await until('the patient and the visit are dead', async () => {
        const letters = await place.letters('--stage', 'deliver')
        return letters.length === 2 ? letters : undefined
      })
      await place.peer.clearFaults()
      const all = ['retry', '--all', '--target', 'chart', '--why', 'profile mended there']
      const counted = await place.dead(...all, '--dry-run')
      assert.match(counted.stdout, /2 dead letters would be retried/)
      const asked = await place.dead(...all)
      assert.equal(asked.code, 2, 'nobody is there to be asked')
      const first = await place.dead(...all, '--yes')
      assert.equal(first.code, 0, first.stderr)
      assert.match(first.stdout, /2 {2}target_refused {2}retried\nDone\./)
      const again = await place.dead('retry', letter?.id ?? '')
      assert.equal(again.code, 1)
      assert.match(again.stdout, /it was decided already/)
      await streetOf(place, 'M000005', 1)
      assert.deepEqual((await held(place.peer.base)).doubled, [])
    }))
})

for (const failpoint of ['dead.closed', 'dead.appended', 'dead.cleared']) {
  it(`a death at ${failpoint} neither loses nor doubles a repair`, () =>
    inPlace(
      async place => {
        await place.send(broken(update(6, 1)))
        const letter = await letterOf(place)
        await place.dead('retry', letter.id, '--by', 'R. Moss')
        assert.equal(await place.engine.ended, 'SIGKILL')
        await place.start()
        const raw = await until('the repair stands', async () => {
          const records = await readTopic(place.project, 'raw.harbor.feed')
          return records.length > 1 ? records : undefined
        })
        // A second one would be brought in at the start, too; this one decides nothing.
        assert.equal((await place.dead('retry', letter.id)).code, 1)
        assert.equal(raw.length, 2)
        assert.equal((await readTopic(place.project, 'raw.harbor.feed')).length, 2)
        const audit = await readTopic(place.project, 'audit.harbor')
        assert.equal(audit.filter(({ headers }) => headers.act === 'dead_retry').length, 1)
        assert.equal((await place.letters('--state', 'retried')).length, 1)
      },
      { FIRTH_FAILPOINT: failpoint },
    ))
}
