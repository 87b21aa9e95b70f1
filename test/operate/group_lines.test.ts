// How far each reader of the log has come.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { groupLines } from '../../src/operate/group_lines.ts'

it('tells what waits for a reader, since when, and its trouble', async () => {
  const at = { topic: 'raw.harbor.feed', partition: 0 }
  const record = { ...at, offset: 4, key: '', headers: {}, value: Buffer.from(''), time_ms: 77 }
  const log = {
    partitions: async () => [{ ...at, first_offset: 2, next_offset: 9, bytes: 1 }],
    groups: async () => [
      { ...at, group: 'transform.harbor.feed', committed_offset: 4 },
      { ...at, group: 'done', committed_offset: 9 },
      { ...at, group: 'new', committed_offset: undefined },
      { topic: 'gone', partition: 0, group: 'old', committed_offset: 1 },
    ],
    read: async () => [record],
  }
  const units = [{ group: 'transform.harbor.feed', trouble: 'log_io_error' }]
  const lines = await groupLines(log, units)
  assert.deepEqual(lines, [
    { ...at, group: 'transform.harbor.feed', waiting: 5, since_ms: 77, trouble: 'log_io_error' },
    { ...at, group: 'done', waiting: 0, since_ms: undefined, trouble: undefined },
    { ...at, group: 'new', waiting: 7, since_ms: 77, trouble: undefined },
  ])
})
