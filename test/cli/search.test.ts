// firth search and firth audit as a person runs them: beside an engine and on the files, in words
// and as JSON, with their exit codes.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { momentOf } from '../../src/cli/times.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import { serveControl } from '../../src/wire/control.ts'
import { adt } from '../harness/messages.ts'
import { settled, startToy } from '../operate/world.ts'
import { atEnd, until } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

async function engineWith(t: TestContext) {
  const toy = await startToy(t)
  const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
  await toy.send(adt('A01', { ...facts, control_id: 'MSG1' }))
  await toy.send(message({ type: 'ORU^R01', control_id: 'MSG2' }))
  await until('it is through', () => settled(toy.engine))
  return toy
}

async function served(t: TestContext) {
  const toy = await engineWith(t)
  const answer = answerControl(toy.engine, rates, { clock: systemClock })
  const control = await serveControl(toy.data, answer, cause => assert.fail(String(cause)))
  atEnd(t, () => control.close())
  return toy
}

describe('firth search', () => {
  it('asks the engine that runs, also for what has just come, page by page', async t => {
    const { data } = await served(t)
    const { code, out } = await run(['search', '--data', data])
    assert.equal(code, exit.ok)
    assert.match(out, /^stored at +channel +type +control id +state +writes +raw id\n/)
    assert.match(out, / harbor\/adt_in +ADT\^A01 +MSG1 +.*confirmed.* chart \d/)
    assert.match(out, / MSG2 +filtered /)
    const first = await run(['search', '--data', data, '--limit', '1', '--json'])
    const [row, end] = lines(first.out)
    assert.equal(row?.control_id, 'MSG2')
    const rest = ['--limit', '1', '--json', '--after', String(end?.next)]
    const [next] = lines((await run(['search', '--data', data, ...rest])).out)
    assert.equal(next?.control_id, 'MSG1')
  })

  it('reads the files where no engine runs, and ends with 1 where nothing fits', async t => {
    const { engine, data } = await engineWith(t)
    await engine.stop()
    const found = await run(['search', '--control-id', 'MSG1', '--data', data, '--json'])
    assert.equal(found.code, exit.ok)
    assert.equal(lines(found.out)[0]?.control_id, 'MSG1')
    const none = await run(['search', '--patient', 'nobody', '--since', '1h', '--data', data])
    assert.equal(none.code, exit.failed)
    assert.match(none.err, /No message fits\./)
  })

  it('refuses what it cannot mean', async () => {
    for (const words of [
      ['--state', 'lost'],
      ['--limit', '0'],
      ['--limit', '1001'],
      ['--after', 'x'],
      ['--since', 'yesterday'],
    ]) {
      assert.equal((await run(['search', ...words])).code, exit.usage, words.join(' '))
    }
  })
})

it('reads moments as times and as ages', () => {
  const now_ms = Date.parse('2026-11-21T12:00:00Z')
  assert.equal(momentOf('since', '90s', now_ms), now_ms - 90_000)
  assert.equal(momentOf('since', '1.5h', now_ms), now_ms - 5_400_000)
  assert.equal(momentOf('since', '2026-11-21T11:00:00Z', now_ms), now_ms - 3_600_000)
  assert.throws(() => momentOf('since', '1.5', now_ms), /--since wants a time/)
})

describe('firth audit', () => {
  it('balances beside an engine', async t => {
    const { data } = await served(t)
    const beside = await run(['audit', '--data', data])
    assert.equal(beside.code, exit.ok)
    assert.match(beside.out, /\nharbor\/adt_in +2 +1 +0 +0 +1 +0 +0 +0 +0\n/)
    assert.match(beside.out, /\nIt balances: nothing is missing\.\n$/)
  })

  it('reads the files where no engine runs', async t => {
    const { engine, data } = await engineWith(t)
    await engine.stop()
    const { code, out } = await run(['audit', '--data', data, '--json'])
    assert.equal(code, exit.ok)
    const [report] = lines(out)
    assert.equal(report?.problem_count, 0)
  })
})
