// firth generate --check: says what is stale and writes nothing. That nothing is stale in this
// checkout is proved beside the declarations (test/declare/docs.test.ts).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { run } from './world.ts'

const SCHEMA = join(import.meta.dirname, '../../channels/channel.schema.json')

it('names each file that these rooms would change, ends with 1, and writes none of them', async () => {
  const before = readFileSync(SCHEMA)
  const { code, out, err } = await run(['generate', '--check'])
  assert.equal(code, exit.failed)
  assert.equal(out, '')
  const stale = err.trimEnd().split('\n')
  assert.ok(stale.includes('channels/channel.schema.json is stale. Run: npm run generate'))
  for (const line of stale) assert.match(line, /^\S+ is stale\. Run: npm run generate$/)
  assert.deepEqual(readFileSync(SCHEMA), before)
})
