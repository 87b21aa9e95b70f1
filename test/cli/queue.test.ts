// firth queue and firth release as a person types them, beside an engine and on its files: what
// waits, what an exception wanted against what the target holds, and the way on.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { userName } from '../../src/kit/user.ts'
import { answerControl } from '../../src/operate/control.ts'
import { serveControl } from '../../src/wire/control.ts'
import { adt } from '../harness/messages.ts'
import { startToy } from '../operate/world.ts'
import { answer, atEnd, until } from '../path/rooms.ts'
import { TARGET } from '../path/toy.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

/** An engine with one admission whose patient conflicts with what the chart holds. */
async function conflicting(t: TestContext) {
  const toy = await startToy(t)
  toy.chart.behave = ({ method, resource }) =>
    method === 'PUT' && resource.startsWith('Patient/') ? answer(409) : undefined
  const at = '20260105080000+0000'
  await toy.send(adt('A01', { control_id: 'MSG1', patient: 7, visit: 7, at, revision: 1 }))
  const conflicts = () =>
    toy.engine.store.rowsInState({ tenant: 'harbor', target: TARGET }, 'conflict', 10)
  await until('it conflicts', async () => (await conflicts()).length === 1)
  const [row] = await conflicts()
  assert.ok(row)
  const theirs = JSON.stringify({ ...row.intent.resource, gender: 'unknown' })
  toy.chart.held.set(`Patient/${row.intent.resource_id}`, theirs)
  const control = await serveControl(
    toy.data,
    answerControl(toy.engine, rates, { clock: systemClock }),
    cause => assert.fail(String(cause)),
  )
  atEnd(t, () => control.close())
  const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
  return { ...toy, control, firth, id: row.intent.intent_id }
}

describe('an exception', () => {
  it('is listed, shown against what the target holds, and accepted as theirs', async t => {
    const { firth, id, engine } = await conflicting(t)
    const queue = await firth('queue', '--state', 'conflict')
    assert.match(queue.out, /state +retries +since.*\n.* conflict +2 /)
    assert.match(queue.out, /update Patient +patient\.admitted +conflict .* person after target_/)
    assert.doesNotMatch(queue.out, /Hazel7/)
    const list = await firth('release', 'list')
    assert.match(list.out, /conflict .*--retry --accept-theirs --drop/)
    const show = await firth('release', 'show', id.slice(0, 8))
    assert.equal(show.code, exit.ok)
    assert.match(show.out, /Patient\.gender: wanted "\w+", there "unknown"/)
    const done = await firth('release', id, '--accept-theirs', '--why', 'checked with the ward')
    assert.equal(done.code, exit.ok)
    assert.match(done.out, /: released \(reconciled\)/)
    const said = (await engine.store.history(id)).at(-1)?.facts
    assert.equal(said?.by, userName())
  })

  it('is seen and dropped on the files where no engine runs', async t => {
    const { firth, id, control, engine } = await conflicting(t)
    await control.close()
    await engine.stop()
    const [line] = lines(
      (await firth('queue', '--patient', 'M000007', '--state', 'conflict', '--json')).out,
    )
    assert.equal(line?.intent_id, id)
    const show = await firth('release', 'show', id)
    assert.match(show.out, /The target could not be asked\. What was wanted:[\s\S]*Hazel7/)
    assert.match((await firth('release', id, '--drop')).out, /released \(withdrawn\)/)
    assert.equal((await firth('queue', '--state', 'conflict')).out, 'Nothing waits.\n')
  })

  it('refuses states that there are not, and more than one word', async t => {
    const { firth, id } = await conflicting(t)
    assert.equal((await firth('queue', '--state', 'lost')).code, exit.usage)
    assert.equal((await firth('queue', id)).code, exit.usage)
    assert.equal((await firth('release', id, '--park', '--drop')).code, exit.usage)
    const wrong = await firth('release', id, '--landed')
    assert.equal(wrong.code, exit.failed)
  })
})
