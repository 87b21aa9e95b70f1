// What any search index promises, over a real log. Each driver runs all of it.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Log, NewRecord } from '../../src/model/log.ts'
import type { MessageFilter, Search } from '../../src/model/search.ts'
import { eventRecord, letterRecord, rawRecord } from './search_samples.ts'

export interface SearchWorld {
  readonly log: Log
  readonly search: Search
}

export type OpenSearchWorld = (t: TestContext) => Promise<SearchWorld>

const all = { after: '', limit: 100 }

async function append(log: Log, records: readonly (readonly [string, NewRecord])[]) {
  for (const [topic, record] of records) {
    await log.createTopic(topic)
    await log.append(topic, 0, [record])
  }
}

const RAW = 'raw.harbor.adt_in'

export function searchContract(open: OpenSearchWorld): void {
  const idsOf = async ({ search }: SearchWorld, filter: MessageFilter) => {
    const { rows } = await search.messages(filter, all)
    return rows.map(({ raw_id, index }) => (index === undefined ? raw_id : `${raw_id}#${index}`))
  }

  describe('messages', () => {
    it('are found by control id, type, tenant and channel, the newest first', async t => {
      const world = await open(t)
      const { log, search } = world
      await append(log, [
        [RAW, rawRecord({ raw_id: 'a', control_id: 'C1' })],
        [RAW, rawRecord({ raw_id: 'b', control_id: 'C2', type: 'ORU^R01' })],
        ['raw.harbor.lab', rawRecord({ raw_id: 'c', control_id: 'C1', channel: 'lab' })],
        ['raw.tower.adt_in', rawRecord({ raw_id: 'd', control_id: 'C1', tenant: 'tower' })],
      ])
      await search.caughtUp()
      assert.deepEqual(await idsOf(world, {}), ['d', 'c', 'b', 'a'])
      assert.deepEqual(await idsOf(world, { control_id: 'C1' }), ['d', 'c', 'a'])
      assert.deepEqual(await idsOf(world, { control_id: 'C1', tenant: 'harbor' }), ['c', 'a'])
      assert.deepEqual(await idsOf(world, { type: 'ORU^R01' }), ['b'])
      assert.deepEqual(await idsOf(world, { type: 'ADT' }), ['d', 'c', 'a'])
      assert.deepEqual(await idsOf(world, { channel: 'lab', type: 'ORU' }), [])
      assert.deepEqual(await idsOf(world, { control_id: 'C' }), [])
      assert.deepEqual(await idsOf(world, { raw_id: 'b' }), ['b'])
    })

    it('are found by any identifier in PID-3, and by system and value once an event names them', async t => {
      const world = await open(t)
      const { log, search } = world
      const pid = 'PID|1||M1^^^RIV~N9^^^NAT||Test^Synthetic\rPV1|1|I|||||||||||||||||V7^^^RIV\r'
      await append(log, [
        [RAW, rawRecord({ raw_id: 'a', control_id: 'C1', more: pid })],
        [RAW, rawRecord({ raw_id: 'b', control_id: 'C2' })],
        [
          'canonical.harbor',
          eventRecord({ raw_id: 'a', event_id: 'e1', patient: 'M1', visit: 'V7' }),
        ],
      ])
      await search.caughtUp()
      for (const patient of ['M1', 'N9', 'urn:oid:2.999|M1']) {
        assert.deepEqual(await idsOf(world, { patient }), ['a'], patient)
      }
      assert.deepEqual(await idsOf(world, { patient: 'M1', control_id: 'C2' }), [])
      assert.deepEqual(await idsOf(world, { visit: 'V7' }), ['a'])
      assert.deepEqual(await idsOf(world, { visit: 'urn:oid:2.999|V7' }), ['a'])
      assert.deepEqual(await idsOf(world, { patient: 'V7' }), [])
      assert.deepEqual(await idsOf(world, { event_id: 'e1' }), ['a'])
    })

    it('tell what became of them, and wait until something has', async t => {
      const world = await open(t)
      const { log, search } = world
      const fate = (raw_id: string, name: string): [string, NewRecord] => [
        'audit.harbor',
        { key: raw_id, headers: { raw_id, fate: name }, value: Buffer.from('{}') },
      ]
      const target = { raw_id: 'e', event_id: 'e2', intent_id: 'i1', target: 'chart' }
      await append(log, [
        ...['w', 'f', 'd', 'x', 'e'].map((raw_id): [string, NewRecord] => [
          RAW,
          rawRecord({ raw_id, control_id: raw_id }),
        ]),
        fate('f', 'filtered'),
        fate('d', 'duplicate'),
        ['dead.harbor', letterRecord({ id: '1'.repeat(32), raw_id: 'x' })],
        ['canonical.harbor', eventRecord({ raw_id: 'e', event_id: 'e2', patient: 'M1' })],
        ['outbound.harbor.chart', { key: 'k', headers: target, value: Buffer.from('{}') }],
      ])
      await search.caughtUp()
      for (const [ended, raw_id] of Object.entries({
        waiting: 'w',
        filtered: 'f',
        duplicate: 'd',
        dead: 'x',
        event: 'e',
      })) {
        assert.deepEqual(await idsOf(world, { ended } as MessageFilter), [raw_id], ended)
      }
      assert.deepEqual(await idsOf(world, { target: 'chart' }), ['e'])
      const { rows } = await search.messages({ raw_id: 'e' }, all)
      assert.deepEqual(rows[0]?.targets, ['chart'])
      assert.deepEqual(rows[0]?.ended.toSorted(), ['event', 'routed'])
      assert.deepEqual(await idsOf(world, { ended: 'mapped' }), [])
      const topics = (await search.recordsOf('e')).map(({ topic }) => topic)
      assert.deepEqual(topics.toSorted(), ['canonical.harbor', 'outbound.harbor.chart', RAW])
    })

    it('of a batch are found each by its own, and the batch by its own', async t => {
      const world = await open(t)
      const { log, search } = world
      const value = Buffer.concat([
        Buffer.from('BHS|^~\\&|HIS|HARBOR|||||||B1\r'),
        rawRecord({ control_id: 'I0', more: 'PID|1||P0\r' }).value,
        rawRecord({ control_id: 'I1', type: 'ADT^A08', more: 'PID|1||P1\r' }).value,
        Buffer.from('BTS|2\r'),
      ])
      const event = (index: string, event_id: string) =>
        eventRecord({ raw_id: 'b', event_id, patient: `P${index}`, index })
      const intent = { raw_id: 'b', event_id: 'e1', intent_id: 'i1', target: 'chart' }
      await append(log, [
        [RAW, { ...rawRecord({ raw_id: 'b', control_id: 'B1', type: '' }), value }],
        ['canonical.harbor', event('0', 'e0')],
        ['canonical.harbor', event('1', 'e1')],
        ['outbound.harbor.chart', { key: 'k', headers: intent, value: Buffer.from('{}') }],
      ])
      await search.caughtUp()
      assert.deepEqual(await idsOf(world, { control_id: 'B1' }), ['b'])
      assert.deepEqual(await idsOf(world, { control_id: 'I1' }), ['b#1'])
      assert.deepEqual(await idsOf(world, { patient: 'P0' }), ['b#0'])
      assert.deepEqual(await idsOf(world, { type: 'ADT^A08' }), ['b#1'])
      assert.deepEqual(await idsOf(world, { target: 'chart' }), ['b#1'])
      const { rows } = await search.messages({ control_id: 'I1' }, all)
      assert.deepEqual(rows[0]?.event_ids, ['e1'])
      assert.equal((await search.recordsOf('b')).length, 4)
      const topics = (await search.recordsOf('b', 1)).map(({ topic }) => topic)
      assert.deepEqual(topics.toSorted(), ['canonical.harbor', 'outbound.harbor.chart', RAW])
    })

    it('come in pages that leave nothing out and nothing twice while more arrive', async t => {
      const world = await open(t)
      const { log, search } = world
      const ids = Array.from({ length: 25 }, (_, i) => `r${String(i).padStart(2, '0')}`)
      await append(
        log,
        ids.map(raw_id => [RAW, rawRecord({ raw_id, control_id: 'SAME' })]),
      )
      await search.caughtUp()
      for (const filter of [{ control_id: 'SAME' }, { channel: 'adt_in' }]) {
        const seen: string[] = []
        let after: string | undefined = ''
        while (after !== undefined) {
          const page = await search.messages(filter, { after, limit: 4 })
          seen.push(...page.rows.map(({ raw_id }) => raw_id))
          after = page.next
          await append(log, [[RAW, rawRecord({ raw_id: `new${Math.random()}`, control_id: 'N' })]])
        }
        assert.deepEqual(
          seen.filter(raw_id => !raw_id.startsWith('new')),
          ids.toReversed(),
        )
      }
    })

    it('are cut by the time at which they were stored', async t => {
      const world = await open(t)
      const { log, search } = world
      await append(log, [[RAW, rawRecord({ raw_id: 'a', control_id: 'C1' })]])
      await new Promise(resolve => setTimeout(resolve, 5))
      await append(log, [[RAW, rawRecord({ raw_id: 'b', control_id: 'C1' })]])
      await search.caughtUp()
      const { rows } = await search.messages({}, all)
      const since_ms = rows[0]?.stored_at_ms ?? 0
      assert.deepEqual(await idsOf(world, { since_ms }), ['b'])
      assert.deepEqual(await idsOf(world, { until_ms: since_ms }), ['a'])
      assert.deepEqual(await idsOf(world, { control_id: 'C1', until_ms: since_ms }), ['a'])
      assert.deepEqual(await idsOf(world, { since_ms: since_ms + 60_000 }), [])
    })

    it('know what mends them, and what is no message disturbs nothing', async t => {
      const { log, search } = await open(t)
      const mended = rawRecord({ raw_id: 'b', control_id: 'C1' })
      await append(log, [
        [RAW, rawRecord({ raw_id: 'a', control_id: 'C1' })],
        [RAW, { ...mended, headers: { ...mended.headers, repairs: 'a', root_id: 'a' } }],
        [RAW, { key: '', headers: { raw_id: 'odd' }, value: Buffer.from([0xff, 0xfe, 0x00]) }],
        ['canonical.harbor', { key: '', headers: { raw_id: 'odd' }, value: Buffer.from('{') }],
        [
          'dead.harbor',
          { key: '', headers: { 'dlt.id': 'z', 'dlt.error.facts': '{' }, value: Buffer.of() },
        ],
        ['elsewhere', { key: '', headers: {}, value: Buffer.of() }],
      ])
      await search.caughtUp()
      assert.deepEqual(await search.repairsOf('a'), ['b'])
      assert.equal((await search.progress()).trouble, undefined)
      assert.equal((await search.progress()).behind, 0)
    })
  })

  describe('letters', () => {
    it('are listed once under their newest reason, picked and counted', async t => {
      const { log, search } = await open(t)
      const letter = (id: string, change: Parameters<typeof letterRecord>[0] = {}) =>
        ['dead.harbor', letterRecord({ id: id.repeat(32), ...change })] as [string, NewRecord]
      await append(log, [
        [RAW, rawRecord({ raw_id: 'a', control_id: 'C1', more: 'PID|1||M1\r' })],
        letter('1', { raw_id: 'a', code: 'mapping_failed' }),
        letter('2', { code: 'mapping_failed', channel: 'lab' }),
        letter('3', { raw_id: 'a', code: 'target_refused', stage: 'deliver', target: 'chart' }),
        letter('1', { raw_id: 'a', code: 'mapping_timeout' }),
      ])
      await search.caughtUp()
      const ids = async (filter: Parameters<Search['letters']>[0]) =>
        (await search.letters(filter, all)).rows.map(({ id }) => id[0])
      assert.deepEqual(await ids({}), ['3', '2', '1'])
      assert.deepEqual(await ids({ code: 'mapping_failed' }), ['2'])
      assert.deepEqual(await ids({ target: 'chart' }), ['3'])
      assert.deepEqual(await ids({ patient: 'M1' }), ['3', '1'])
      assert.deepEqual(await ids({ patient: 'M1', code: 'mapping_failed' }), [])
      assert.deepEqual(await ids({ id: '11' }), ['1'])
      assert.deepEqual(await ids({ control_id: 'C1' }), ['3', '1'])
      const { rows } = await search.letters({ target: 'chart' }, all)
      assert.equal(rows[0]?.control_id, 'C1', 'of the message that the write came of')
      const counts = await search.letterCounts({})
      assert.deepEqual(Object.fromEntries(counts.map(({ code, count }) => [code, count])), {
        mapping_failed: 1,
        mapping_timeout: 1,
        target_refused: 1,
      })
      assert.equal((await search.letterCounts({ channel: 'lab' }))[0]?.count, 1)
      assert.deepEqual(await search.letterCounts({ patient: 'nobody' }), [])
      assert.equal((await search.letterCounts({ target: 'chart' }))[0]?.code, 'target_refused')
    })
  })
}
