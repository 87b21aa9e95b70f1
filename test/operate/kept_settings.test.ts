// The engine's settings of its last start.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keepSettings, keptSettings } from '../../src/operate/kept_settings.ts'
import { toyTables } from '../channel/toy.ts'

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'firth-settings-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

const bytes = Buffer.from('limits: { mapping_ms_max: 1234 }\n')

test('are there again after they were kept, with what the command line sets over them', async t => {
  const data = await folder(t)
  await keepSettings(data, bytes)
  const plain = await keptSettings(data, toyTables, { env: {}, sets: [] })
  assert.equal(plain?.engine?.limits.mapping_ms_max, 1234)
  const sets = ['limits.mapping_ms_max=77']
  const over = await keptSettings(data, toyTables, { env: {}, sets })
  assert.equal(over?.engine?.limits.mapping_ms_max, 77)
  assert.equal((await readdir(data)).length, 1)
})

test('are those of the newest start, also where that had no file', async t => {
  const data = await folder(t)
  await keepSettings(data, bytes)
  await keepSettings(data, undefined)
  const kept = await keptSettings(data, toyTables, { env: {}, sets: [] })
  assert.notEqual(kept?.engine?.limits.mapping_ms_max, 1234)
  assert.deepEqual(kept?.findings, [])
})

test('are none where no engine has kept any, and no engine where they hold no longer', async t => {
  const data = await folder(t)
  assert.equal(await keptSettings(data, toyTables, { env: {}, sets: [] }), undefined)
  await keepSettings(data, bytes)
  const kept = await keptSettings(data, toyTables, { env: {}, sets: ['limits.none=1'] })
  assert.equal(kept?.engine, undefined)
})
