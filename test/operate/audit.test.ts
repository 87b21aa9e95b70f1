// The sums of G5, proved from the log of a whole engine; and what is taken out of a log or altered
// in it is found and named.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LogReader, LogRecord } from '../../src/model/log.ts'
import { type AuditOptions, audit } from '../../src/operate/audit.ts'
import type { Engine } from '../../src/operate/engine.ts'
import { buryRouted } from '../../src/path/poison.ts'
import { adt } from '../harness/messages.ts'
import { recordsOf, until } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { settled, startToy } from './world.ts'

const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
const RAW = 'raw.harbor.adt_in'
const CANONICAL = 'canonical.harbor'
const OUTBOUND = 'outbound.harbor.chart'

/** An engine with one message of each fate, and a batch of three. */
async function world(t: TestContext) {
  const { engine, send } = await startToy(t)
  await send(adt('A01', { ...facts, control_id: 'MSG1' }))
  await send(adt('A01', { ...facts, control_id: 'MSG1' }))
  await send(message({ type: 'ORU^R01', control_id: 'FILTERED' }))
  await send(message({ type: 'ADT^A99', control_id: 'DEAD' }))
  const inner = [1, 2].map(n =>
    adt('A01', { ...facts, patient: n, visit: n, control_id: `IN${n}` }),
  )
  const filtered = message({ type: 'ORU^R01', control_id: 'IN3' })
  const frame = ['BHS|^~\\&|HIS|HARBOR|||||||B1\r', 'BTS|3\r'].map(text => Buffer.from(text))
  await send(Buffer.concat([frame[0] as Buffer, ...inner, filtered, frame[1] as Buffer]))
  await until('all is through', () => settled(engine))
  return { engine, send }
}

const optionsOf = ({ log, store }: Engine, change: Partial<AuditOptions> = {}): AuditOptions => ({
  log,
  ledger: store,
  now_ms: Date.now(),
  kept_ms: 86_400_000,
  ...change,
})

/** The log as if somebody had changed what it holds: undefined takes a record out. */
function falsified(
  log: LogReader,
  change: (record: LogRecord) => LogRecord | undefined,
): LogReader {
  return {
    partitions: () => log.partitions(),
    groups: () => log.groups(),
    offsetOfTime: (...where) => log.offsetOfTime(...where),
    close: async () => {},
    async read(...where) {
      const records = await log.read(...where)
      return records.map(change).filter(record => record !== undefined)
    },
  }
}

async function kindsOf(engine: Engine, change: (record: LogRecord) => LogRecord | undefined) {
  const report = await audit(optionsOf(engine, { log: falsified(engine.log, change) }))
  return new Set(report.problems.map(({ kind, topic }) => `${kind} ${topic}`))
}

const without = (topic: string, offset: number) => (record: LogRecord) =>
  record.topic === topic && record.offset === offset ? undefined : record

