// firth pause and firth resume as a person types them: beside an engine and on the files.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { userName } from '../../src/kit/user.ts'
import { answerControl } from '../../src/operate/control.ts'
import { serveControl } from '../../src/wire/control.ts'
import { startToy } from '../operate/world.ts'
import { atEnd } from '../path/rooms.ts'
import { CHANNEL, TARGET } from '../path/toy.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

describe('firth pause', () => {
  it('works beside a running engine and on the files, and is said in status', async t => {
    const toy = await startToy(t)
    const control = await serveControl(
      toy.data,
      answerControl(toy.engine, rates, { clock: systemClock }),
      cause => assert.fail(String(cause)),
    )
    atEnd(t, () => control.close())
    const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
    const done = await firth('pause', TARGET, '--tenant', 'harbor', '--why', 'new certificate')
    assert.equal(done.code, exit.ok)
    assert.equal(done.out, `target harbor/${TARGET} is paused.\n`)
    assert.match((await firth('status')).out, /Paused\n[\s\S]*new certificate/)
    assert.match((await firth('pause', TARGET)).out, /is paused already, by .* since .*Z/)
    await control.close()
    await toy.engine.stop()
    const listed = lines((await firth('pause', 'list', '--json')).out)
    assert.deepEqual(
      listed.map(({ kind, name, by }) => [kind, name, by]),
      [['target', TARGET, userName()]],
    )
    assert.equal((await firth('pause', CHANNEL, '--by', 'R. Moss')).code, exit.ok)
    assert.match((await firth('pause', 'list')).out, /channel +harbor\/adt_in .*R\. Moss/)
    assert.match((await firth('resume', TARGET)).out, /goes on; it was paused by/)
    assert.match((await firth('resume', CHANNEL)).out, /goes on/)
    assert.equal((await firth('pause', 'list')).out, 'Nothing is paused.\n')
  })

  it('refuses what it does not know', async t => {
    const toy = await startToy(t)
    await toy.engine.stop()
    const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
    const unknown = await firth('pause', 'nothing')
    assert.equal(unknown.code, exit.failed)
    assert.equal(unknown.out, 'There is no target or channel nothing.\n')
    assert.equal((await firth('pause')).code, exit.usage)
    assert.equal((await firth('pause', TARGET, '--kind', 'door')).code, exit.usage)
  })
})
