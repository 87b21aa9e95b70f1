// npm run demo, run as a newcomer runs it, in a folder of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const DEMO = join(import.meta.dirname, 'demo.ts')
const CLAIMS = 7

test('the demo ends by itself, and all that it claims was looked at', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'firth-demo-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, [DEMO, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0, output)
  assert.equal(output.match(/^ {2}proved /gm)?.length, CLAIMS, output)
  assert.ok(!output.includes('\x1b'), 'colours and progress are for terminals')
  for (const shown of [
    /\$ firth queue[\s\S]*turn behind/,
    /S7N99 +edited/,
    /resource_changed +Observation\.code/,
    /It balances/,
  ]) {
    assert.match(output, shown)
  }
})
