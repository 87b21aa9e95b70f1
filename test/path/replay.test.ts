// Replays beside the live path, on the real log and store: what comes again keeps its id and its
// place in the order, reaches only the targets that are named, and is doubled by nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Failure } from '../../src/model/errors.ts'
import { workReplay } from '../../src/path/replay.ts'
import { FIRST, replayWorld, SECOND, topics } from './replay_world.ts'
import { guarded, recordsOf, until } from './rooms.ts'
import { TARGET, TENANT } from './toy.ts'

const AT = { tenant: TENANT, target: TARGET }

describe('a replay of a raw topic', () => {
  it('makes the same bytes by the deployment of the record (G6)', async t => {
    const { send, live, quiet, log, begin, ended, replayed } = await replayWorld(t)
    for (let n = 0; n < 30; n++) await send({ control_id: `${n}`, note: `sets${n % 3}_s${n}` })
    live()
    await quiet()
    const before = await recordsOf(log, topics.canonical)
    await begin({ deployment: 'recorded', targets: [] })
    await ended()
    const again = await replayed(topics.canonical)
    assert.deepEqual(
      again.map(({ value }) => value.toString()),
      before.map(({ value }) => value.toString()),
    )
    assert.deepEqual(
      again.map(({ headers }) => headers.sequence),
      before.map(({ offset }) => String(offset)),
    )
    assert.deepEqual(
      again.map(({ key }) => key),
      before.map(({ key }) => key),
    )
  })

  it('reaches no target that it does not name (G6)', async t => {
    const { send, live, quiet, begin, ended, replayed, chart, held } = await replayWorld(t)
    await send({ note: 'sets1_a' })
    live()
    await quiet()
    const calls = chart.calls.length
    await begin({ targets: [] })
    await ended()
    await quiet()
    assert.equal((await replayed(topics.canonical)).length, 1)
    assert.deepEqual(await replayed(topics.outbound), [])
    assert.equal(chart.calls.length, calls)
    assert.equal(held(1), 'a')
  })

  it('writes nothing where nothing differs, and a revision where something does (G3)', async t => {
    const { send, live, quiet, begin, ended, store, chart, held } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_a' })
    await send({ control_id: '2', note: 'sets2_b' })
    live()
    await quiet()
    const puts = () => chart.calls.filter(({ method }) => method === 'PUT').length
    const before = puts()
    await begin({ name: 'same', deployment: FIRST })
    await ended('same')
    await quiet()
    assert.equal(puts(), before)
    await begin({ name: 'mended' })
    await ended('mended')
    await quiet()
    assert.equal(puts(), before + 2)
    assert.deepEqual([held(1), held(2)], ['a_mended', 'b_mended'])
    const rows = (await store.counts()).reduce((sum, { count }) => sum + count, 0)
    assert.equal(rows, 2)
  })

  it('never writes an older state over a newer one (G4)', async t => {
    const { send, live, quiet, begin, ended, held, store } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_old' })
    await send({ control_id: '2', note: 'sets1_new' })
    live()
    await quiet()
    await begin({ to_offset: 1 })
    await ended()
    await quiet()
    assert.equal(held(1), 'new')
    const counts = await store.counts()
    assert.equal(counts.find(({ state }) => state === 'superseded')?.count, 1)
  })

  it('gives an event that is new the place where its message stood (G4)', async t => {
    const { send, live, quiet, begin, ended, held, replayed } = await replayWorld(t)
    const patients = [1, 2, 3, 4, 5, 6]
    for (const n of patients) {
      await send({ control_id: `${n}a`, note: `sets${n}_before` })
      await send({ control_id: `${n}b`, note: `breaks${n}_broken` })
      await send({ control_id: `${n}c`, note: `late${n}_late` })
      if (n % 2 === 0) await send({ control_id: `${n}d`, note: `sets${n}_after` })
    }
    live()
    await quiet()
    await begin()
    await ended()
    await quiet()
    const words = patients.map(n => (n % 2 === 0 ? 'after_mended' : 'late_mended'))
    assert.deepEqual(patients.map(held), words)
    const places = (await replayed(topics.canonical)).map(({ headers }) => Number(headers.sequence))
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
  })

  it('closes the letter of what it brought through by its name, where it reaches all of its targets', async t => {
    const { send, live, quiet, begin, ended, log, store } = await replayWorld(t)
    await send({ control_id: '1', note: 'breaks1_a' })
    live()
    await quiet()
    const [letter] = await recordsOf(log, topics.dead)
    const letter_id = letter?.headers['dlt.id'] ?? ''
    await begin({ name: 'still', deployment: FIRST })
    await ended('still')
    await begin({ name: 'nowhere', targets: [] })
    await ended('nowhere')
    assert.deepEqual(await store.letterStates([letter_id]), [])
    await begin({ name: 'through' })
    await ended('through')
    const [said] = await store.letterStates([letter_id])
    assert.deepEqual([said?.state, said?.by, said?.why], ['replayed', 'Ann', 'replay through'])
  })

  it('does not let what stood right before a mended event overwrite it later', async t => {
    const { send, live, quiet, begin, ended, held } = await replayWorld(t)
    for (const n of [1, 2, 3]) {
      await send({ control_id: `a${n}`, note: `sets${n}_before` })
      await send({ control_id: `b${n}`, note: `breaks${n}_broken` })
    }
    live()
    await quiet()
    for (const n of [1, 2, 3]) {
      await begin({ name: `later${n}`, only: { control_id: `b${n}` } })
      await ended(`later${n}`)
      await quiet()
      await begin({ name: `before${n}`, only: { control_id: `a${n}` } })
      await ended(`before${n}`)
      await quiet()
      assert.equal(held(n), 'broken_mended')
    }
  })

  it('gives a repair that came to nothing the place of what it repairs (G4)', async t => {
    const { send, live, quiet, begin, ended, held, log } = await replayWorld(t)
    const notes = ['breaks1_broken', 'late2_late']
    for (const [i, note] of notes.entries()) await send({ control_id: `${i}`, note })
    live()
    await quiet()
    for (const n of [1, 2]) await send({ control_id: `after${n}`, note: `sets${n}_after` })
    await quiet()
    const raws = (await recordsOf(log, topics.raw)).slice(0, notes.length)
    for (const [i, { key, value, headers }] of raws.entries()) {
      const { raw_id = '' } = headers
      const own = { raw_id: `mended${i}`, root_id: raw_id, repairs: raw_id, sequence: '-1' }
      await log.append(topics.raw, 0, [{ key, value, headers: { ...headers, ...own } }])
    }
    await quiet()
    await begin()
    await ended()
    await quiet()
    assert.deepEqual([held(1), held(2)], ['after_mended', 'after_mended'])
  })

  it('asks people about what is no longer made, and takes nothing back by itself (G3)', async t => {
    const { send, live, quiet, begin, ended, store, held } = await replayWorld(t)
    const raw_id = await send({ control_id: '1', note: 'gone1_a' })
    await send({ control_id: '2', note: 'twice2_b' })
    live()
    await quiet()
    await begin()
    await ended()
    await quiet()
    const lost = await store.lostEvents('again', 10)
    assert.equal(lost.length, 2)
    assert.equal(lost[0]?.raw_id, raw_id)
    const row = await store.replay('again')
    assert.deepEqual([row?.counts.lost, row?.counts.no_event], [2, 1])
    assert.equal(held(1), 'a')
    const waiting = await store.rowsInState(AT, 'awaiting_approval', 9)
    assert.ok(waiting.length > 0)
    assert.ok(waiting.every(({ intent }) => intent.operation === 'retract'))
    assert.equal(row?.counts.retractions, waiting.length)
  })

  it('passes its own mark only: a duplicate stays one', async t => {
    const { send, live, quiet, begin, ended, store, replayed } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_a' })
    await send({ control_id: '1', note: 'sets1_a', at: '20260105090000' })
    await send({ control_id: '2', note: 'breaks2_b' })
    await send({ control_id: '2', note: 'breaks2_b', at: '20260105090000' })
    live()
    await quiet()
    await store.dropMarksBefore(Number.MAX_SAFE_INTEGER)
    await begin()
    await ended()
    assert.equal((await store.replay('again'))?.counts.duplicate, 2)
    assert.equal((await replayed(topics.canonical)).length, 2)
  })

  it('writes a letter for what has come to die, and none where one stands', async t => {
    const { send, live, quiet, begin, ended, log, store, become } = await replayWorld(t)
    become(SECOND)
    await send({ control_id: '1', note: 'breaks1_a' })
    become(FIRST)
    await send({ control_id: '2', note: 'breaks2_b' })
    live()
    await quiet()
    assert.equal((await recordsOf(log, topics.dead)).length, 1)
    for (const name of ['one', 'two']) {
      await begin({ name, deployment: FIRST })
      await ended(name)
    }
    const letters = await recordsOf(log, topics.dead)
    const ids = letters.map(({ headers }) => headers['dlt.id'])
    assert.equal(new Set(ids).size, 2)
    const { counts } = (await store.replay('one')) ?? assert.fail()
    assert.deepEqual([counts.dead, counts.still_dead], [1, 1])
    assert.equal(letters[1]?.headers.replay, 'one')
  })

  it('does not undo a repair: what a later record mends is left out', async t => {
    const { send, live, quiet, begin, ended, log, store, held } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_wrong' })
    live()
    await quiet()
    const [raw] = await recordsOf(log, topics.raw)
    assert.ok(raw)
    const { raw_id = '' } = raw.headers
    const headers = { ...raw.headers, raw_id: 'mended', root_id: raw_id, repairs: raw_id }
    const value = Buffer.from(raw.value.toString().replace('wrong', 'right'))
    await log.append(topics.raw, 0, [{ key: raw.key, headers, value }])
    await quiet()
    assert.equal(held(1), 'right')
    await begin({ to_offset: 1 })
    await ended()
    await quiet()
    assert.equal(held(1), 'right')
    assert.equal((await store.replay('again'))?.counts.newer, 1)
  })

  it('takes of its span only what it is asked for', async t => {
    const { send, live, quiet, begin, ended, replayed } = await replayWorld(t)
    const raw_id = await send({ control_id: 'A', note: 'sets1_a' })
    await send({ control_id: 'B', note: 'sets2_b', type: 'ADT^A08' })
    await send({ control_id: 'C', note: 'sets1_c', type: 'ORU^R01' })
    live()
    await quiet()
    const chosen = async (name: string, only: Parameters<typeof begin>[0]) => {
      await begin({ name, ...only })
      await ended(name)
      return (await replayed(topics.canonical, name)).map(({ headers }) => headers.control_id)
    }
    assert.deepEqual(await chosen('one', { only: { control_id: 'B' } }), ['B'])
    assert.deepEqual(await chosen('two', { only: { raw_id } }), ['A'])
    assert.deepEqual(await chosen('three', { only: { type: 'ADT' } }), ['A', 'B'])
    assert.deepEqual(await chosen('four', { only: { type: 'ADT^A08' } }), ['B'])
    assert.deepEqual(await chosen('five', { only: { type: 'AD' } }), [])
  })
})