describe('an audit', () => {
  it('accounts for every message, of batches one by one, and for every event and intent (G5)', async t => {
    const { engine } = await world(t)
    const report = await audit(optionsOf(engine))
    assert.deepEqual(report.problems, [])
    assert.deepEqual(report.channels, [
      {
        tenant: 'harbor',
        channel: 'adt_in',
        received: 7,
        filtered: 2,
        duplicate: 1,
        no_event: 0,
        transformed: 3,
        dead: 1,
        waiting: 0,
        let_go: 0,
        lost: 0,
      },
    ])
    const [events] = report.events
    assert.ok(events !== undefined)
    assert.equal(events.events, 3)
    assert.equal(events.events, events.routed + events.unrouted + events.dead + events.waiting)
    assert.equal(events.routed, 3)
    assert.ok(events.intents >= 6)
    assert.equal(events.intents_waiting, 0)
    const rows = report.ledger.reduce((sum, { count }) => sum + count, 0)
    assert.equal(rows, events.intents)
  })

  it('counts what a stopped engine had not mapped as waiting, not as lost', async t => {
    const { engine } = await world(t)
    const groups = async () =>
      (await engine.log.groups()).map(row => ({ ...row, committed_offset: 0 }))
    const log = falsified(engine.log, record => (record.topic === RAW ? record : undefined))
    const partitions = async () => {
      const all = await engine.log.partitions()
      return all.map(info => (info.topic === RAW ? info : { ...info, next_offset: 0 }))
    }
    const report = await audit(optionsOf(engine, { log: { ...log, groups, partitions } }))
    assert.deepEqual(report.problems, [])
    assert.equal(report.channels[0]?.waiting, 7)
    assert.equal(report.channels[0]?.lost, 0)
  })

  it('names a record that is missing in any topic, and what it is missed by', async t => {
    const { engine } = await world(t)
    const raw = await kindsOf(engine, without(RAW, 0))
    assert.deepEqual(raw, new Set([`record_missing ${RAW}`, `raw_missing ${CANONICAL}`]))
    const event = await kindsOf(engine, without(CANONICAL, 0))
    for (const kind of [`record_missing ${CANONICAL}`, `outcome_missing ${RAW}`]) {
      assert.ok(event.has(kind), kind)
    }
    assert.ok(event.has(`intent_foreign ${OUTBOUND}`))
    const fate = await kindsOf(engine, without('audit.harbor', 0))
    assert.deepEqual(fate, new Set(['record_missing audit.harbor', `outcome_missing ${RAW}`]))
    const dead = await kindsOf(engine, without('dead.harbor', 0))
    assert.deepEqual(dead, new Set(['record_missing dead.harbor', `outcome_missing ${RAW}`]))
    const last = (await engine.log.partitions()).find(({ topic }) => topic === RAW)
    const end = await kindsOf(engine, without(RAW, (last?.next_offset ?? 0) - 1))
    assert.ok(end.has(`record_missing ${RAW}`))
  })

  it('finds what was set aside before it was a row in its letter, not lost', async t => {
    const { engine } = await world(t)
    const [made] = await recordsOf(engine.log, OUTBOUND)
    assert.ok(made)
    const ghost = { ...made, headers: { ...made.headers, intent_id: 'ghost' } }
    const of = { log: engine.log, tenant: 'harbor', group: 'g', now_ms: 1_000, deaths: 2 }
    await buryRouted(ghost, { ...of, stage: 'deliver' })
    const log = falsified(engine.log, record =>
      record.topic === OUTBOUND && record.offset === made.offset ? ghost : record,
    )
    const report = await audit(optionsOf(engine, { log }))
    assert.deepEqual(report.problems, [])
    assert.equal(report.events[0]?.intents_dead, 1)
  })

  it('leaves what a replay made out of the sums, and tells what people did', async t => {
    const { engine } = await world(t)
    const before = await audit(optionsOf(engine))
    const [intent] = await recordsOf(engine.log, OUTBOUND)
    const [letter] = await recordsOf(engine.log, 'dead.harbor')
    assert.ok(intent && letter)
    const replay = { replay: 'again' }
    const headers = { ...intent.headers, ...replay }
    await engine.log.append(OUTBOUND, 0, [{ ...intent, headers }])
    // The first message, which has made an event, dies in the replay.
    const [raw] = await recordsOf(engine.log, RAW)
    const died = { ...letter.headers, ...raw?.headers, 'dlt.origin.offset': '0', ...replay }
    await engine.log.append('dead.harbor', 0, [{ ...letter, headers: died }])
    const act = { act: 'replay_start', act_id: 'a1', tenant: 'harbor', ...replay }
    const line = { key: 'again', headers: act, value: Buffer.from('{}') }
    await engine.log.append('audit.harbor', 0, [line, line])
    await until('it is governed', () => settled(engine))
    const after = await audit(optionsOf(engine))
    assert.deepEqual(after.problems, [])
    assert.deepEqual(after.channels, before.channels)
    assert.deepEqual(after.events, [{ ...before.events[0], intents_replayed: 1 }])
    assert.deepEqual(after.acts, [{ tenant: 'harbor', act: 'replay_start', count: 1 }])
  })

  it('names events that no intent tells of', async t => {
    const { engine } = await world(t)
    const kinds = await kindsOf(engine, record =>
      record.topic === OUTBOUND
        ? { ...record, headers: { ...record.headers, event_id: 'other' } }
        : record,
    )
    assert.ok(kinds.has(`event_unrouted ${CANONICAL}`))
    assert.ok(kinds.has(`intent_foreign ${OUTBOUND}`))
  })

  it('names what was altered: bytes, ids, ends, intents that the ledger never saw', async t => {
    const { engine } = await world(t)
    const at = (topic: string, change: (record: LogRecord) => LogRecord) => (record: LogRecord) =>
      record.topic === topic && record.offset === 0 ? change(record) : record
    const value = Buffer.from('MSH|^~\\&|OTHER\r')
    const other = (headers: Record<string, string>) => (record: LogRecord) => ({
      ...record,
      headers: { ...record.headers, ...headers },
    })
    const cases: readonly [string, (record: LogRecord) => LogRecord][] = [
      [`raw_altered ${RAW}`, at(RAW, record => ({ ...record, value }))],
      [`outcome_foreign ${CANONICAL}`, at(RAW, other({ raw_id: 'another' }))],
      [`event_altered ${CANONICAL}`, at(CANONICAL, other({ event_id: 'another' }))],
      [`outcome_twice audit.harbor`, at('audit.harbor', other({ source_offset: '0' }))],
      [`intent_unknown ${OUTBOUND}`, at(OUTBOUND, other({ intent_id: 'another' }))],
    ]
    for (const [kind, change] of cases) {
      // A fate that is turned to another message has to name that one.
      const raw_id = (await engine.log.read(RAW, 0, 0, { records_max: 1, bytes_max: 1 }))[0]
        ?.headers.raw_id
      const turned = (record: LogRecord) => {
        const changed = change(record)
        if (changed === record || !kind.startsWith('outcome_twice')) return changed
        return { ...changed, headers: { ...changed.headers, raw_id: raw_id ?? '' } }
      }
      const kinds = await kindsOf(engine, turned)
      assert.ok(kinds.has(kind), `${kind} among ${[...kinds].join(', ')}`)
    }
  })

  it('takes for let go what retention may have removed, and proves nothing about what it told of', async t => {
    const { engine } = await world(t)
    const log = falsified(engine.log, without('audit.harbor', 0))
    const report = await audit(optionsOf(engine, { log, kept_ms: 0, now_ms: Date.now() + 60_000 }))
    assert.deepEqual(report.problems, [])
    const [sums] = report.channels
    assert.equal(sums?.let_go, 1)
    assert.equal(sums?.lost, 0)
  })

  it('keeps to one tenant and to a time, tells how far it is, and can be stopped', async t => {
    const { engine } = await world(t)
    assert.deepEqual((await audit(optionsOf(engine, { tenant: 'nobody' }))).channels, [])
    const later = await audit(optionsOf(engine, { since_ms: Date.now() + 60_000 }))
    assert.equal(later.channels[0]?.received, 0)
    assert.equal(later.problem_count, 0)
    const told: number[] = []
    const report = await audit(optionsOf(engine, { onProgress: done => told.push(done) }))
    assert.equal(told.at(-1), report.records)
    const stopped = audit(optionsOf(engine, { signal: AbortSignal.abort() }))
    await assert.rejects(stopped, { code: 'audit_stopped' })
  })
})
