// Watching folders for saved files.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { watchFolders } from '../../src/kit/watch_files.ts'

test('tells a burst of changes once, a later one again, and ends when told to', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'firth-watch-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'below'))
  const stop = new AbortController()
  let told = 0
  let next = Promise.withResolvers<void>()
  const done = watchFolders([folder, join(folder, 'missing')], {
    signal: stop.signal,
    quiet_ms: 200,
    async onChange() {
      told += 1
      next.resolve()
      next = Promise.withResolvers()
    },
  })
  await delay(100)
  let waited = next.promise
  for (let i = 0; i < 5; i++) writeFileSync(join(folder, 'below', `${i}.yaml`), 'a: 1')
  await waited
  assert.equal(told, 1)
  waited = next.promise
  writeFileSync(join(folder, 'below', '0.yaml'), 'a: 2')
  await waited
  assert.equal(told, 2)
  stop.abort()
  await done
})
