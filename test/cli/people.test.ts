// firth approve and firth release as a person types them: beside an engine by its socket, on the
// files without one, and what is refused.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import { serveControl } from '../../src/wire/control.ts'
import { adt } from '../harness/messages.ts'
import { settled, startToy, toyPlan } from '../operate/world.ts'
import { atEnd, until } from '../path/rooms.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

/** An engine whose policy asks one person about patients; one admission waits. */
async function engineAsking(t: TestContext) {
  const plan = toyPlan()
  const policy = { demographics: 'one_approver', other: 'automatic' } as const
  const tenants = plan.tenants.map(tenant => ({
    ...tenant,
    targets: tenant.targets.map(target => ({ ...target, policy })),
  }))
  const toy = await startToy(t, undefined, { ...plan, tenants })
  const at = '20260105080000+0000'
  await toy.send(adt('A01', { control_id: 'MSG1', patient: 7, visit: 7, at, revision: 1 }))
  await until('it waits', async () =>
    (await toy.engine.store.counts()).some(({ state }) => state === 'awaiting_approval'),
  )
  const control = await serveControl(
    toy.data,
    answerControl(toy.engine, rates, { clock: systemClock }),
    cause => assert.fail(String(cause)),
  )
  atEnd(t, () => control.close())
  const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
  const waiting = async () => {
    const [one] = lines((await firth('approve', 'list', '--json')).out)
    return one as unknown as { intent_id: string; content: string }
  }
  return { ...toy, control, firth, waiting }
}

describe('firth approve', () => {
  it('lists, shows and approves beside a running engine, and the write goes out', async t => {
    const { firth, waiting, engine, chart } = await engineAsking(t)
    const { intent_id, content } = await waiting()
    const list = await firth('approve', 'list')
    assert.match(list.out, /harbor\/chart +demographics +update Patient +patient\.admitted +0 of 1/)
    assert.doesNotMatch(list.out, /Hazel7/)
    const show = await firth('approve', 'show', intent_id.slice(0, 8))
    assert.match(show.out, /Hazel7/)
    assert.match(
      show.out,
      new RegExp(`firth approve ${intent_id}@${content.slice(0, 12)} --by NAME`),
    )
    const name = `${intent_id.slice(0, 8)}@${content.slice(0, 12)}`
    const done = await firth('approve', name, '--by', 'R. Moss', '--why', 'checked')
    assert.equal(done.code, exit.ok)
    assert.match(done.out, /: approved; it goes out/)
    await until('it is through', () => settled(engine))
    assert.ok(chart.calls.some(({ method }) => method === 'PUT'))
    assert.equal((await firth('approve', 'list')).out, 'No write waits for approval.\n')
    const trace = await firth('trace', 'MSG1')
    assert.match(trace.out, /accepted, approve by R\. Moss \(1 of 1\): checked\n/)
  })

  it('works on the files where no engine runs', async t => {
    const { firth, waiting, engine, control, data } = await engineAsking(t)
    const { intent_id } = await waiting()
    await control.close()
    await engine.stop()
    const rejected = await firth('approve', 'reject', intent_id, '--by', 'Ann', '--why', 'twice')
    assert.equal(rejected.code, exit.ok)
    assert.match(rejected.out, /rejected; it will not be written \(rejected\)\n/)
    const again = await run(['approve', 'approve', intent_id, '--by', 'Bo', '--data', data])
    assert.equal(again.code, exit.failed)
    assert.match(again.out, /nothing to decide/)
  })

  it('refuses a word without a name, without a write, and names that are none', async t => {
    const { firth, waiting } = await engineAsking(t)
    const { intent_id } = await waiting()
    for (const words of [
      ['approve', intent_id],
      ['approve', intent_id, '--by', '  '],
      ['approve', intent_id, '--by', 'a\nb'],
      ['approve', '--by', 'Ann'],
      ['approve', '../etc', '--by', 'Ann'],
      ['approve', 'show'],
    ]) {
      assert.equal((await firth(...words)).code, exit.usage, words.join(' '))
    }
    const unknown = await firth('approve', '0000', '--by', 'Ann')
    assert.equal(unknown.code, exit.failed)
    assert.match(unknown.out, /no write that waits has this id/)
  })
})

describe('firth release', () => {
  it('lists nothing where nothing waits, and wants exactly one word', async t => {
    const { firth, waiting } = await engineAsking(t)
    const { intent_id } = await waiting()
    assert.equal((await firth('release', 'list')).out, 'No write waits for a release.\n')
    const by = ['--by', 'Ann']
    assert.equal((await firth('release', intent_id, ...by)).code, exit.usage)
    assert.equal((await firth('release', intent_id, '--drop', '--retry', ...by)).code, exit.usage)
    const wrong = await firth('release', intent_id, '--not-landed', ...by)
    assert.equal(wrong.code, exit.failed)
    assert.match(wrong.out, /does not wait for this \(awaiting_approval\)/)
  })
})
