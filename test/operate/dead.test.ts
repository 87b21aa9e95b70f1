// Acts on dead letters as the control socket asks for them, on a whole engine with a toy chart:
// what was refused at the door, one message of a batch, a write that holds its patient, many at
// once.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { readIntent } from '../../src/model/intent.ts'
import type { Paged } from '../../src/model/search.ts'
import { type ActedOn, openDead } from '../../src/operate/dead.ts'
import { deskOfEngine } from '../../src/operate/dead_desk.ts'
import type { JobProgress } from '../../src/operate/dead_jobs.ts'
import type { StandingLetter } from '../../src/operate/dead_letters.ts'
import type { LetterText, Shown, Tried } from '../../src/operate/dead_show.ts'
import { intentRecord } from '../../src/path/5_route.ts'
import { deadRecord } from '../../src/path/dead_letter.ts'
import { buryRouted } from '../../src/path/poison.ts'
import { adt } from '../harness/messages.ts'
import { answer, recordsOf, until } from '../path/rooms.ts'
import { rawRecord, START_MS } from '../path/toy.ts'
import { RAW, settled, startToy } from './world.ts'

const DEAD = 'dead.harbor'
const OUTBOUND = 'outbound.harbor.chart'

async function world(t: TestContext) {
  const running = await startToy(t)
  const { engine, tables } = running
  const dead = openDead(deskOfEngine(engine, tables))
  const ask = <T>(args: Readonly<Record<string, string>>) => dead.answer(args) as Promise<T>
  const letters = async (filter = {}) => {
    const asked = {
      ask: 'list',
      filter: JSON.stringify({ state: 'open', ...filter }),
      limit: '100',
    }
    return (await ask<Paged<StandingLetter>>(asked)).rows
  }
  const act = async (word: string, id: string, more = {}) => {
    const names = word === 'edit' ? { id } : { ids: id }
    const [acted] = await ask<readonly ActedOn[]>({
      ...{ ask: word, by: 'R. Moss', why: 'mended' },
      ...names,
      ...more,
    })
    return acted
  }
  const letter = async () => {
    await until('a letter', async () => (await letters()).length > 0)
    return (await letters())[0] as StandingLetter
  }
  const raw = () => recordsOf(engine.log, RAW)
  const rest = () => until('all is settled', () => settled(engine))
  return { ...running, ask, letters, letter, act, raw, rest }
}

const person = (control_id: string, patient = 1, revision = 1) =>
  adt('A08', { control_id, patient, visit: patient, at: '20260105080000+0000', revision })
const broken = (message: Buffer) =>
  Buffer.from(message.toString().replace('ADT^A08^ADT_A01', 'ADT^Z99'))
const base64 = (bytes: Buffer) => ({ bytes: bytes.toString('base64') })

describe('what was refused at the door', () => {
  it('is taken in once a person has made it readable, and stands in the audit (F20, Q02)', async t => {
    const { send, act, letter, raw, letters, engine, rest } = await world(t)
    await send(Buffer.from('MSX|nonsense\r'))
    const { id } = await letter()
    assert.deepEqual((await act('retry', id))?.why_not, 'frame_not_hl7')
    assert.equal((await letters()).length, 1, 'what was refused stays open')
    const acted = await act('edit', id, base64(person('C1')))
    assert.equal(acted?.outcome, 'edited')
    const [record, ...others] = await raw()
    assert.deepEqual(others, [])
    assert.deepEqual(record?.value, person('C1'))
    assert.equal(record?.headers.raw_id, acted?.raw_id)
    assert.equal(record?.headers.repairs, undefined)
    await rest()
    const audit = await recordsOf(engine.log, 'audit.harbor')
    const line = audit.find(({ headers }) => headers.act === 'dead_edit')
    const said = JSON.parse(line?.value.toString() ?? '{}') as Record<string, string>
    assert.deepEqual([said.by, said.why, said.made_raw_id], ['R. Moss', 'mended', acted?.raw_id])
    assert.doesNotMatch(line?.value.toString() ?? '', /Quay Street|M000001/)
  })

  it('is said to be cut where not all of it was kept', async t => {
    const { send, act, letter } = await world(t)
    await send(Buffer.from(`nonsense ${'x'.repeat(70_000)}`))
    assert.equal((await act('retry', (await letter()).id))?.why_not, 'letter_cut')
  })
})

describe('one message of a batch', () => {
  it('is mended alone, under its own index, and its neighbours are not made again', async t => {
    const { send, act, letter, raw, rest, chart } = await world(t)
    const batch = Buffer.concat([
      Buffer.from('BHS|^~\\&|HIS|HARBOR\r'),
      ...[person('C1', 1), broken(person('C2', 2)), person('C3', 3)],
      Buffer.from('BTS|3\r'),
    ])
    await send(batch)
    const { id, index } = await letter()
    assert.equal(index, 1)
    const whole = base64(batch)
    assert.equal((await act('edit', id, whole))?.why_not, 'letter_one_message')
    assert.equal((await act('edit', id, base64(person('C2', 2))))?.outcome, 'edited')
    await rest()
    const [, repair] = await raw()
    assert.equal(repair?.headers.index, '1')
    assert.equal(repair?.headers.control_id, 'C2')
    const patients = [...chart.held.keys()].filter(name => name.startsWith('Patient/'))
    assert.equal(patients.length, 3)
    const puts = chart.calls.filter(({ method, path }) => method === 'PUT' && /^Patient/.test(path))
    assert.equal(puts.length, 3)
  })
})

