// firth trace: asks the engine that runs, else reads the files itself; shows decisions and never
// content.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import type { Trace } from '../../src/operate/trace.ts'
import { serveControl } from '../../src/wire/control.ts'
import { adt } from '../harness/messages.ts'
import { settled, startToy } from '../operate/world.ts'
import { atEnd, folder, until } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

/** An engine that has brought one admission through and filtered one message. */
async function engineWith(t: TestContext) {
  const toy = await startToy(t)
  await toy.send(
    adt('A01', {
      control_id: 'MSG1',
      patient: 7,
      visit: 7,
      at: '20260105080000+0000',
      revision: 1,
    }),
  )
  await toy.send(message({ type: 'ORU^R01', control_id: 'MSG2' }))
  await toy.send(message({ type: 'ADT^A99', control_id: 'MSG3' }))
  await until('it is through', () => settled(toy.engine))
  return toy
}

describe('firth trace', () => {
  it('asks the engine that owns the folder', async t => {
    const { engine, data } = await engineWith(t)
    const answer = answerControl(engine, rates, { clock: systemClock })
    const control = await serveControl(data, answer, cause => assert.fail(String(cause)))
    atEnd(t, () => control.close())
    const { code, out, err } = await run(['trace', 'MSG1', '--data', data])
    assert.equal(code, exit.ok)
    assert.equal(err, '')
    assert.match(out, /^message MSG1 {2}raw_id [0-9a-z]{26}\n {2}deployment d+\n/)
    for (const part of [
      /stored, ADT\^A01 from toy\|HIS\|HARBOR {2}raw\.harbor\.adt_in\/0\/0\n/,
      /\+\d+ \S+ {2}event patient\.admitted {2}canonical\.harbor\/0\/0\n/,
      /intent update Patient for chart {2}outbound\.harbor\.chart\/0\/\d+\n/,
      /\nWrites:\n/,
      /chart: update Patient\/\S+ is surfaced \(confirmed\), there as at-Patient\/\S+\n/,
      / {2}in_flight\n/,
    ]) {
      assert.match(out, part)
    }
    assert.doesNotMatch(out, /Hazel7|Quay Street/)
  })

  it('says of a record that carries no type, such as a batch, that it has none', async t => {
    const { engine, data, send } = await engineWith(t)
    await send(Buffer.from('BHS|^~\\&|HIS|HARBOR|||||||BATCH1\rBTS|0\r'))
    await until('it is through', () => settled(engine))
    await engine.stop()
    const { out } = await run(['trace', 'BATCH1', '--data', data])
    assert.match(out, /stored, no type from toy\|HIS\|HARBOR {2}raw/)
  })

  it('reads the files itself where no engine runs, and finds the same', async t => {
    const { engine, data } = await engineWith(t)
    await engine.stop()
    const { code, out } = await run(['trace', 'MSG1', '--data', data, '--json'])
    assert.equal(code, exit.ok)
    const [found, ...others] = lines(out)
    assert.deepEqual(others, [])
    assert.equal(found?.control_id, 'MSG1')
    const { records, writes } = found as unknown as Trace
    assert.ok(records.length >= 4)
    assert.ok(writes.some(({ state }) => state === 'surfaced'))
  })

  it('says what became of a message that was filtered or died', async t => {
    const { engine, data } = await engineWith(t)
    await engine.stop()
    assert.match(
      (await run(['trace', 'MSG2', '--data', data])).out,
      / {2}filtered {2}audit\.harbor/,
    )
    assert.match(
      (await run(['trace', 'MSG3', '--data', data])).out,
      / {2}dead letter [0-9a-f]{12}: message_type_unmapped at transform {2}dead\.harbor/,
    )
  })

  it('refuses to open the files of an engine that runs and does not answer', async t => {
    const { data } = await engineWith(t)
    const { code, err } = await run(['trace', 'MSG1', '--data', data])
    assert.equal(code, exit.unavailable)
    assert.match(err, /^data_in_use: /)
  })

  it('says that there is no such folder, and makes none by asking', async t => {
    const root = await folder(t)
    const data = join(root, 'typo')
    const { code, out, err } = await run(['trace', 'MSG9', '--data', data])
    assert.equal(code, exit.unavailable)
    assert.equal(out, '')
    assert.match(err, /^data_missing: /)
    assert.ok(!existsSync(data))
  })
})
