// Dead letters as a person reads them: each once, under its newest reason, without content.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LogReader } from '../../src/model/log.ts'
import { deadLetters, findDeadLetters } from '../../src/operate/dead_letters.ts'
import { type DeadReason, deadRecord } from '../../src/path/dead_letter.ts'
import { openLog } from '../path/rooms.ts'
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
  return log
}

describe('deadLetters', () => {
  it('is empty where nothing died', async t => {
    assert.deepEqual(await deadLetters(await world(t, []), {}), [])
  })

  it('says what died, why, where it stands and what helps', async t => {
    const [letter] = await deadLetters(await world(t, [reason()]), {})
    assert.deepEqual(letter, {
      id: 'aaaa1111',
      tenant: 'harbor',
      channel: 'adt_in',
      route: '',
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
      control_id: 'C0',
      origin: 'raw.harbor.adt_in/0/4',
      position: 'dead.harbor/0/0',
    })
  })

  it('shows each once: a later record under the same id is its newest reason', async t => {
    const again = reason({ code: 'mapping_timeout', attempts: 2 })
    const letters = await deadLetters(await world(t, [reason(), reason({ id: 'bbbb' }), again]), {})
    assert.deepEqual(
      letters.map(({ id, code, attempts }) => [id, code, attempts]),
      [
        ['aaaa1111', 'mapping_timeout', 2],
        ['bbbb', 'mapping_failed', 1],
      ],
    )
  })

  it('keeps to a tenant, a channel and a code, alone and together', async t => {
    const log = await world(t, [
      reason({ id: 'a' }),
      reason({ id: 'b', channel: 'oru_in' }),
      reason({ id: 'c', code: 'mapping_timeout' }),
      reason({ id: 'd', tenant: 'north' }),
    ])
    const ids = async (filter: Parameters<typeof deadLetters>[1]) =>
      (await deadLetters(log, filter)).map(({ id }) => id).sort()
    assert.deepEqual(await ids({}), ['a', 'b', 'c', 'd'])
    assert.deepEqual(await ids({ tenant: 'harbor' }), ['a', 'b', 'c'])
    assert.deepEqual(await ids({ channel: 'oru_in' }), ['b'])
    assert.deepEqual(await ids({ code: 'mapping_timeout' }), ['c'])
    assert.deepEqual(await ids({ tenant: 'north', code: 'mapping_timeout' }), [])
    assert.deepEqual(await ids({ tenant: 'nobody' }), [])
  })

  it('shows no content', async t => {
    const letters = await deadLetters(await world(t, [reason()]), {})
    assert.doesNotMatch(JSON.stringify(letters), /CANARY/)
  })

  it('reads a code of another version as what it says', async t => {
    const log = await world(t, [])
    const record = deadRecord(reason(), rawRecord())
    const headers = { ...record.headers, 'dlt.error.code': 'code_of_tomorrow' }
    await log.append('dead.harbor', 0, [{ ...record, headers }])
    const [letter] = await deadLetters(log, {})
    assert.equal(letter?.code, 'code_of_tomorrow')
    assert.equal(letter?.hint, '')
  })

  it('reads topics of any length', async t => {
    const log = await openLog(t, ['dead.harbor'])
    const records = Array.from({ length: 1_200 }, (_, i) =>
      deadRecord(reason({ id: `id${i}` }), rawRecord()),
    )
    await log.append('dead.harbor', 0, records)
    assert.equal((await deadLetters(log, {})).length, 1_200)
  })
})

describe('findDeadLetters', () => {
  const idsOf = async (log: LogReader, id: string) =>
    (await findDeadLetters(log, id)).map(({ letter }) => letter.id)

  it('finds one by its id or the beginning of it, with its record', async t => {
    const log = await world(t, [reason(), reason({ id: 'bbbb2222' })])
    for (const id of ['bbbb2222', 'bb']) {
      const [found, ...others] = await findDeadLetters(log, id)
      assert.deepEqual(others, [])
      assert.equal(found?.letter.id, 'bbbb2222')
      assert.match(found?.record.value.toString() ?? '', /^MSH/)
    }
  })

  it('finds all that begin so, and an exact one alone: the reader chooses', async t => {
    const log = await world(t, [reason({ id: 'bbbb1111' }), reason({ id: 'bbbb2222' })])
    for (const id of ['raw', 'bbbb']) {
      assert.deepEqual((await idsOf(log, id)).sort(), ['bbbb1111', 'bbbb2222'])
    }
    assert.deepEqual(await idsOf(log, 'bbbb1111'), ['bbbb1111'])
  })

  it('finds nothing where nothing begins so, and nothing for no id', async t => {
    const log = await world(t, [reason()])
    assert.deepEqual(await idsOf(log, 'cccc'), [])
    assert.deepEqual(await idsOf(log, ''), [])
  })
})
