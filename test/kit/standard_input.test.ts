// Standard input, from a pipe, a socket and a file.
import assert from 'node:assert/strict'
import { execSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const module = pathToFileURL(join(import.meta.dirname, '../../src/kit/standard_input.ts')).href
const code = `import { readStandardInput } from '${module}'
process.stdout.write(String((await readStandardInput()).length))`

test('reads all of a socket', () => {
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    input: Buffer.alloc(300_000, 1),
  })
  assert.equal(String(ran.stdout), '300000')
})

test('reads all of a pipe and of a file', () => {
  const read = `'${process.execPath}' --input-type=module -e "$CODE"`
  const env = { ...process.env, CODE: code }
  assert.equal(String(execSync(`head -c 5 /dev/zero | ${read}`, { env })), '5')
  assert.equal(String(execSync(`${read} < /dev/null`, { env })), '0')
})