describe('a replay of a canonical topic', () => {
  it('routes events again by the deployment of now, each in its newest form', async t => {
    const { send, live, quiet, begin, ended, held, replayed, log } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_a' })
    await send({ control_id: '2', note: 'sets2_b' })
    live()
    await quiet()
    await begin({ name: 'mended', to_offset: 1 })
    await ended('mended')
    await quiet()
    assert.deepEqual([held(1), held(2)], ['a_mended', 'b'])
    for (const name of ['one', 'two']) {
      await begin({ name, topic: topics.canonical, to_offset: 2 })
      await ended(name)
      await quiet()
      const copies = await replayed(topics.canonical, name)
      assert.deepEqual(
        copies.map(({ headers }) => [headers.sequence, headers.replay_deployment]),
        [
          ['0', SECOND],
          ['1', SECOND],
        ],
      )
      assert.match(copies[0]?.value.toString() ?? '', /a_mended/)
    }
    assert.deepEqual([held(1), held(2)], ['a_mended', 'b'])
    const before = (await recordsOf(log, topics.canonical)).length
    await begin({ name: 'whole', topic: topics.canonical })
    await ended('whole')
    // Of seven records one stands in a newer form within the span, and four are copies.
    assert.equal((await recordsOf(log, topics.canonical)).length, before + 2)
  })
})

