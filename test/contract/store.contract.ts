// What every state store promises, as tests: run for each driver of the table. A driver hands in how a
// store is opened; `reopen` opens the same state again after a close, under a new ownership.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { WriteIntent } from '../../src/model/intent.ts'
import { type IntentState, mayMove } from '../../src/model/state.ts'
import type { Admission, Move, Store } from '../../src/model/store.ts'

export interface StoreUnderTest {
  open(): Promise<Store>
  /** Undefined where the state does not outlive its store. */
  readonly reopen: (() => Promise<Store>) | undefined
  cleanup(): Promise<void>
}

export const at = { tenant: 'north', target: 'chart' } as const
let made = 0

/** A synthetic intent; each has a key, an event and a resource of its own unless told otherwise. */
export function intent(change: Partial<WriteIntent> = {}): WriteIntent {
  made += 1
  const resource_id = change.resource_id ?? `r${made}`
  return {
    ...at,
    intent_id: `intent_${made}`,
    route: 'chart',
    event_id: `event_${made}`,
    event_kind: 'patient.updated',
    raw_id: `raw_${made}`,
    deployment: 'd1',
    key: `key_${made}`,
    sequence: made,
    ordinal: 0,
    operation: 'update',
    resource_type: 'Patient',
    resource_id,
    identifier: { system: 'urn:test', value: resource_id },
    resource: { resourceType: 'Patient', id: resource_id, active: true },
    waits_for: [],
    ...change,
  }
}

export function admission(of: WriteIntent, change: Partial<Admission> = {}): Admission {
  return {
    intent: of,
    content: `content of ${of.intent_id}`,
    state: 'accepted',
    reason: undefined,
    facts: {},
    ...change,
  }
}

export const claiming = { now_ms: 1_000, lease_ms: 100, limit: 10 }
const ids = (rows: readonly { intent: WriteIntent }[]) => rows.map(row => row.intent.intent_id)

