// "An afternoon with a new hospital" of the README, run as it is written: every command of the
// section, in its order, in a folder where only the samples are.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FIRTH, type Running, startFirth } from '../harness/engine.ts'

const root = join(import.meta.dirname, '../..')
const section = /## An afternoon with a new hospital\n([\s\S]*?)\n## /.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1]
const commands = [...(section ?? '').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

const message = (event: string, n: number) =>
  [
    `MSH|^~\\&|RHIS|RIV^2.999.7^ISO|FIRTH|FIRTH|2026030110${10 + n}||ADT^${event}|C${n}|P|2.3`,
    `EVN|${event}|2026030110${10 + n}`,
    `PID|1||77${n}^^^RIV^PI||Featherstone^Persephone||19671204|F|||12 Wisteria Lane^^Gloucester`,
    `PV1|1|W|3W^301^A||||||||||||||||V${n}^^^RIV^VN`,
    `ZPI|1|BADGE${n}`,
  ].join('\n')

const CHANGED = /Encounter.class.code\n +- expected UNK\n +\+ was +AMB/

interface Ran {
  readonly code: number
  readonly output: string
}

async function shell(command: string, cwd: string): Promise<Ran> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

test('every command of the afternoon does what the README says', async t => {
  assert.ok(commands.length >= 10, 'the section has its commands')
  const folder = mkdtempSync(join(tmpdir(), 'firth-afternoon-'))
  let engine: Running | undefined
  t.after(async () => {
    await engine?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  mkdirSync(join(folder, 'samples'))
  writeFileSync(join(folder, 'samples/admission.hl7'), message('A01', 1))
  writeFileSync(join(folder, 'samples/update.hl7'), message('A08', 2))
  for (const line of commands) {
    const [written = '', remark = ''] = line.split('#')
    const expected = Number(/ends with (\d)/.exec(remark)?.[1] ?? 0)
    if (/^bin\/firth run /.test(written)) {
      const [project, data] = [join(folder, 'hospital'), join(folder, 'data')]
      engine = await startFirth({ project, data, args: ['--log-level', 'error'] })
      continue
    }
    const command = written.replace('bin/firth', FIRTH).replace(/--port 2575/, () => {
      const channel = readFileSync(join(folder, 'hospital/channels/riverside/adt_in.yaml'), 'utf8')
      return `--port ${/port: (\d+)/.exec(channel)?.[1]}`
    })
    const { code, output } = await shell(command, folder)
    assert.equal(code, expected, `${line}\n${output}`)
    if (/firth test/.test(command) && expected === 1) assert.match(output, CHANGED)
    if (/firth status/.test(command)) assert.match(output, /target_down/)
  }
})