describe('a mended message', () => {
  it('is tried before it is sent on: events, writes, or the next failure; nothing is done', async t => {
    const { send, ask, letter, raw, letters } = await world(t)
    const sent = broken(person('C1'))
    await send(sent)
    const { id } = await letter()
    const text = await ask<LetterText>({ ask: 'text', id })
    assert.deepEqual(Buffer.from(text.bytes, 'base64'), sent)
    const well = await ask<Tried>({ ask: 'try', id, ...base64(person('C1')) })
    assert.deepEqual(well.events, ['patient.updated'])
    assert.ok(well.writes.some(({ resource, target }) => resource === 'Patient' && target))
    const ill = await ask<Tried>({ ask: 'try', id, ...base64(sent) })
    assert.equal(ill.dead?.code, 'message_type_unmapped')
    assert.equal((await raw()).length, 1)
    assert.equal((await letters()).length, 1)
  })

  it('stands in the order where it stood, whichever of two is mended first (G4)', async t => {
    const { send, act, letters, rest, engine } = await world(t)
    for (const n of [1, 2]) await send(broken(person(`C${n}`, 1, n)))
    await until('both are there', async () => (await letters()).length === 2)
    for (const n of [2, 1]) {
      const one = (await letters()).find(({ control_id }) => control_id === `C${n}`)
      const mended = base64(person(`C${n}`, 1, n))
      assert.equal((await act('edit', one?.id ?? '', mended))?.outcome, 'edited')
      await rest()
    }
    const counts = await engine.store.counts()
    const of = (state: string) => counts.find(one => one.state === state)?.count
    assert.deepEqual([of('surfaced'), of('superseded')], [2, 2])
  })

  it('is refused where nothing was changed, where it has no header, and the second time', async t => {
    const { send, act, letter, raw, ask } = await world(t)
    const sent = broken(person('C1'))
    await send(sent)
    const { id } = await letter()
    assert.equal((await act('edit', id, base64(sent)))?.why_not, 'letter_unchanged')
    assert.equal((await act('edit', id, base64(Buffer.from('x'))))?.why_not, 'msh_unreadable')
    assert.equal((await act('edit', id, base64(person('C1'))))?.outcome, 'edited')
    assert.equal((await act('edit', id, base64(person('C1', 2))))?.outcome, 'not_open')
    assert.equal((await raw()).length, 2)
    const shown = await ask<Shown>({ ask: 'show', id })
    assert.equal(shown.whole?.came_to?.said.by, 'R. Moss')
  })
})

describe('a dead write', () => {
  it('that is dropped is withdrawn, stays visible, and is no open letter any more', async t => {
    const { send, act, letter, letters, chart, engine } = await world(t)
    chart.behave = ({ path, method }) =>
      method === 'PUT' && path.startsWith('Patient') ? answer(400) : undefined
    await send(person('C1'))
    const { id, intent_id } = await letter()
    assert.equal((await act('drop', id))?.outcome, 'dropped')
    assert.equal((await engine.store.row(intent_id ?? ''))?.state, 'withdrawn')
    assert.ok(!(await letters()).some(one => one.id === id))
    const [dropped] = await letters({ state: 'dropped' })
    assert.equal(dropped?.said?.why, 'mended')
    assert.equal((await act('retry', id))?.outcome, 'not_open')
  })
})

