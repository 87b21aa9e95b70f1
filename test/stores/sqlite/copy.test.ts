// A copy of the state while it is written: of one moment, whole, and in nobody's way.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../../../src/model/errors.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { sqlite } from '../../../src/stores/sqlite/sqlite.ts'

test('a copy holds what was confirmed before it, and the store is written meanwhile', async t => {
  const data = mkdtempSync(join(tmpdir(), 'firth_test_copy_'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const context = { data, signals: silentSignals }
  const store = await sqlite.open({ file: 'state.db' }, context)
  t.after(() => store.close())
  for (let i = 0; i < 200; i++) await store.setCursor(`c${i}`, 'x'.repeat(10_000))
  const to = join(data, 'copy.db')
  let [copying, during] = [true, 0]
  const copied = store.copyTo?.(to).finally(() => {
    copying = false
  })
  assert.ok(copied)
  while (copying) {
    await store.setCursor('during', String(during))
    during += 1
  }
  await copied
  assert.ok(during > 0, 'it was written while it was copied')
  const copy = await sqlite.open({ file: 'copy.db' }, context)
  t.after(() => copy.close())
  assert.equal(await copy.getCursor('c199'), 'x'.repeat(10_000))
  await assert.rejects(store.copyTo?.(join(data, 'nowhere', 'x.db')) ?? Promise.resolve(), Failure)
})

test('what is only in memory has no copy', async t => {
  const store = await sqlite.open({ file: ':memory:' }, { data: '/', signals: silentSignals })
  t.after(() => store.close())
  assert.equal(store.copyTo, undefined)
})
