// Pausing a target or a channel of a whole engine: what stops, what goes on, and that it outlives
// the engine.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import type { PauseSaid } from '../../src/operate/pauses.ts'
import { statusOf } from '../../src/operate/status.ts'
import { adt } from '../harness/messages.ts'
import { answer, folder, recordsOf, until } from '../path/rooms.ts'
import { CHANNEL, START_MS, TARGET } from '../path/toy.ts'
import { RAW, type Running, settled, startToy } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }
const CANONICAL = 'canonical.harbor'

const say = (toy: Running, args: Readonly<Record<string, string>>) =>
  answerControl(toy.engine, rates, { clock: systemClock })({ command: 'pauses', args })
const pause = (toy: Running, name: string) =>
  say(toy, { ask: 'pause', name, by: 'R. Moss', why: 'maintenance' }) as Promise<PauseSaid>
const resume = (toy: Running, name: string) =>
  say(toy, { ask: 'resume', name, by: 'Bo' }) as Promise<PauseSaid>

const message = (n: number) =>
  adt('A01', {
    control_id: `P${n}`,
    patient: n,
    visit: n,
    at: '20260105080000+0000',
    revision: 1,
  })
const accepted = async ({ engine }: Running) =>
  (await engine.store.counts()).find(({ state }) => state === 'accepted')?.count ?? 0

describe('a paused target', () => {
  it('is not called, also after a restart, until it is resumed; then nothing is missing', async t => {
    const data = await folder(t)
    const toy = await startToy(t, data)
    assert.equal((await pause(toy, TARGET)).outcome, 'paused')
    await toy.send(message(1))
    await until('its writes wait', async () => (await accepted(toy)) === 2)
    assert.equal(toy.chart.calls.length, 0)
    const { pauses } = await statusOf(toy.engine, rates, START_MS)
    assert.deepEqual(
      pauses.map(({ kind, name, by, why }) => [kind, name, by, why]),
      [['target', TARGET, 'R. Moss', 'maintenance']],
    )
    await toy.engine.stop()
    const next = await startToy(t, data)
    await next.send(message(2))
    await until('those too', async () => (await accepted(next)) === 4)
    assert.equal(next.chart.calls.length, 0)
    const said = await resume(next, TARGET)
    assert.equal(said.outcome, 'resumed')
    assert.equal(said.pause?.by, 'R. Moss')
    await until('it is through', () => settled(next.engine))
    assert.equal(next.chart.held.size, 4)
    assert.deepEqual([...toy.bugs, ...next.bugs], [])
  })

  it('that was unreachable is tried at once when it is resumed', async t => {
    const toy = await startToy(t)
    toy.chart.behave = () => answer(401)
    await toy.send(message(1))
    const delivery = toy.engine.deliveries.get(`harbor.${TARGET}`)
    await until('its breaker is open', () => delivery?.breaker.state !== 'closed')
    toy.chart.behave = () => undefined
    assert.equal((await resume(toy, TARGET)).outcome, 'not_paused')
    await until('it is through', () => settled(toy.engine))
    assert.equal(delivery?.breaker.state, 'closed')
  })
})

describe('a paused channel', () => {
  it('takes in and stores, and maps nothing until it is resumed, also after a restart', async t => {
    const data = await folder(t)
    const toy = await startToy(t, data)
    await toy.send(message(1))
    await until('the first is through', () => settled(toy.engine))
    assert.equal((await pause(toy, CHANNEL)).outcome, 'paused')
    assert.notEqual(await toy.send(message(2)), '')
    await toy.engine.stop()
    const next = await startToy(t, data)
    assert.notEqual(await next.send(message(3)), '')
    assert.equal((await recordsOf(next.engine.log, RAW)).length, 3)
    assert.equal((await recordsOf(next.engine.log, CANONICAL)).length, 1)
    assert.equal((await resume(next, CHANNEL)).outcome, 'resumed')
    await until('all are mapped', async () => {
      return (await recordsOf(next.engine.log, CANONICAL)).length === 3
    })
    await until('it is through', () => settled(next.engine))
    assert.deepEqual([...toy.bugs, ...next.bugs], [])
  })
})

describe('the word', () => {
  it('says what is paused already, what was not, and what there is not', async t => {
    const toy = await startToy(t)
    assert.equal((await pause(toy, TARGET)).outcome, 'paused')
    const again = await pause(toy, TARGET)
    assert.equal(again.outcome, 'already')
    assert.equal(again.pause?.why, 'maintenance')
    assert.equal((await resume(toy, CHANNEL)).outcome, 'not_paused')
    assert.equal((await pause(toy, 'nothing')).outcome, 'unknown')
    const kind = { ask: 'pause', name: TARGET, kind: 'channel', by: 'Bo' }
    assert.equal(((await say(toy, kind)) as PauseSaid).outcome, 'unknown')
    assert.equal(((await say(toy, { ask: 'list' })) as readonly unknown[]).length, 1)
    await resume(toy, TARGET)
  })
})
