// "When a message cannot go on" of the README, run as it is written beside a running engine: every
// command of the section, in its order, on two messages that nothing maps.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FIRTH, firth, freePorts, makeProject, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'

const root = join(import.meta.dirname, '../..')
const section = /## When a message cannot go on\n([\s\S]*?)\n## /.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1]
const commands = [...(section ?? '').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

const shown: readonly [RegExp, RegExp][] = [
  [/dead list --data data *#/, /2 {2}message_type_unmapped {2}riverside\/adt_in/],
  [/dead show/, /message_type_unmapped: [\s\S]*state +open[\s\S]*ADT\^Z99/],
  [/dead edit .*--dry-run/, /It would become patient\.updated/],
  [/dead edit .*--why/, /mended, as raw_id/],
  [/dead retry .*--dry-run/, /1 dead letters would be retried/],
  [/dead retry .*--yes/, /1 {2}message_type_unmapped {2}retried/],
  [/dead drop/, /dropped/],
  [/--state dropped/, /dropped/],
]

const broken = (control_id: string) => {
  const facts = { control_id, patient: 1, visit: 1, at: '20260105080000+0000', revision: 1 }
  const text = adt('A08', facts).toString()
  return Buffer.from(text.replace('ADT^A08^ADT_A01', 'ADT^Z99'))
}

async function shell(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

async function untilLetters(data: string, count: number): Promise<void> {
  for (const end_ms = Date.now() + 90_000; Date.now() < end_ms; await delay(100)) {
    const { stdout } = await firth(['dead', 'list', '--json', '--data', data])
    if (stdout.split('\n').filter(Boolean).length === count) return
  }
  assert.fail(`there never were ${count} letters`)
}

test('every command on dead letters does what the README says', async t => {
  assert.ok(commands.length >= 8, 'the section has its commands')
  const [port = 0] = await freePorts(1)
  const made = await makeProject({
    'channels/riverside/tenant.yaml':
      'tenant: riverside\nname: Riverside\ntime_zone: America/Chicago\n' +
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1" }\n',
    'channels/riverside/adt_in.yaml':
      'channel: adt_in\ntenant: riverside\nabout: Everything.\n' +
      `source:\n  mllp:\n    port: ${port}\ntransform: base\n`,
  })
  const folder = mkdtempSync(join(tmpdir(), 'firth-dead-'))
  cpSync(made.project, join(folder, 'hospital'), { recursive: true })
  const at = { project: join(folder, 'hospital'), data: join(folder, 'data') }
  const engine = await startFirth({ ...at, args: ['--log-level', 'error'] })
  t.after(async () => {
    await engine.stop()
    await made.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  await sendAll([broken('P1'), broken('P2')], { port })
  await untilLetters(at.data, 2)
  for (const line of commands) {
    const [written = ''] = line.split('#')
    const { code, output } = await shell(written.replace('bin/firth', FIRTH), folder)
    assert.equal(code, 0, `${line}\n${output}`)
    const [, wanted] = shown.find(([command]) => command.test(line)) ?? []
    assert.match(output, wanted ?? /^$/, line)
    // What was mapped again dies again, and can be dropped then.
    if (/retry .*--yes/.test(line)) await untilLetters(at.data, 1)
  }
})
