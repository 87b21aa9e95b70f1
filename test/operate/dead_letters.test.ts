// Dead letters as a person reads them: each once, under its newest reason, without content.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Log } from '../../src/model/log.ts'
import {
  eachLetter,
  findLetters,
  type LetterQuery,
  type LetterRooms,
  pageOfLetters,
  reasonsOf,
  recordOf,
} from '../../src/operate/dead_letters.ts'
import { noSearch } from '../../src/operate/search_open.ts'
import { type DeadReason, deadRecord } from '../../src/path/dead_letter.ts'
import { openLog, openStore } from '../path/rooms.ts'
import { rawRecord, START_MS } from '../path/toy.ts'

const reason = (change: Partial<DeadReason> = {}): DeadReason => ({
  id: 'aaaa1111',
  tenant: 'harbor',
  channel: 'adt_in',
  route: '',
  stage: 'transform',
  class: 'poison',
  code: 'mapping_failed',
  path: 'PID-3',
  facts: { place: 'PID-3' },
  attempts: 1,
  first_failed_at_ms: START_MS,
  last_failed_at_ms: START_MS,
  origin: {
    topic: 'raw.harbor.adt_in',
    partition: 0,
    offset: 4,
    time_ms: START_MS,
    group: 'transform.harbor.adt_in',
  },
  deployment: 'd1',
  ...change,
})

async function world(t: TestContext, reasons: readonly DeadReason[]) {
  const log = await openLog(t, ['dead.harbor', 'dead.north', 'raw.harbor.adt_in'])
  for (const [i, one] of reasons.entries()) {
    const record = deadRecord(
      one,
      rawRecord({ raw_id: `raw${i}`, control_id: `C${i}`, note: 'CANARY' }),
    )
    await log.append(`dead.${one.tenant}`, 0, [record])
  }
  return roomsOver(t, log)
}

/** Without an index: the topics are read. */
async function roomsOver(t: TestContext, log: Log) {
  const rooms = { log, store: await openStore(t), search: noSearch }
  return { ...rooms, all: (query: LetterQuery) => allOf(rooms, query) }
}

async function allOf(rooms: LetterRooms, query: LetterQuery) {
  const all = []
  for await (const portion of eachLetter(rooms, query)) all.push(...portion)
  return all
}

