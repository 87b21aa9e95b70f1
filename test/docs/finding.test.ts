// "Where is this message, and why" of the README, run as it is written, beside an engine and on its
// files.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FIRTH, freePorts, makeProject, readTopic, startFirth } from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'

const root = join(import.meta.dirname, '../..')
const section = /## Where is this message, and why\n([\s\S]*?)\n## /.exec(
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

const files = (port: number) => ({
  'channels/riverside/tenant.yaml': `tenant: riverside
name: Riverside General Hospital
time_zone: America/Chicago
environment: test
assigning_authorities: { RIV: "urn:oid:2.999.7" }
`,
  'channels/riverside/adt_in.yaml': `channel: adt_in
tenant: riverside
about: Admissions, discharges and transfers from Riverside's HIS.
source: { mllp: { port: ${port} } }
transform: base
`,
})

const message = Buffer.from(
  [
    'MSH|^~\\&|HIS|RIV|FIRTH|FIRTH|20260105080000+0000||ADT^A08|MSG00001|P|2.5.1',
    'EVN|A08|20260105080000+0000',
    'PID|1||4711^^^RIV^MR||Featherstone^Persephone||19671204|F',
    'PV1|1|I|W^1^A||||||||||||||||V1^^^RIV^VN',
    '',
  ].join('\r'),
)

test('every command about finding does what the README says', async t => {
  assert.ok(commands.length >= 5, 'the section has its commands')
  const [port = 0] = await freePorts(1)
  const project = await makeProject(files(port))
  let engine: Awaited<ReturnType<typeof startFirth>> | undefined = await startFirth({
    ...project,
    args: ['--log-level', 'error'],
  })
  t.after(async () => {
    await engine?.stop()
    await project.remove()
  })
  await sendAll([message], { port })
  const told = async () => (await readTopic(project, 'audit.riverside')).length
  for (const until = Date.now() + 120_000; (await told()) < 1; await delay(300)) {
    assert.ok(Date.now() < until, 'the message was not mapped and routed')
  }
  const runAll = async (lines: readonly string[]) => {
    for (const line of lines) {
      const [written = '', remark = ''] = line.split(' #')
      const here = written
        .replace('bin/firth', FIRTH)
        .replace('--data data', `--project ${project.project} --data ${project.data}`)
      const expected = Number(/ends with (\d)/.exec(remark)?.[1] ?? 0)
      const { code, output } = await shell(here)
      assert.equal(code, expected, `${line}\n${output}`)
      if (/search --patient/.test(written)) assert.match(output, /MSG00001/)
      if (/trace/.test(written)) assert.match(output, /event patient\.updated/)
      if (/audit/.test(written)) assert.match(output, /It balances/)
    }
  }
  await runAll(commands)
  await engine.stop()
  engine = undefined
  await runAll(commands.filter(line => !line.includes('firth status')))
})
