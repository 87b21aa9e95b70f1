// A far end that asks who we are, with the whole engine before it: tokens that are taken back, an
// authorization server that refuses us for a while and repeats our secret, and at the end a search
// for the secret and every token in all that an operator sees and all that lies on the disk.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { firth, freePorts, makeProject, type Running, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { allOf } from '../harness/world.ts'
import { startAuthorizationServer } from '../peers/authorization_server.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const SECRET = 'CANARYs3cret'
const PATIENCE_MS = 120_000

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    assert.ok(Date.now() < end, what)
    await delay(200)
  }
}

const project = (port: number, base_url: string) =>
  makeProject({
    'channels/harbor/tenant.yaml': `tenant: harbor
name: Harbor
time_zone: America/Los_Angeles
assigning_authorities: { HARBOR: "urn:oid:2.999.1" }
targets:
  chart:
    fhir_r4:
      base_url: ${base_url}
      auth:
        client_credentials:
          client_id: harbor
          client_secret: \${HARBOR_SECRET}
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

const at = '20260102030405-0800'
const message = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at, revision: 1 })

/** Every file below a folder that holds one of the words. */
async function filesWith(folder: string, words: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(entry => entry.isFile())
      .map(async entry => {
        const path = join(entry.parentPath, entry.name)
        const bytes = await readFile(path)
        return words.some(word => bytes.includes(word)) ? [path] : []
      }),
  )
  return found.flat()
}

test('a far end that asks who we are: nothing lost, nothing doubled, no secret seen (N02, N09)', async () => {
  const [port = 0] = await freePorts(1)
  const medplum = await startMedplumProcess()
  const server = await startAuthorizationServer({ client_id: 'harbor', client_secret: SECRET })
  const { base } = await server.guard(medplum.base)
  const place = await project(port, base)
  let engine: Running | undefined
  const seen: string[] = []
  const say = async (...args: string[]) => {
    const { stdout, stderr } = await firth([...args, '--data', place.data])
    seen.push(stdout, stderr)
    return stdout
  }
  const patients = async () => (await allOf(medplum.base, 'Patient')).length
  try {
    engine = await startFirth({ ...place, env: { HARBOR_SECRET: SECRET } })
    await sendAll([1, 2, 3].map(message), { port })
    await until('the first are there', async () => (await patients()) === 3)
    assert.equal(server.tokens.length, 1)

    server.revoke()
    const refusal = `{"error":"invalid_client","error_description":"not ${SECRET}"}`
    const accept = server.answer(401, refusal, 10_000)
    await sendAll([4, 5, 6].map(message), { port })
    await until('the target waits for our credentials', async () =>
      (await say('status', '--json')).includes('target_auth'),
    )
    await say('status')
    accept()
    await until('it is served again', async () => (await patients()) === 6)
    await until('all is proved', async () => {
      const { writes } = JSON.parse(await say('status', '--json')) as {
        writes: { state: string; count: number }[]
      }
      return writes.every(row => row.state === 'surfaced' || row.state === 'reconciled')
    })
    assert.equal((await allOf(medplum.base, 'Encounter')).length, 6)
    const status = await say('status')
    assert.match(status, /harbor\.chart says of itself:\n {2}It does not describe itself/)
    await say('trace', 'C4')
    await say('dead', 'list')
    assert.equal(await engine.stop(), 0)
    const said = [...seen, engine.stdout(), engine.stderr()].join('\n')
    for (const word of [SECRET, ...server.tokens])
      assert.ok(!said.includes(word), 'a secret is shown')
    assert.deepEqual(await filesWith(join(place.project, '..'), [SECRET, ...server.tokens]), [])
  } finally {
    await engine?.kill()
    await server.close()
    await medplum.stop()
    await place.remove()
  }
})
