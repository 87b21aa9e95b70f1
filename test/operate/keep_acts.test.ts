// What a backup and a restore leave behind: a line in each tenant's audit that is the same when it
// is written again, and what status says of the last of each.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LAST_BACKUP_CURSOR, RESTORED_CURSOR } from '../../src/model/keep_store.ts'
import { keepLines, keptOf } from '../../src/operate/keep_acts.ts'

const said = {
  act: 'backup',
  folder: '/mnt/monday',
  cut_at_ms: 1_000,
  at_ms: 2_000,
  by: 'R. Moss',
  why: 'the night',
} as const
const end = (topic: string, offset: number) => ({ topic, partition: 0, offset })

describe('the line of a backup or a restore', () => {
  it('stands in the audit of each tenant, says who, why and of when, and is known again', () => {
    const ends = [end('audit.harbor', 7), end('raw.harbor.adt_in', 9), end('audit.lake', 0)]
    const lines = keepLines(ends, said)
    assert.deepEqual(
      lines.map(({ topic, from_offset }) => [topic, from_offset]),
      [
        ['audit.harbor', 7],
        ['audit.lake', 0],
      ],
    )
    const [line] = lines
    assert.deepEqual([line?.record.headers.act, line?.record.headers.tenant], ['backup', 'harbor'])
    const told = JSON.parse(Buffer.from(line?.record.value ?? []).toString())
    assert.deepEqual(told, {
      act: 'backup',
      folder: '/mnt/monday',
      cut_at: '1970-01-01T00:00:01.000Z',
      at: '1970-01-01T00:00:02.000Z',
      by: 'R. Moss',
      why: 'the night',
    })
    assert.deepEqual(keepLines(ends, said), lines)
    const ids = [...lines, ...keepLines(ends, { ...said, act: 'restore' })]
    assert.equal(new Set(ids.map(({ record }) => record.headers.act_id)).size, 4)
  })
})

describe('what status says', () => {
  it('is the last backup and the last restore, or nothing', async () => {
    const of = (cursors: Readonly<Record<string, string>>) =>
      keptOf({ getCursor: async name => cursors[name] })
    assert.deepEqual(await of({}), { backup: undefined, restored: undefined })
    const backup = { folder: '/mnt/monday', cut_at_ms: 1_000, by: 'R. Moss' }
    const restored = { cut_at_ms: 1_000, at_ms: 2_000, by: 'R. Moss' }
    const cursors = {
      [LAST_BACKUP_CURSOR]: JSON.stringify(backup),
      [RESTORED_CURSOR]: JSON.stringify(restored),
    }
    assert.deepEqual(await of(cursors), { backup, restored })
  })
})