describe('an intent that ended the process before it was a row of the ledger', () => {
  /** Two of them, set aside; their ids. */
  async function setAside(t: TestContext) {
    const running = await world(t)
    const { engine, send, rest, letters } = running
    await send(person('C1'))
    await rest()
    const [made] = await recordsOf(engine.log, OUTBOUND)
    assert.ok(made)
    const ids = ['a', 'b'].map(letter => letter.repeat(32))
    for (const [i, intent_id] of ids.entries()) {
      const identifier = { system: 'urn:oid:2.999.1', value: `other-${i}` }
      const resource_id = `other-${i}`
      const intent = { ...readIntent(made.value.toString()), intent_id, identifier, resource_id }
      const { key, headers, value } = intentRecord(intent)
      const bytes = Buffer.from(value)
      const record = { ...made, key, headers, value: bytes, offset: made.offset + 100 + i }
      const of = { log: engine.log, tenant: 'harbor', group: 'g', now_ms: START_MS, deaths: 2 }
      await buryRouted(record, { ...of, stage: 'deliver' })
    }
    const [second, first] = await letters()
    assert.ok(first !== undefined && second !== undefined)
    return { ...running, first, second, ids }
  }

  it('is governed again where it is retried, and goes out', async t => {
    const { act, first, ids, engine, rest } = await setAside(t)
    assert.equal(await engine.store.row(first.intent_id ?? ''), undefined)
    const acted = await act('retry', first.id)
    assert.deepEqual([acted?.outcome, acted?.intent_id], ['retried', ids[0]])
    await rest()
    assert.notEqual(await engine.store.row(ids[0] ?? ''), undefined)
    assert.equal((await act('retry', first.id))?.outcome, 'not_open')
    const outbound = await recordsOf(engine.log, OUTBOUND)
    const again = outbound.filter(({ headers }) => headers.intent_id === ids[0])
    assert.equal(again.length, 1)
    assert.deepEqual(
      Object.keys(again[0]?.headers ?? {}).filter(name => name.startsWith('dlt.')),
      [],
    )
  })

  it('is put away where it is dropped', async t => {
    const { act, second, letters, engine } = await setAside(t)
    assert.equal((await act('drop', second.id))?.outcome, 'dropped')
    assert.equal(await engine.store.row(second.intent_id ?? ''), undefined)
    assert.equal((await letters()).length, 1)
  })
})

describe('names', () => {
  it('of nothing, of several, and of a message lead where they should', async t => {
    const { send, act, letter, letters } = await world(t)
    await send(broken(person('C1')))
    const { id, raw_id = '' } = await letter()
    assert.equal((await act('drop', 'nothing'))?.outcome, 'unknown')
    await send(broken(person('C1', 2)))
    await until('both are there', async () => (await letters()).length === 2)
    assert.equal((await act('drop', 'C1'))?.outcome, 'ambiguous')
    assert.equal((await act('drop', raw_id))?.id, id)
    assert.equal((await act('drop', 'C1'))?.outcome, 'dropped', 'the open one is meant')
  })
})

describe('many at once', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      deadRecord(
        {
          ...{ id: `letter${i}`, tenant: 'harbor', channel: 'adt_in', route: '' },
          ...{ stage: 'transform', class: 'poison', code: 'mapping_failed', path: '' },
          ...{ facts: {}, attempts: 1, deployment: 'd', origin: ORIGIN },
          ...{ first_failed_at_ms: START_MS, last_failed_at_ms: START_MS },
        },
        rawRecord({ offset: i, value: person(`C${i}`, 1, i) }),
      ),
    )
  const ORIGIN = { topic: RAW, partition: 0, offset: 0, time_ms: START_MS, group: 'g' }
  const finished = async (
    ask: Awaited<ReturnType<typeof world>>['ask'],
    { job }: JobProgress,
  ): Promise<JobProgress> => {
    let now = await ask<JobProgress>({ ask: 'job', job })
    await until('the job ends', async () => {
      now = await ask<JobProgress>({ ask: 'job', job })
      return now.state !== 'running'
    })
    return now
  }

  it('are retried in their order, once, and counted by reason and outcome', async t => {
    const { engine, ask, raw, letters } = await world(t)
    await engine.log.append(DEAD, 0, many(250))
    const bulk = { ask: 'bulk', word: 'retry', by: 'Bo', why: '', rate: '100000' }
    const filter = JSON.stringify({ code: 'mapping_failed' })
    const begun = await ask<JobProgress>({ ...bulk, filter })
    const done = await finished(ask, begun)
    assert.deepEqual(done.counts, { mapping_failed: { retried: 250 } })
    assert.equal(done.state, 'done')
    const ids = (await raw()).map(({ headers }) => headers.control_id)
    assert.deepEqual(
      ids.slice(0, 250),
      Array.from({ length: 250 }, (_, i) => `C${i}`),
    )
    assert.equal(ids.length, 250)
    const again = await finished(ask, await ask<JobProgress>({ ...bulk, filter }))
    assert.deepEqual(again.counts, {})
    assert.deepEqual(await letters(), [])
  })

  it('are stopped between two portions and gone on with where that was', async t => {
    const { engine, ask, letters } = await world(t)
    await engine.log.append(DEAD, 0, many(300))
    const bulk = { ask: 'bulk', word: 'drop', by: 'Bo', why: 'noise', rate: '150' }
    const { job } = await ask<JobProgress>({ ...bulk, filter: '{}' })
    await ask({ ask: 'stop', job })
    await until('it stands', async () => {
      return (await ask<JobProgress>({ ask: 'job', job })).state === 'stopped'
    })
    const left = (await letters()).length
    assert.ok(left > 0, 'something is left')
    const resumed = await ask<JobProgress>({ ask: 'resume', word: 'drop' })
    assert.equal(resumed.job, job)
    const done = await finished(ask, resumed)
    assert.deepEqual(done.counts, { mapping_failed: { dropped: 300 } })
    assert.deepEqual(await letters(), [])
  })
})