describe('a replay of an outbound topic', () => {
  it('governs intents again, and leaves out contents that were revised since', async t => {
    const { send, live, quiet, begin, ended, held, store, replayed } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_a' })
    live()
    await quiet()
    await begin({ name: 'mended' })
    await ended('mended')
    await quiet()
    await begin({ topic: topics.outbound })
    await ended()
    await quiet()
    assert.equal(held(1), 'a_mended')
    const { counts } = (await store.replay('again')) ?? assert.fail()
    assert.deepEqual([counts.read, counts.newer], [2, 2])
    assert.deepEqual(await replayed(topics.outbound), [])
  })

  it('goes no further back than the ledger is whole: what it forgot it would write again', async t => {
    const { send, live, quiet, begin, store, replayed } = await replayWorld(t)
    await send({ control_id: '1', note: 'sets1_a' })
    live()
    await quiet()
    assert.equal(await store.letGoFinished(TENANT, Number.MAX_SAFE_INTEGER, 10), 1)
    await begin({ topic: topics.outbound })
    await until('it is paused', async () => (await store.replay('again'))?.state === 'paused')
    assert.equal((await store.replay('again'))?.reason, 'replay_beyond_ledger')
    assert.deepEqual(await replayed(topics.outbound), [])
  })
})

describe('a replay at work', () => {
  it('waits for the first mapping of its records', async t => {
    const { send, live, begin, ended, store, held, quiet } = await replayWorld(t)
    await send({ note: 'sets1_a' })
    const working = await begin()
    await until('it waits', () => working.waits === 'mapping')
    assert.equal((await store.replay('again'))?.position, 0)
    live()
    await ended()
    await quiet()
    assert.equal(held(1), 'a_mended')
  })

  it('stops where a person pauses it, and goes on where it was', async t => {
    const { send, live, quiet, begin, work, store, ended, replayed } = await replayWorld(t)
    for (let n = 0; n < 20; n++) await send({ control_id: `${n}`, note: `sets${n}_s` })
    live()
    await quiet()
    const working = await begin({ rate_per_second: 20 })
    await until('it has begun', async () => ((await store.replay('again'))?.counts.read ?? 0) > 2)
    const said = { by: 'Bo', why: 'lunch', at_ms: 1 }
    assert.equal(await store.turnReplay('again', { ...said, word: 'pause' }), true)
    working.wake()
    await working.close()
    const stood = (await store.replay('again'))?.position ?? 0
    assert.ok(stood < 20)
    assert.equal((await replayed(topics.canonical)).length >= stood, true)
    await store.turnReplay('again', { ...said, word: 'resume' })
    work('again')
    await ended()
    const ids = (await replayed(topics.canonical)).map(({ headers }) => headers.control_id)
    assert.deepEqual(
      ids,
      Array.from({ length: 20 }, (_, n) => `${n}`),
    )
  })

  it('appends nothing twice when its step was not durable', async t => {
    const { send, live, quiet, plan, store, context, replayed, ended, log } = await replayWorld(t)
    for (let n = 0; n < 8; n++) await send({ control_id: `${n}`, note: `breaks${n}_s` })
    live()
    await quiet()
    await store.makeReplay(await plan(), 0)
    let refusals = 3
    const own = guarded(store, method => {
      if (method === 'stepReplay' && refusals-- > 0) throw new Failure('store_io_error')
    })
    const working = workReplay('again', { ...context, store: own, onEnd: () => {} })
    await ended()
    await working.close()
    const ids = (await replayed(topics.canonical)).map(({ headers }) => headers.event_id)
    assert.equal(ids.length, 8)
    assert.equal(new Set(ids).size, 8)
    const { counts } = (await store.replay('again')) ?? assert.fail()
    assert.deepEqual([counts.read, counts.events], [8, 8])
    const acts = (await recordsOf(log, topics.audit)).filter(({ headers }) => headers.act)
    assert.deepEqual(
      acts.map(({ headers }) => headers.act),
      ['replay_start', 'replay_end'],
    )
  })

  it('is paused, with its reason, by what no waiting mends', async t => {
    const { send, live, quiet, begin, store, replayed } = await replayWorld(t)
    await send({ note: 'sets1_a' })
    live()
    await quiet()
    const paused = (name: string) =>
      until('it is paused', async () => (await store.replay(name))?.state === 'paused')
    await begin({ name: 'unknown', deployment: '9'.repeat(16) })
    await paused('unknown')
    assert.equal((await store.replay('unknown'))?.reason, 'deployment_unknown')
    await store.setCursor('ledger.whole_since_sequence.harbor', '1')
    await begin({ name: 'beyond' })
    await paused('beyond')
    assert.equal((await store.replay('beyond'))?.reason, 'replay_beyond_ledger')
    assert.deepEqual(await replayed(topics.canonical, 'beyond'), [])
    await begin({ name: 'readers', targets: [] })
    await until('it ends', async () => (await store.replay('readers'))?.state === 'done')
  })

  it('tells the audit who began it, why, and what came of it', async t => {
    const { send, live, quiet, begin, ended, log } = await replayWorld(t)
    await send({ note: 'sets1_a' })
    live()
    await quiet()
    await begin()
    await ended()
    const acts = (await recordsOf(log, topics.audit)).filter(({ headers }) => headers.act)
    const [start, end, ...more] = acts.map(({ value }) => JSON.parse(value.toString()))
    assert.deepEqual(more, [])
    assert.deepEqual([start.by, start.why, start.targets], ['Ann', 'a test', [TARGET]])
    assert.deepEqual([end.word, end.counts.read, end.counts.events], ['end', 1, 1])
  })
})