describe('dead letters', () => {
  it('are none where nothing died', async t => {
    assert.deepEqual(await (await world(t, [])).all({}), [])
  })

  it('say what died, why, where it stands and what helps', async t => {
    const [letter] = await (await world(t, [reason()])).all({})
    assert.deepEqual(letter, {
      id: 'aaaa1111',
      tenant: 'harbor',
      channel: 'adt_in',
      route: '',
      target: '',
      stage: 'transform',
      class: 'poison',
      code: 'mapping_failed',
      path: 'PID-3',
      message: 'The mapping threw an error.',
      hint: 'Mend the mapping, deploy it, and retry the dead letter.',
      facts: { place: 'PID-3' },
      attempts: 1,
      first_failed_at: '2026-01-05T08:00:00.000Z',
      last_failed_at: '2026-01-05T08:00:00.000Z',
      raw_id: 'raw0',
      index: undefined,
      control_id: 'C0',
      event_id: undefined,
      intent_id: undefined,
      origin: 'raw.harbor.adt_in/0/4',
      position: 'dead.harbor/0/0',
      state: 'open',
      said: undefined,
    })
  })

  it('come once each: a later record under the same id is its newest reason', async t => {
    const again = reason({ code: 'mapping_timeout', attempts: 2 })
    const letters = await (await world(t, [reason(), reason({ id: 'bbbb' }), again])).all({})
    assert.deepEqual(
      letters.map(({ id, code, attempts }) => [id, code, attempts]),
      [
        ['aaaa1111', 'mapping_timeout', 2],
        ['bbbb', 'mapping_failed', 1],
      ],
    )
  })

  it('are kept to a tenant, a channel, a code, a time and a patient, alone and together', async t => {
    const { all } = await world(t, [
      reason({ id: 'a' }),
      reason({ id: 'b', channel: 'oru_in' }),
      reason({ id: 'c', code: 'mapping_timeout' }),
      reason({ id: 'd', tenant: 'north' }),
    ])
    const ids = async (query: LetterQuery) => (await all(query)).map(({ id }) => id).sort()
    assert.deepEqual(await ids({}), ['a', 'b', 'c', 'd'])
    assert.deepEqual(await ids({ tenant: 'harbor' }), ['a', 'b', 'c'])
    assert.deepEqual(await ids({ channel: 'oru_in' }), ['b'])
    assert.deepEqual(await ids({ code: 'mapping_timeout' }), ['c'])
    assert.deepEqual(await ids({ tenant: 'north', code: 'mapping_timeout' }), [])
    assert.deepEqual(await ids({ tenant: 'nobody' }), [])
    assert.deepEqual(await ids({ since_ms: START_MS + 1 }), [])
    assert.equal((await ids({ since_ms: START_MS, until_ms: START_MS + 1 })).length, 4)
    assert.deepEqual(await ids({ control_id: 'C2' }), ['c'])
    assert.deepEqual(await ids({ id: 'd' }), ['d'])
  })

  it('hold no content', async t => {
    const letters = await (await world(t, [reason()])).all({})
    assert.doesNotMatch(JSON.stringify(letters), /CANARY/)
  })

  it('of another version are read as what they say', async t => {
    const { log, all } = await world(t, [])
    const record = deadRecord(reason(), rawRecord())
    const headers = { ...record.headers, 'dlt.error.code': 'code_of_tomorrow' }
    await log.append('dead.harbor', 0, [{ ...record, headers }])
    const [letter] = await all({})
    assert.equal(letter?.code, 'code_of_tomorrow')
    assert.equal(letter?.hint, '')
  })

  it('are read from topics of any length, the newest first, page by page', async t => {
    const log = await openLog(t, ['dead.harbor'])
    const records = Array.from({ length: 1_200 }, (_, i) =>
      deadRecord(reason({ id: `id${i}` }), rawRecord()),
    )
    await log.append('dead.harbor', 0, records)
    const rooms = await roomsOver(t, log)
    const all = await rooms.all({})
    assert.equal(all.length, 1_200)
    assert.equal(all[0]?.id, 'id1199')
    const first = await pageOfLetters(rooms, {}, { after: '', limit: 700 })
    const second = await pageOfLetters(rooms, {}, { after: first.next ?? '', limit: 700 })
    assert.deepEqual([...first.rows, ...second.rows], all)
    assert.equal(second.next, undefined)
  })

  it('tell what was decided about them, and are asked for by that', async t => {
    const rooms = await world(t, [reason({ id: 'a' }), reason({ id: 'b' })])
    const said = { letter_id: 'a', tenant: 'harbor', by: 'Bo', why: 'noise', at_ms: 5 }
    const none = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }
    await rooms.store.closeLetters([{ ...said, ...none, state: 'dropped' }])
    const idsOf = async (state: LetterQuery['state']) =>
      (await rooms.all({ state })).map(({ id }) => id)
    assert.deepEqual(await idsOf('open'), ['b'])
    assert.deepEqual(await idsOf('dropped'), ['a'])
    assert.deepEqual(await idsOf(undefined), ['b', 'a'])
    assert.equal((await rooms.all({ state: 'dropped' }))[0]?.said?.why, 'noise')
  })

  it('are counted by reason and place, with the oldest and the newest', async t => {
    const at = (ms: number) => ({ last_failed_at_ms: START_MS + ms })
    const rooms = await world(t, [
      reason({ id: 'a', ...at(2_000) }),
      reason({ id: 'b', ...at(1_000) }),
      reason({ id: 'c', code: 'target_refused', facts: { target: 'chart' } }),
    ])
    assert.deepEqual(
      (await reasonsOf(rooms, {})).map(one => [one.count, one.code, one.target]),
      [
        [2, 'mapping_failed', ''],
        [1, 'target_refused', 'chart'],
      ],
    )
    const [most] = await reasonsOf(rooms, {})
    assert.equal(most?.oldest, '2026-01-05T08:00:01.000Z')
    assert.equal(most?.newest, '2026-01-05T08:00:02.000Z')
  })
})

describe('findLetters', () => {
  const idsOf = async (rooms: LetterRooms, id: string) =>
    (await findLetters(rooms, id)).map(letter => letter.id)

  it('finds one by its id or the beginning of it, with its record', async t => {
    const rooms = await world(t, [reason(), reason({ id: 'bbbb2222' })])
    for (const id of ['bbbb2222', 'bb']) {
      const [found, ...others] = await findLetters(rooms, id)
      assert.deepEqual(others, [])
      assert.ok(found)
      assert.equal(found.id, 'bbbb2222')
      assert.match((await recordOf(rooms.log, found))?.value.toString() ?? '', /^MSH/)
    }
  })

  it('finds all of a message, and all that begin so; an exact id alone', async t => {
    const rooms = await world(t, [reason({ id: 'bbbb1111' }), reason({ id: 'bbbb2222' })])
    assert.deepEqual((await idsOf(rooms, 'bbbb')).sort(), ['bbbb1111', 'bbbb2222'])
    assert.deepEqual(await idsOf(rooms, 'bbbb1111'), ['bbbb1111'])
    assert.deepEqual(await idsOf(rooms, 'raw1'), ['bbbb2222'])
    assert.deepEqual(await idsOf(rooms, 'C0'), ['bbbb1111'])
  })

  it('finds nothing where nothing begins so, and nothing for no id', async t => {
    const rooms = await world(t, [reason()])
    assert.deepEqual(await idsOf(rooms, 'cccc'), [])
    assert.deepEqual(await idsOf(rooms, ''), [])
  })
})
