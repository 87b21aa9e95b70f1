// kill -9 at full speed and at every named place of the writer: nothing that was acknowledged is
// lost or altered, and the log goes on where it was.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../../../src/model/errors.ts'
import { eventually } from '../../contract/log.contract.ts'
import {
  type Acknowledged,
  checkAll,
  contentOf,
  killAfter,
  startChild,
  topicsOfChild,
} from './appending.ts'
import { folderOf, openLog } from './setup.ts'

test('kill -9 at full append speed loses nothing that was acknowledged', async t => {
  const data = folderOf(t)
  const acks: Acknowledged[] = []
  for (let round = 0; round < 6; round++) {
    const child = startChild({
      data,
      callers: 64,
      first: round * 1_000_000,
      segment_bytes_max: 2_000_000,
    })
    await killAfter(child, 500 + round * 700)
    assert.ok(child.acks.length >= 500, `it appended: ${child.errors}`)
    acks.push(...child.acks)
    // As the command line reads it, before anybody has recovered anything.
    await checkAll(data, acks)
  }
  const log = await openLog(data)
  await log.close()
  await checkAll(data, acks)
})

test('appends of one caller stand in their order, whatever killed the process', async t => {
  const data = folderOf(t)
  const child = startChild({ data, callers: 1 })
  await killAfter(child, 300)
  for (const records of (await contentOf(data)).values()) {
    const numbers = [...records.values()].map(record => Number(record.key))
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
  }
})

/** The topic of which a child that trims some keeps everything. */
const WHOLE = topicsOfChild[2]

/** What the trimming child lets go of: more than two segments hold. */
const TRIMMED = 100

test('a second process is refused while the first lives, may read, and owns it when it is dead', async t => {
  const data = folderOf(t)
  const child = startChild({ data, callers: 4 })
  t.after(() => child.process.kill('SIGKILL'))
  await eventually(() => child.acks.length > 100, 'it appends')
  await assert.rejects(openLog(data), (cause: unknown) => {
    return cause instanceof Failure && cause.code === 'data_in_use'
  })
  const known = [...child.acks]
  await checkAll(data, known)
  await killAfter(child, known.length + 100)
  await (await openLog(data)).close()
  await checkAll(data, child.acks)
})

const places = [
  { failpoint: 'log.written:200', expect: 'between the write and the commit' },
  { failpoint: 'log.committed:200', expect: 'between the commit and the answer' },
  { failpoint: 'log.segment_made:3', expect: 'before a new segment has its name' },
  { failpoint: 'log.sealed:3', expect: 'between two segments' },
  { failpoint: 'log.dropped:3', expect: 'while old segments are removed', trims: 'all' },
  { failpoint: 'log.rewrite_step:1', expect: 'while a segment is rewritten', trims: 'some' },
  { failpoint: 'log.rewritten:2', expect: 'before a rewrite has its name', trims: 'some' },
  { failpoint: 'log.switched:2', expect: 'before what was rewritten is gone', trims: 'some' },
  { failpoint: 'log.dropped:2', expect: 'behind a rewrite', trims: 'some' },
] as const satisfies readonly Place[]

interface Place {
  readonly failpoint: string
  readonly expect: string
  /** `some`: one of the three topics keeps everything, so that segments are rewritten. */
  readonly trims?: 'all' | 'some'
}

for (const { failpoint, expect, trims } of places as readonly Place[]) {
  test(`a death ${expect} loses nothing that was acknowledged`, async t => {
    const data = folderOf(t)
    const child = startChild({
      data,
      callers: 8,
      segment_bytes_max: 100_000,
      env: { FIRTH_FAILPOINT: failpoint, ...(trims ? { TRIM: `${TRIMMED} ${trims}` } : {}) },
    })
    await child.ended
    assert.equal(child.process.signalCode, 'SIGKILL', `it died there: ${child.errors}`)
    const kept = child.acks.filter(
      ({ topic, offset }) =>
        trims === undefined || offset >= TRIMMED || (trims === 'some' && topic === WHOLE),
    )
    assert.ok(kept.length > 0)
    const gaps = trims === 'some'
    await checkAll(data, kept, { gaps })
    const again = startChild({ data, callers: 8, first: 1_000_000, appends: 100 })
    await again.ended
    assert.equal(again.acks.length, 100, again.errors)
    await checkAll(data, [...kept, ...again.acks], { gaps })
    const left = readdirSync(join(data, 'log')).filter(name => name.includes('.new'))
    assert.deepEqual(left, [], 'nothing unfinished is left')
  })
}
