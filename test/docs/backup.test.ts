// "How long things are kept, and backups" of the README, run as it is written: its settings are
// taken, and every command does what it says, beside a running engine.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  FIRTH,
  firth,
  freePorts,
  makeProject,
  plainChannel,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'

const root = join(import.meta.dirname, '../..')
const section = /## How long things are kept, and backups\n([\s\S]*?)\n## /.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1]
const blocks = (kind: string) =>
  [...(section ?? '').matchAll(new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block.trim(),
  )

async function shell(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

test('every command on backups does what the README says', async t => {
  const commands = blocks('sh').flatMap(block => block.split('\n'))
  assert.ok(commands.length >= 5, 'the section has its commands')
  const [port = 0] = await freePorts(1)
  const made = await makeProject({
    'channels/riverside/tenant.yaml': 'tenant: riverside\nname: Riverside\n',
    'channels/riverside/adt_in.yaml': plainChannel({
      ...{ tenant: 'riverside', channel: 'adt_in', port },
    }),
  })
  const folder = mkdtempSync(join(tmpdir(), 'firth-backup-'))
  cpSync(made.project, join(folder, 'hospital'), { recursive: true })
  writeFileSync(join(folder, 'hospital/firth.yaml'), blocks('yaml')[0] ?? '')
  const at = { project: join(folder, 'hospital'), data: join(folder, 'data') }
  const checked = await firth(['check', at.project])
  assert.ok(!checked.stdout.includes('firth.yaml'), 'the settings are sound')
  const engine = await startFirth(at)
  t.after(async () => {
    await engine.kill()
    await made.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const facts = { patient: 1, visit: 1, at: '20260105080000+0000', revision: 1 }
  await sendAll([adt('A08', { ...facts, control_id: 'C1' })], { port })
  for (const line of commands) {
    const [written = ''] = line.split('#')
    const { code, output } = await shell(written.replace(/^bin\/firth/, FIRTH), folder)
    assert.equal(code, 0, `${written}\n${output}`)
  }
  await engine.stop()
  const restored = { ...at, data: join(folder, 'restored') }
  assert.equal((await readTopic({ ...made, ...restored }, 'raw.riverside.adt_in')).length, 1)
})
