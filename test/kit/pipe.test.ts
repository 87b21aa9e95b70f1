// Blocking reads and writes, on a file in place of a pipe; on real pipes they run in child.test.ts.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readExactly, writeAll } from '../../src/kit/pipe.ts'

test('reads exactly what is asked for, and says when the end came first', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'firth_pipe_'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'bytes')
  const writing = openSync(path, 'w')
  writeAll(writing, Buffer.from('abcdef'))
  closeSync(writing)
  assert.equal(await readFile(path, 'latin1'), 'abcdef')
  const reading = openSync(path, 'r')
  assert.equal(readExactly(reading, 4)?.toString(), 'abcd')
  assert.equal(readExactly(reading, 4), undefined)
  closeSync(reading)
})
