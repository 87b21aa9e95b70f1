// firth replay as a person types it: beside an engine, and on the files without one.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import { serveControl } from '../../src/wire/control.ts'
import { adt } from '../harness/messages.ts'
import { settled, startToy } from '../operate/world.ts'
import { atEnd, until } from '../path/rooms.ts'
import { CHANNEL, TARGET, TENANT } from '../path/toy.ts'
import { lines, run } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }
const RAW = `raw.${TENANT}.${CHANNEL}`
const at = '20260105080000+0000'

describe('firth replay', () => {
  it('looks before, begins, shows, and refuses what it cannot do', async t => {
    const toy = await startToy(t)
    for (let n = 0; n < 3; n++) {
      const facts = { control_id: `R${n}`, patient: n, visit: n, at, revision: 0 }
      await toy.send(adt('A01', facts))
    }
    await until('all is written', async () => toy.chart.held.size === 6 && settled(toy.engine))
    const control = await serveControl(
      toy.data,
      answerControl(toy.engine, rates, { clock: systemClock }),
      cause => assert.fail(String(cause)),
    )
    atEnd(t, () => control.close())
    const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
    const span = ['replay', '--topic', RAW, '--from', '0', '--to-target', TARGET]
    const dry = await firth(...span, '--dry-run')
    assert.equal(dry.code, exit.ok, dry.err)
    assert.match(dry.out, /3 of 3 records\. Nothing was written\./)
    assert.match(dry.out, /events: 3 the same, 0 changed, 0 new, 0 no longer made/)
    assert.match(dry.out, new RegExp(`${TARGET} +6 +3`))
    const readers = await firth('replay', '--topic', RAW, '--from', '0', '--dry-run')
    assert.match(readers.out, /It names no target/)
    const begun = await firth(...span, '--name', 'again', '--by', 'Ann', '--why', 'a test')
    assert.equal(begun.code, exit.ok, begun.err)
    assert.match(begun.out, /start by Ann: a test/)
    await until('it has ended', async () =>
      /again is done/.test((await firth('replay', 'show', 'again')).out),
    )
    const listed = lines((await firth('replay', 'list', '--json')).out)
    assert.deepEqual(
      listed.map(({ name, state }) => [name, state]),
      [['again', 'done']],
    )
    assert.match((await firth('replay', 'list')).out, /again +raw\.harbor\.adt_in +done +100% +3/)
    await firth(...span, '--name', 'slow', '--rate', '0.1')
    assert.match((await firth('status')).out, /Replays\n.*\nslow +raw\.harbor\.adt_in +running/)
    assert.match((await firth('replay', 'cancel', 'slow')).out, /slow is cancelled/)
    const used = await firth(...span, '--to', '1', '--name', 'again')
    assert.equal(used.code, exit.unavailable)
    assert.match(used.err, /replay_name_used/)
    const over = await firth('replay', 'cancel', 'again')
    assert.match(over.err, /replay_not_turned/)
    assert.deepEqual(toy.bugs, [])
  })

  it('lists and turns on the files where no engine runs', async t => {
    const toy = await startToy(t)
    await toy.engine.store.makeReplay(
      {
        ...{ name: 'later', tenant: TENANT, topic: RAW, from_offset: 0, to_offset: 9, only: {} },
        ...{ targets: [], deployment: 'recorded', rate_per_second: undefined, asked: '' },
        ...{ by: 'Ann', why: '', at_ms: 1 },
      },
      0,
    )
    await toy.engine.stop()
    const firth = (...words: readonly string[]) => run([...words, '--data', toy.data])
    assert.match((await firth('replay', 'list')).out, /later +raw\.harbor\.adt_in +running +0%/)
    const paused = await firth('replay', 'pause', 'later', '--by', 'Bo', '--why', 'lunch')
    assert.match(paused.out, /later is paused[\s\S]*pause by Bo: lunch/)
    assert.match((await firth('replay', 'cancel', 'later')).out, /later is cancelled/)
  })

  it('says what is wrong with the line', async () => {
    const usage = async (...words: readonly string[]) => {
      const { code, err } = await run(['replay', ...words])
      assert.equal(code, exit.usage, err)
      return err
    }
    assert.match(await usage(), /Name a topic/)
    assert.match(await usage('--topic', 'dead.a'), /Name a topic/)
    assert.match(await usage('--topic', RAW), /Say where to begin/)
    const span = ['--topic', RAW, '--from', '0']
    assert.match(await usage(...span), /either --dry-run or --name/)
    assert.match(await usage(...span, '--dry-run', '--name', 'a'), /either --dry-run or --name/)
    assert.match(await usage(...span, '--name', 'A b'), /A name is/)
    assert.match(await usage(...span, '--name', 'a', '--show'), /belongs to --dry-run/)
    assert.match(await usage(...span, '--name', 'a', '--rate', '0'), /above 0/)
    assert.match(await usage(...span, '--dry-run', '--only', 'ward=3'), /--only is one of/)
    assert.match(
      await usage('--topic', RAW, '--from', 'yesterday', '--dry-run'),
      /neither an offset nor a time/,
    )
    const outbound = ['--topic', 'outbound.a.b', '--from', '0', '--dry-run']
    assert.match(await usage(...outbound, '--only', 'control_id=1'), /use raw_id=/)
    assert.match(await usage(...outbound, '--deployment', 'ab'), /--deployment says nothing/)
  })
})