export function storeContract(name: string, prepare: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    let under: StoreUnderTest
    let store: Store
    before(async () => {
      under = await prepare()
      store = await under.open()
    })
    after(async () => {
      await store.close()
      await under.cleanup()
    })

    /** A target of its own for each test, so that tests do not see each other's rows. */
    let lanes = 0
    const lane = () => ({ tenant: at.tenant, target: `t${++lanes}` })
    const admit = (...list: WriteIntent[]) =>
      store.admit(
        list.map(one => admission(one)),
        500,
      )
    const moveTo = async (of: WriteIntent, to: IntentState, change: Partial<Move> = {}) => {
      const row = await store.row(of.intent_id)
      assert.ok(row)
      const [moved] = await store.move([
        { ...base(of, row.state, to), epoch: store.epoch, ...change },
      ])
      return moved
    }
    const base = (of: WriteIntent, from: IntentState, to: IntentState) => ({
      intent_id: of.intent_id,
      from,
      to,
      at_ms: 2_000,
    })

    describe('marks', () => {
      const mark = (control_id: string, raw_id: string, marked_at_ms = 10) => ({
        tenant: 'north',
        channel: 'adt',
        feed: 'f',
        control_id,
        content: 'sha',
        raw_id,
        marked_at_ms,
      })

      it('finds marks in the order asked, and the earliest under a key stays', async () => {
        await store.putMarks([mark('1', 'a'), mark('2', 'b')])
        await store.putMarks([mark('1', 'later')])
        const found = await store.findMarks([mark('2', ''), mark('9', ''), mark('1', '')])
        assert.deepEqual(found, ['b', undefined, 'a'])
      })

      it('tells apart tenants, feeds and contents', async () => {
        await store.putMarks([mark('apart', 'a')])
        const other = [
          { ...mark('apart', ''), tenant: 'south' },
          { ...mark('apart', ''), feed: 'g' },
          { ...mark('apart', ''), content: 'other' },
        ]
        assert.deepEqual(await store.findMarks(other), [undefined, undefined, undefined])
      })

      it('drops marks before a time and no others', async () => {
        await store.putMarks([mark('old', 'a', 1), mark('new', 'b', 5)])
        assert.equal(await store.dropMarksBefore(5), 1)
        const found = await store.findMarks([mark('old', ''), mark('new', '')])
        assert.deepEqual(found, [undefined, 'b'])
      })
    })

    describe('admission', () => {
      it('makes a row once: the same id with the same content changes nothing', async () => {
        const one = intent(lane())
        assert.deepEqual(await admit(one), ['new'])
        assert.deepEqual(await admit(one), ['same'])
        assert.equal((await store.history(one.intent_id)).length, 1)
        const row = await store.row(one.intent_id)
        assert.deepEqual(row?.intent, one)
        assert.equal(row?.state, 'accepted')
        assert.equal(row?.first_at_ms, 500)
        assert.equal(row?.attempts, 0)
      })

      it('knows the same intent twice in one list', async () => {
        const one = intent(lane())
        assert.deepEqual(await admit(one, one), ['new', 'same'])
      })

      it('keeps an intent without a business identifier as it is', async () => {
        const one = intent({ ...lane(), identifier: undefined })
        await admit(one)
        assert.deepEqual((await store.row(one.intent_id))?.intent, one)
      })

      it('takes the whole list or none of it', async () => {
        const of = lane()
        const good = intent(of)
        const bad = { ...intent(of), key: undefined } as unknown as WriteIntent
        await assert.rejects(admit(good, bad))
        assert.equal(await store.row(good.intent_id), undefined)
      })

      it('fails a bad call alone: what was asked beside it stands', async () => {
        const of = lane()
        const good = intent(of)
        const bad = { ...intent(of), key: undefined } as unknown as WriteIntent
        const [first, second, third] = await Promise.allSettled([
          admit(good),
          admit(bad),
          store.setCursor('beside', 'x'),
        ])
        assert.equal(first?.status, 'fulfilled')
        assert.equal(second?.status, 'rejected')
        assert.equal(third?.status, 'fulfilled')
        assert.equal((await store.row(good.intent_id))?.state, 'accepted')
        assert.equal(await store.getCursor('beside'), 'x')
      })

      it('records a denied intent with its reason and never hands it out', async () => {
        const of = lane()
        const one = intent(of)
        const facts = { resource_type: 'Patient' }
        await store.admit(
          [admission(one, { state: 'denied', reason: 'operation_undeclared', facts })],
          500,
        )
        const row = await store.row(one.intent_id)
        assert.equal(row?.state, 'denied')
        assert.equal(row?.reason, 'operation_undeclared')
        assert.deepEqual(row?.facts, facts)
        assert.deepEqual(await store.claim(of, claiming), [])
        assert.equal(await store.nextDue(of), undefined)
      })
    })

    describe('revision', () => {
      const revised = (one: WriteIntent) => ({
        ...admission({ ...one, sequence: one.sequence + 1_000, raw_id: `${one.raw_id}_again` }),
        content: 'other content',
      })

      it('sends other content under an id that was committed, once, as the same row', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        assert.equal(await moveTo(one, 'committed', { target_id: '7' }), true)
        assert.deepEqual(await store.admit([revised(one)], 3_000), ['revision'])
        assert.deepEqual(await store.admit([revised(one)], 3_001), ['same'])
        const [row, ...others] = await store.claim(of, { ...claiming, now_ms: 4_000 })
        assert.deepEqual(others, [])
        assert.equal(row?.content, 'other content')
        assert.equal(row?.target_id, '7')
        assert.equal(row?.intent.sequence, one.sequence)
      })

      it('waits for the end of a call that is under way', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        assert.deepEqual(await store.admit([revised(one)], 1_500), ['revision'])
        const under_way = await store.row(one.intent_id)
        assert.equal(under_way?.state, 'in_flight')
        assert.equal(under_way?.content, `content of ${one.intent_id}`)
        assert.equal(await moveTo(one, 'unknown', { reason: 'target_answer_unknown' }), true)
        assert.deepEqual(await store.claim(of, { ...claiming, now_ms: 9_000 }), [])
        assert.equal(await moveTo(one, 'committed'), true)
        const [row] = await store.claim(of, { ...claiming, now_ms: 9_000 })
        assert.equal(row?.content, 'other content')
      })

      it('gives a dead row another chance with its new content', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        await moveTo(one, 'dead', { reason: 'target_refused', attempts: 4 })
        await store.admit([revised(one)], 3_000)
        const [row] = await store.claim(of, { ...claiming, now_ms: 3_000 })
        assert.equal(row?.attempts, 0)
        assert.equal(row?.content, 'other content')
      })

      it('is found by the raw records of both contents', async () => {
        const one = intent(lane())
        await admit(one)
        await store.admit([revised(one)], 3_000)
        assert.deepEqual(ids(await store.rowsOfRaw(one.raw_id)), [one.intent_id])
        assert.deepEqual(ids(await store.rowsOfRaw(`${one.raw_id}_again`)), [one.intent_id])
      })
    })

    describe('claiming', () => {
      it('moves a row to in_flight under this epoch with its lease', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        const [row] = await store.claim(of, claiming)
        assert.equal(row?.state, 'in_flight')
        assert.equal(row?.epoch, store.epoch)
        assert.equal(row?.lease_until_ms, 1_100)
        assert.deepEqual(await store.row(one.intent_id), row)
        assert.deepEqual(await store.claim(of, claiming), [])
      })

      it('gives each row to one of many claims made at once', async () => {
        const of = lane()
        const many = Array.from({ length: 40 }, () => intent(of))
        await admit(...many)
        const taken = await Promise.all(
          Array.from({ length: 8 }, () => store.claim(of, { ...claiming, limit: 6 })),
        )
        const all = taken.flatMap(ids)
        assert.equal(all.length, 40)
        assert.equal(new Set(all).size, 40)
      })

      it('keeps the order of a key while other keys go on', async () => {
        const of = lane()
        const first = intent({ ...of, key: 'k', sequence: 1 })
        const second = intent({ ...of, key: 'k', sequence: 2 })
        const other = intent({ ...of, key: 'other', sequence: 3 })
        await admit(second, first, other)
        assert.deepEqual(ids(await store.claim(of, claiming)).sort(), ids3(first, other))
        await moveTo(first, 'accepted', { due_at_ms: 5_000 })
        assert.deepEqual(await store.claim(of, { ...claiming, now_ms: 4_000 }), [])
        const again = await store.claim(of, { ...claiming, now_ms: 5_000 })
        assert.deepEqual(ids(again), [first.intent_id])
        await moveTo(first, 'dead', { reason: 'target_refused' })
        const next = await store.claim(of, { ...claiming, now_ms: 5_000 })
        assert.deepEqual(ids(next), [second.intent_id])
      })
      const ids3 = (...list: WriteIntent[]) => list.map(one => one.intent_id).sort()

      it('goes by ordinal inside an event', async () => {
        const of = lane()
        const event = { ...of, key: 'k', sequence: 1 }
        const second = intent({ ...event, ordinal: 1 })
        const first = intent({ ...event, ordinal: 0 })
        await admit(second, first)
        assert.deepEqual(ids(await store.claim(of, claiming)), [first.intent_id])
      })

      it('keeps back an earlier row that comes again while a later one is under way', async () => {
        const of = lane()
        const early = intent({ ...of, key: 'k', sequence: 1 })
        const late = intent({ ...of, key: 'k', sequence: 2 })
        await admit(early, late)
        await store.claim(of, claiming)
        await moveTo(early, 'dead', { reason: 'target_refused' })
        assert.deepEqual(ids(await store.claim(of, claiming)), [late.intent_id])
        await moveTo(early, 'accepted')
        assert.deepEqual(await store.claim(of, { ...claiming, now_ms: 9_000 }), [])
        await moveTo(late, 'committed')
        const again = await store.claim(of, { ...claiming, now_ms: 9_000 })
        assert.deepEqual(ids(again), [early.intent_id])
      })

      it('holds a row until what it waits for has come to its end', async () => {
        const of = lane()
        const patient = intent({ ...of, key: 'a', sequence: 1 })
        const visit = intent({
          ...of,
          key: 'b',
          sequence: 1,
          ordinal: 1,
          waits_for: [patient.intent_id],
        })
        await admit(patient, visit)
        assert.deepEqual(ids(await store.claim(of, claiming)), [patient.intent_id])
        await moveTo(patient, 'unknown')
        assert.deepEqual(await store.claim(of, { ...claiming, now_ms: 9_000 }), [])
        await moveTo(patient, 'committed')
        const now = await store.claim(of, { ...claiming, now_ms: 9_000 })
        assert.deepEqual(ids(now), [visit.intent_id])
      })

      it('does not hold a row for ever behind one that died: its adapter sees what is missing', async () => {
        const of = lane()
        const patient = intent({ ...of, key: 'a' })
        const visit = intent({ ...of, key: 'b', waits_for: [patient.intent_id, 'never admitted'] })
        await admit(patient, visit)
        await store.claim(of, claiming)
        await moveTo(patient, 'dead', { reason: 'target_refused' })
        assert.deepEqual(ids(await store.claim(of, claiming)), [visit.intent_id])
      })

      it('never has two calls of one resource under way, whatever their keys', async () => {
        const of = lane()
        const shared = { ...of, resource_type: 'Location', resource_id: 'ward' }
        const one = intent({ ...shared, key: 'a', sequence: 1 })
        const two = intent({ ...shared, key: 'b', sequence: 2 })
        await admit(one, two)
        assert.deepEqual(ids(await store.claim(of, claiming)), [one.intent_id])
        assert.deepEqual(await store.claim(of, claiming), [])
        await moveTo(one, 'unknown')
        assert.deepEqual(await store.claim(of, claiming), [])
        await moveTo(one, 'committed')
        assert.deepEqual(ids(await store.claim(of, claiming)), [two.intent_id])
      })

      it('hands out nothing of another target or tenant', async () => {
        const of = lane()
        const one = intent({ ...of, tenant: 'south' })
        await admit(one)
        assert.deepEqual(await store.claim(of, claiming), [])
        assert.equal((await store.claim({ ...of, tenant: 'south' }, claiming)).length, 1)
      })

      it('says when the next row is due', async () => {
        const of = lane()
        assert.equal(await store.nextDue(of), undefined)
        const one = intent(of)
        await admit(one)
        assert.equal(await store.nextDue(of), 500)
        await store.claim(of, claiming)
        assert.equal(await store.nextDue(of), undefined)
        await moveTo(one, 'accepted', { due_at_ms: 7_000 })
        assert.equal(await store.nextDue(of), 7_000)
      })
    })

    describe('overtaken writes (G4)', () => {
      const same = { resource_type: 'Encounter', resource_id: 'e1' }

      it('supersedes an older whole write once a newer one is committed, also when retried', async () => {
        const of = lane()
        const old = intent({ ...of, ...same, key: 'k', sequence: 1 })
        const next = intent({ ...of, ...same, key: 'k', sequence: 2 })
        await admit(old, next)
        await store.claim(of, claiming)
        await moveTo(old, 'dead', { reason: 'target_refused' })
        await store.claim(of, claiming)
        await moveTo(next, 'committed', { target_id: '1' })
        await moveTo(old, 'accepted')
        assert.deepEqual(await store.claim(of, { ...claiming, now_ms: 9_000 }), [])
        assert.equal((await store.row(old.intent_id))?.state, 'superseded')
        assert.equal(await store.newest(old), next.intent_id)
      })

      it('sends the older first where both wait: the newer may still be refused', async () => {
        const of = lane()
        const old = intent({ ...of, ...same, key: 'k', sequence: 1 })
        const next = intent({ ...of, ...same, key: 'k', sequence: 2 })
        await admit(old, next)
        assert.deepEqual(ids(await store.claim(of, claiming)), [old.intent_id])
      })

      it('does not let a create overtake an update: it made what was missing', async () => {
        const of = lane()
        const update = intent({ ...of, ...same, key: 'a', sequence: 1 })
        const create = intent({ ...of, ...same, key: 'b', sequence: 2, operation: 'create' })
        await admit(create)
        await store.claim(of, claiming)
        await moveTo(create, 'committed')
        assert.equal(await store.newest(create), create.intent_id)
        await admit(update)
        assert.deepEqual(ids(await store.claim(of, claiming)), [update.intent_id])
        await moveTo(update, 'committed')
        assert.equal(await store.newest(create), update.intent_id)
      })

      it('goes on behind a row that it supersedes', async () => {
        const of = lane()
        const newest = intent({ ...of, ...same, key: 'a', sequence: 9 })
        await admit(newest)
        await store.claim(of, claiming)
        await moveTo(newest, 'committed')
        const stale = [3, 4, 5].map(sequence => intent({ ...of, ...same, key: 'b', sequence }))
        const behind = intent({ ...of, key: 'b', sequence: 6 })
        await admit(...stale, behind)
        const taken = await store.claim(of, claiming)
        assert.deepEqual(ids(taken), [behind.intent_id])
      })
    })

    describe('moves', () => {
      it('refuses a move from another state than the row has, and an illegal one, alone', async () => {
        const of = lane()
        const one = intent(of)
        const two = intent(of)
        await admit(one, two)
        const epoch = store.epoch
        const answers = await store.move([
          { ...base(one, 'in_flight', 'committed'), epoch },
          { ...base(one, 'accepted', 'committed'), epoch },
          { ...base(two, 'accepted', 'parked'), epoch },
          { ...base({ ...one, intent_id: 'nobody' }, 'accepted', 'parked'), epoch },
        ])
        assert.deepEqual(answers, [false, false, true, false])
        assert.equal((await store.row(one.intent_id))?.state, 'accepted')
        assert.equal((await store.row(two.intent_id))?.state, 'parked')
      })

      it('refuses a move under another epoch', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        assert.equal(await moveTo(one, 'committed', { epoch: store.epoch - 1 }), false)
        assert.equal((await store.row(one.intent_id))?.state, 'in_flight')
      })

      it('keeps what a move says and what it leaves out', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        const reason = 'target_throttled' as const
        await moveTo(one, 'accepted', { reason, facts: { status: 429 }, attempts: 3, due_at_ms: 8 })
        await store.claim(of, claiming)
        await moveTo(one, 'committed', { target_id: '42', target_version: 'v1' })
        await moveTo(one, 'surfaced', { target_version: 'v2' })
        const row = await store.row(one.intent_id)
        assert.equal(row?.target_id, '42')
        assert.equal(row?.target_version, 'v2')
        assert.equal(row?.attempts, 3)
        assert.equal(row?.reason, undefined)
        const history = await store.history(one.intent_id)
        assert.deepEqual(
          history.map(({ from, to }) => [from, to]),
          [
            [undefined, 'accepted'],
            ['accepted', 'in_flight'],
            ['in_flight', 'accepted'],
            ['accepted', 'in_flight'],
            ['in_flight', 'committed'],
            ['committed', 'surfaced'],
          ],
        )
        assert.deepEqual(history[2]?.facts, { status: 429 })
        assert.equal(history[2]?.reason, reason)
        for (const { from, to } of history) assert.ok(from === undefined || mayMove(from, to))
      })

      it('finds rows whose lease has passed', async () => {
        const of = lane()
        const one = intent(of)
        await admit(one)
        await store.claim(of, claiming)
        assert.deepEqual(await store.overdue(of, 1_099, 10), [])
        assert.deepEqual(ids(await store.overdue(of, 1_100, 10)), [one.intent_id])
        await moveTo(one, 'unknown')
        assert.deepEqual(await store.overdue(of, 1_100, 10), [])
      })

      it('lists a state by its oldest change, and counts every state', async () => {
        const of = lane()
        const list = [intent(of), intent(of), intent(of)] as const
        await admit(...list)
        await moveTo(list[1], 'parked', { at_ms: 700 })
        await moveTo(list[0], 'parked', { at_ms: 900 })
        const parked = await store.rowsInState(of, 'parked', 10)
        assert.deepEqual(ids(parked), [list[1].intent_id, list[0].intent_id])
        assert.equal((await store.rowsInState(of, 'parked', 1)).length, 1)
        const counts = (await store.counts()).filter(row => row.target === of.target)
        assert.deepEqual(counts, [
          { ...of, state: 'accepted', count: 1, since_ms: 500 },
          { ...of, state: 'parked', count: 2, since_ms: 700 },
        ])
      })
    })

    describe('crosswalk and cursors', () => {
      it('answers the ids that it knows, and only those', async () => {
        const of = lane()
        const row = { ...of, resource_type: 'Patient', resource_id: 'p', target_id: '12' }
        await store.learn([row])
        await store.learn([{ ...row, target_id: '13' }])
        const known = await store.known(of.tenant, of.target, ['Patient/p', 'Encounter/p', 'odd'])
        assert.deepEqual(known, { 'Patient/p': '13' })
        assert.deepEqual(await store.known('south', of.target, ['Patient/p']), {})
      })

      it('learns the id of a committed row with the commit itself', async () => {
        const of = lane()
        const one = intent({ ...of, resource_id: 'q' })
        await admit(one)
        await store.claim(of, claiming)
        await moveTo(one, 'committed', { target_id: '99' })
        const known = await store.known(of.tenant, of.target, ['Patient/q'])
        assert.deepEqual(known, { 'Patient/q': '99' })
      })

      it('keeps cursors by name', async () => {
        assert.equal(await store.getCursor('nobody'), undefined)
        await store.setCursor('c', '1')
        await store.setCursor('c', '2')
        assert.equal(await store.getCursor('c'), '2')
      })
    })

    describe('ownership', () => {
      it('answers what was asked before closing, and refuses what comes after', async () => {
        const other = await prepare()
        const brief = await other.open()
        const asked = brief.setCursor('last', 'words')
        const closed = brief.close()
        await asked
        await assert.rejects(brief.getCursor('last'), { code: 'store_closed' })
        await closed
        await brief.close()
        await other.cleanup()
      })

      it('keeps everything over a close, and fences what an earlier owner left', async t => {
        const other = await prepare()
        if (other.reopen === undefined) {
          await other.cleanup()
          return t.skip('this state does not outlive its store')
        }
        const first = await other.open()
        const one = intent()
        await first.admit([admission(one)], 500)
        const [claimed] = await first.claim(at, claiming)
        assert.ok(claimed)
        await first.close()
        const second = await other.reopen()
        assert.ok(second.epoch > first.epoch)
        assert.deepEqual(await second.row(one.intent_id), claimed)
        const left = base(one, 'in_flight', 'unknown')
        const early = { ...left, at_ms: 1_099, epoch: second.epoch }
        assert.deepEqual(await second.move([early]), [false])
        const late = { ...left, at_ms: 1_100, epoch: second.epoch }
        const verdict = { ...late, to: 'committed' as const }
        assert.deepEqual(await second.move([verdict, late]), [false, true])
        await second.close()
        await other.cleanup()
      })
    })
  })
}
