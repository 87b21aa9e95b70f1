// "Sending again what was stored" of the README, run as it is written, on a channel whose messages
// were mapped and whose target is not reached.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FIRTH, freePorts, makeProject, readTopic, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'

const root = join(import.meta.dirname, '../..')
const section = /## Sending again what was stored\n([\s\S]*?)\n## /.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1]
const commands = [...(section ?? '').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

async function shell(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

const files = (port: number, chart: number) => ({
  'channels/riverside/tenant.yaml': `tenant: riverside
name: Riverside General Hospital
time_zone: America/Chicago
environment: test
assigning_authorities: { RIV: "urn:oid:2.999.7" }
targets:
  chart: { fhir_r4: { base_url: "http://127.0.0.1:${chart}/fhir" } }
`,
  'channels/riverside/adt_in.yaml': `channel: adt_in
tenant: riverside
about: Admissions, discharges and transfers from Riverside's HIS.
source: { mllp: { port: ${port} } }
transform: base
routes: [{ name: chart, to: chart }]
`,
})

test('every command about replays does what the README says', async t => {
  assert.ok(commands.length >= 4, 'the section has its commands')
  const [port = 0, chart = 0] = await freePorts(2)
  const project = await makeProject(files(port, chart))
  const engine = await startFirth({ ...project, args: ['--log-level', 'error'] })
  t.after(async () => {
    await engine.stop()
    await project.remove()
  })
  const facts = { patient: 1, visit: 1, at: '20260105080000+0000', revision: 1, facility: 'RIV' }
  const messages = ['A', 'B', 'C'].map(control_id => adt('A08', { ...facts, control_id }))
  await sendAll(messages, { port })
  const events = async () => (await readTopic(project, 'canonical.riverside')).length
  for (const until = Date.now() + 120_000; (await events()) < 3; await delay(300)) {
    assert.ok(Date.now() < until, 'the messages were not mapped')
  }
  for (const line of commands) {
    const [written = ''] = line.split(' #')
    const here = written
      .replace('bin/firth', FIRTH)
      .replace('--data data', `--data ${project.data}`)
    const { code, output } = await shell(here)
    assert.equal(code, 0, `${line}\n${output}`)
    if (/--dry-run/.test(written)) assert.match(output, /events: 3 the same.*\n[\s\S]*chart +9/)
    if (/replay (show|list)/.test(written)) assert.match(output, /wards/)
  }
})
