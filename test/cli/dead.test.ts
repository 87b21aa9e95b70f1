// firth dead: what cannot go on and why, without content until one letter is shown.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { type DeadReason, deadRecord } from '../../src/path/dead_letter.ts'
import { message, rawRecord, START_MS } from '../path/toy.ts'
import { dataWith, lines, run } from './world.ts'

const DEAD = 'dead.harbor'
const reason = (change: Partial<DeadReason> = {}): DeadReason => ({
  id: 'aaaa1111bbbb2222cccc',
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
  origin: { topic: 'raw.harbor.adt_in', partition: 0, offset: 4, time_ms: 1, group: 'g' },
  deployment: 'd1',
  ...change,
})
const letters = [
  deadRecord(reason(), rawRecord({ control_id: 'MSG1', raw_id: 'raw_one', note: 'CANARY' })),
  deadRecord(
    reason({
      id: 'dddd',
      code: 'target_refused',
      stage: 'deliver',
      facts: { target: 'chart' },
      channel: '',
    }),
    rawRecord({ control_id: 'MSG2', raw_id: 'raw_two' }),
  ),
  deadRecord(
    reason({ id: 'eeee', channel: 'oru_in' }),
    rawRecord({ value: Buffer.from([0x4d, 0xff]), raw_id: 'raw_three' }),
  ),
]

describe('firth dead list', () => {
  it('lists letters with where, why and which message, and counts the reasons', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    const { code, out } = await run(['dead', 'list', '--data', data])
    assert.equal(code, exit.ok)
    assert.match(out, /^count +reason +where +oldest +newest\n/)
    assert.match(out, /\nid +failed at +where +stage +reason +control id\n/)
    assert.match(
      out,
      /aaaa1111bbbb +2026-01-05T08:00:00\.000Z +harbor\/adt_in +transform +mapping_failed +MSG1\n/,
    )
    assert.match(out, /dddd +\S+ +harbor\/ → chart +deliver +target_refused +MSG2\n/)
    assert.match(out, / +1 {2}mapping_failed +harbor\/oru_in +2026-01-05T08:00:00.000Z/)
    assert.doesNotMatch(out, /CANARY/)
  })

  it('prints one object a line for programs, without content', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    const { out } = await run(['dead', 'list', '--data', data, '--json'])
    assert.deepEqual(
      lines(out).map(({ id, code, position }) => [id, code, position]),
      [
        ['eeee', 'mapping_failed', 'dead.harbor/0/2'],
        ['dddd', 'target_refused', 'dead.harbor/0/1'],
        ['aaaa1111bbbb2222cccc', 'mapping_failed', 'dead.harbor/0/0'],
      ],
    )
    assert.doesNotMatch(out, /CANARY/)
  })

  it('keeps to a tenant, a channel or a code', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    const ids = async (...words: string[]) =>
      lines((await run(['dead', 'list', '--data', data, '--json', ...words])).out).map(
        ({ id }) => id,
      )
    assert.deepEqual(await ids('--code', 'target_refused'), ['dddd'])
    assert.deepEqual(await ids('--channel', 'oru_in'), ['eeee'])
    assert.deepEqual(await ids('--tenant', 'north'), [])
  })

  it('says that there is none', async t => {
    const data = await dataWith(t, { [DEAD]: [] })
    const { code, out } = await run(['dead', 'list', '--data', data])
    assert.equal(code, exit.ok)
    assert.equal(out, 'There is no dead letter.\n')
  })
})

describe('firth dead show', () => {
  it('shows a letter whole: reason, what helps, where it comes from, its bytes in lines', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    const { code, out } = await run(['dead', 'show', 'aaaa', '--data', data])
    assert.equal(code, exit.ok)
    for (const part of [
      'mapping_failed: The mapping threw an error.\nMend the mapping, deploy it, and retry the dead letter.\n',
      '\nid       aaaa1111bbbb2222cccc\n',
      '\nwhere    harbor/adt_in, at transform (poison)\n',
      '\nplace    PID-3\n',
      '\nmessage  MSG1 raw_id raw_one\n',
      '\norigin   raw.harbor.adt_in/0/4\n',
      'ZNT|CANARY',
    ]) {
      assert.ok(out.includes(part), part)
    }
    assert.ok(!out.includes('\r'))
  })

  it('gives programs the record with its own headers and its bytes, whatever they are', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    const show = async (id: string) =>
      lines((await run(['dead', 'show', id, '--data', data, '--json'])).out)[0]
    const text = await show('aaaa')
    assert.equal(text?.value, message({ control_id: 'MSG1', note: 'CANARY' }).toString())
    assert.equal(text?.value_encoding, undefined)
    assert.match(JSON.stringify(text?.headers), /"message_type":"ADT\^A01"/)
    const bytes = await show('raw_three')
    assert.equal(bytes?.value_encoding, 'base64')
    assert.deepEqual(Buffer.from(String(bytes?.value), 'base64'), Buffer.from([0x4d, 0xff]))
  })

  it('ends with 1 where there is none of that id', async t => {
    const data = await dataWith(t, { [DEAD]: letters })
    for (const id of ['ffff', '']) {
      const { code, out, err } = await run(['dead', 'show', id, '--data', data])
      assert.equal(code, exit.failed)
      assert.equal(out, '')
      assert.match(err, /There is no dead letter/)
    }
  })
})
