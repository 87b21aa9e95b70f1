// The search index lets go of what retention has taken, and of nothing else.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import type { LogReader, LogRecord, NewRecord } from '../../../src/model/log.ts'
import { Bits } from '../../../src/stores/sqlite/search/bits.ts'
import { Finder } from '../../../src/stores/sqlite/search/finder.ts'
import { Indexer } from '../../../src/stores/sqlite/search/indexer.ts'
import { Pruner } from '../../../src/stores/sqlite/search/prune.ts'
import { prepare } from '../../../src/stores/sqlite/search/schema.ts'
import { Tags } from '../../../src/stores/sqlite/search/tags.ts'
import { letterRecord, rawRecord } from '../../contract/search_samples.ts'

const RAW = 'raw.harbor.adt_in'
const all = { after: '', limit: 1_000 }

it('lets go of messages without a record, keeps those with a dead letter, and sweeps once', async () => {
  const db = new DatabaseSync(':memory:')
  prepare(db)
  const shared = { tags: new Tags(db), bits: new Bits(db) }
  const indexer = new Indexer(db, shared)
  const finder = new Finder(db, shared)
  const at = (topic: string, offset: number, record: NewRecord): LogRecord => {
    return {
      ...record,
      topic,
      partition: 0,
      offset,
      time_ms: offset,
      value: Buffer.from(record.value),
    }
  }
  const count = 9_000
  const named = (i: number) => `r${String(i).padStart(5, '0')}`
  const raws = Array.from({ length: count }, (_, i) =>
    at(RAW, i, rawRecord({ raw_id: named(i), control_id: `C${i}`, more: `PID|1||P${i % 10}\r` })),
  )
  indexer.take(raws)
  indexer.take([at('dead.harbor', 0, letterRecord({ raw_id: named(5) }))])
  const first_offset = 8_500
  const info = { partition: 0, next_offset: count, bytes: 0 }
  let reads = 0
  const reader = {
    partitions: async () => [
      { topic: RAW, first_offset, ...info },
      { topic: 'dead.harbor', first_offset: 0, ...info, next_offset: 1 },
    ],
    async read() {
      reads += 1
      return [raws[first_offset]]
    },
  } as unknown as LogReader
  const pruner = new Pruner(db, shared.bits)
  for (let steps = 0; await pruner.step(reader); steps++) assert.ok(steps < 20)
  assert.equal(finder.messages({}, all).rows.length, count - first_offset + 1)
  assert.deepEqual(
    finder.messages({ control_id: 'C5' }, all).rows.map(({ raw_id }) => raw_id),
    [named(5)],
  )
  assert.deepEqual(finder.messages({ control_id: 'C6' }, all).rows, [])
  assert.equal(finder.messages({ patient: 'P3' }, all).rows.length, 50)
  assert.equal(finder.letters({ patient: 'P5' }, all).rows.length, 1)
  assert.deepEqual(finder.recordsOf(named(6)), [])
  assert.equal(await pruner.step(reader), false)
  assert.equal(reads, 1, 'what did not move is not looked through again')
  db.close()
})
