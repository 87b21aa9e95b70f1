// Station 4: events, then marks, then the offset, whatever fails in between; and every record's
// fate in the log, once. On the real log and store.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { CanonicalEvent, MappedEvent } from '../../src/model/event.ts'
import { limits } from '../../src/model/limits.ts'
import type { LogRecord } from '../../src/model/log.ts'
import type { Transformed } from '../../src/path/3_transform.ts'
import { type CanonicalContext, canonical } from '../../src/path/4_canonical.ts'
import type { Ended } from '../../src/path/standing.ts'
import { diskFull, guarded, openLog, openStore, recordsOf } from './rooms.ts'
import {
  CHANNEL,
  DEPLOYMENT,
  encounter,
  finished,
  id,
  mappedEvent,
  patient,
  type RawOptions,
  rawRecord,
  START_MS,
  TENANT,
} from './toy.ts'

const topics = {
  canonical: `canonical.${TENANT}`,
  dead: `dead.${TENANT}`,
  audit: `audit.${TENANT}`,
}

const markOf = (record: LogRecord, content = 'same') => ({
  tenant: TENANT,
  channel: CHANNEL,
  feed: record.headers.feed ?? '',
  control_id: record.headers.control_id ?? '',
  content,
})

function mapped(
  options: RawOptions = {},
  events: readonly MappedEvent[] = [mappedEvent()],
): Transformed {
  const record = rawRecord(options)
  const mark = options.control_id === '' ? undefined : markOf(record, options.note)
  return {
    record,
    fate: 'mapped',
    mark,
    made: finished(events, record),
    findings: [],
  }
}

async function world(t: TestContext) {
  const log = await openLog(t, Object.values(topics))
  const store = await openStore(t)
  const context: CanonicalContext = {
    log,
    store,
    tenant: TENANT,
    channel: CHANNEL,
    deployment: DEPLOYMENT,
    group: `transform.${TENANT}.${CHANNEL}`,
    now_ms: START_MS + 60_000,
    standing: new Map(),
  }
  const all = async () => ({
    events: await recordsOf(log, topics.canonical),
    dead: await recordsOf(log, topics.dead),
    audit: await recordsOf(log, topics.audit),
  })
  const eventsOf = async () =>
    (await recordsOf(log, topics.canonical)).map(
      ({ value }) => JSON.parse(value.toString()) as CanonicalEvent,
    )
  return { log, store, context, all, eventsOf }
}

describe('an event', () => {
  it('stands in the canonical topic with its lineage (M10, M16)', async t => {
    const { context, eventsOf, all } = await world(t)
    const item = mapped({ offset: 4, control_id: 'MSG1', type: 'ADT^A01' })
    await canonical([item], context)
    const [event] = await eventsOf()
    assert.ok(event)
    const { id: event_id, resources, ...rest } = event
    assert.match(event_id, /^[0-9a-f]{32}$/)
    assert.deepEqual(
      resources.entry.map(({ fullUrl }) => fullUrl),
      ['http://firth.invalid/Patient/p-M1', 'http://firth.invalid/Encounter/e-V1'],
    )
    const received_at = item.record.headers.received_at
    assert.deepEqual(rest, {
      kind: 'patient.admitted',
      schema_version: 1,
      tenant: TENANT,
      channel: CHANNEL,
      occurred_at: received_at,
      recorded_at: received_at,
      patient: id('M1'),
      visit: id('V1'),
      source: {
        raw_id: 'raw4',
        index: 0,
        topic: `raw.${TENANT}.${CHANNEL}`,
        control_id: 'MSG1',
        message_type: 'ADT^A01',
        hl7_version: '2.5.1',
        sha256: item.record.headers.sha256,
      },
      deployment: DEPLOYMENT,
      warnings: [],
    })
    const [record] = (await all()).events
    assert.deepEqual(record?.headers, {
      event_id,
      kind: 'patient.admitted',
      tenant: TENANT,
      channel: CHANNEL,
      raw_id: 'raw4',
      control_id: 'MSG1',
      source_topic: `raw.${TENANT}.${CHANNEL}`,
      source_partition: '0',
      source_offset: '4',
      traceparent: item.record.headers.traceparent,
      deployment: DEPLOYMENT,
    })
  })

  it('is keyed by its patient, and by its feed where it names none', async t => {
    const { context, all } = await world(t)
    const nobody = mappedEvent({ patient: null, resources: [patient()] })
    await canonical([mapped({ offset: 0 }), mapped({ offset: 1, note: 'x' }, [nobody])], context)
    assert.deepEqual(
      (await all()).events.map(({ key }) => key),
      ['urn:oid:2.999.1|M1', '2575|HIS|HARBOR'],
    )
  })

  it('is the same, byte for byte, whenever it is made (F08, G6)', async t => {
    const [one, other] = [await world(t), await world(t)]
    await canonical([mapped({ offset: 4 })], one.context)
    await canonical([mapped({ offset: 4 })], {
      ...other.context,
      now_ms: START_MS + 9 * 86_400_000,
    })
    const [first] = (await one.all()).events
    const [second] = (await other.all()).events
    assert.deepEqual(first?.value, second?.value)
  })

  it('has an id of root, kind and subject: neither offset nor content nor deployment is in it', async t => {
    const idsOf = async (options: RawOptions, events: MappedEvent[], deployment = DEPLOYMENT) => {
      const { context, eventsOf } = await world(t)
      await canonical([mapped(options, events)], { ...context, deployment })
      return (await eventsOf()).map(({ id: event_id }) => event_id)
    }
    const event = mappedEvent()
    const base = await idsOf({ raw_id: 'r', offset: 1 }, [event])
    const other = mappedEvent({ resources: [patient('M1', { active: true }), encounter()] })
    assert.deepEqual(await idsOf({ raw_id: 'r', offset: 9 }, [event]), base)
    assert.deepEqual(await idsOf({ raw_id: 'r' }, [other], 'e'.repeat(64)), base)
    const mended = { raw_id: 'mended', headers: { root_id: 'r' } }
    assert.deepEqual(await idsOf(mended, [event]), base, 'a mended message makes the same events')
    assert.notDeepEqual(await idsOf({ raw_id: 's' }, [event]), base)
    assert.notDeepEqual(await idsOf({ raw_id: 'r' }, [mappedEvent({ subject: id('V2') })]), base)
    assert.notDeepEqual(
      await idsOf({ raw_id: 'r' }, [mappedEvent({ kind: 'patient.updated' })]),
      base,
    )
  })

  it('has an id of its own where one message makes several of a kind', async t => {
    const { context, eventsOf } = await world(t)
    const none = mappedEvent({ subject: undefined })
    await canonical([mapped({}, [mappedEvent(), mappedEvent(), none, none])], context)
    const ids = (await eventsOf()).map(({ id: event_id }) => event_id)
    assert.equal(new Set(ids).size, 4)
  })

  it('that its schema refuses is a dead letter of its message, with the place and no mark', async t => {
    const { context, all, store } = await world(t)
    const broken = { resourceType: 'Patient', id: 'CANARY not an id', name: 'CANARY' }
    const item = mapped({ offset: 2 }, [mappedEvent(), mappedEvent({ resources: [broken] })])
    assert.equal((await canonical([item], context)).dead, 1)
    const { events, dead } = await all()
    assert.deepEqual(events, [])
    const [letter] = dead
    assert.equal(letter?.headers['dlt.error.code'], 'event_invalid')
    assert.equal(letter?.headers['dlt.stage'], 'validate')
    assert.match(letter?.headers['dlt.error.path'] ?? '', /^\//)
    const { value: _, ...shown } = letter as LogRecord
    assert.doesNotMatch(JSON.stringify(shown), /CANARY/)
    assert.ok(item.fate === 'mapped' && item.mark)
    assert.deepEqual(await store.findMarks([item.mark]), [undefined])
  })
})

const large = (characters: number) =>
  mappedEvent({ resources: [patient('M1', { text: { div: 'x'.repeat(characters) } })] })

describe('events that are large', () => {
  it('are a dead letter of their message where one is larger than a record may be', async t => {
    const { context, all } = await world(t)
    const items = [
      mapped({ control_id: 'LARGE' }, [mappedEvent(), large(limits.record_bytes_max)]),
      mapped({ control_id: 'NEXT', offset: 1 }),
    ]
    const counts = await canonical(items, context)
    assert.deepEqual([counts.dead, counts.transformed], [1, 1])
    const { events, dead } = await all()
    assert.deepEqual(
      [...events, ...dead].map(({ headers }) => [headers.control_id, headers['dlt.error.code']]),
      [
        ['NEXT', undefined],
        ['LARGE', 'event_too_large'],
      ],
    )
    assert.match(dead[0]?.headers['dlt.error.facts'] ?? '', /"record_bytes_max":20971520/)
  })

  it('are appended in portions, and those of one message together', async t => {
    const { context, log, all } = await world(t)
    const appended: number[] = []
    const watched = guarded(log, (_, [, , records]) => {
      appended.push((records as readonly unknown[]).length)
    })
    const half = large(limits.batch_bytes_max / 2)
    const items = [
      mapped({ control_id: 'A' }, [half]),
      mapped({ control_id: 'B', offset: 1 }, [half, half, half]),
      mapped({ control_id: 'C', offset: 2 }, [half]),
    ]
    await canonical(items, { ...context, log: watched })
    assert.deepEqual(appended, [4, 1])
    assert.equal((await all()).events.length, 5)
  })
})

describe('a record that makes no event', () => {
  it('leaves a line in the audit topic: filtered, duplicate or no event (G5)', async t => {
    const { context, all } = await world(t)
    const filtered: Transformed = { record: rawRecord({ offset: 0 }), fate: 'filtered' }
    const batch = [
      filtered,
      mapped({ offset: 1 }),
      mapped({ offset: 2 }),
      mapped({ offset: 3, note: 'x' }, []),
    ]
    const counts = await canonical(batch, context)
    assert.deepEqual(counts, {
      filtered: 1,
      duplicate: 1,
      no_event: 1,
      unrouted: 0,
      transformed: 1,
      dead: 0,
    })
    const { audit } = await all()
    assert.deepEqual(
      audit.map(({ headers }) => [headers.fate, headers.raw_id]),
      [
        ['filtered', 'raw0'],
        ['duplicate', 'raw2'],
        ['no_event', 'raw3'],
      ],
    )
    assert.deepEqual(JSON.parse(audit[1]?.value.toString() ?? ''), {
      fate: 'duplicate',
      facts: { of: 'raw1' },
    })
  })

  it('is a dead letter where its mapping failed, byte for byte as it came (F20)', async t => {
    const { context, all } = await world(t)
    const record = rawRecord({ offset: 5, value: Buffer.from([0x4d, 0x00, 0xff, 0x0d]) })
    const failed: Transformed = {
      record,
      fate: 'failed',
      code: 'mapping_failed',
      facts: { place: 'PID-3', line: 7 },
    }
    await canonical([failed], context)
    const [letter] = (await all()).dead
    assert.ok(letter)
    assert.deepEqual(letter.value, record.value)
    assert.equal(letter.key, record.key)
    for (const [name, header] of Object.entries(record.headers)) {
      assert.equal(letter.headers[name], header)
    }
    assert.equal(letter.headers['dlt.stage'], 'transform')
    assert.equal(letter.headers['dlt.error.code'], 'mapping_failed')
    assert.equal(letter.headers['dlt.error.path'], 'PID-3')
    assert.equal(letter.headers['dlt.origin.offset'], '5')
    assert.equal(letter.headers['dlt.origin.group'], context.group)
  })

  it('dies under the same id in every redo; its mended version has a death of its own', async t => {
    const idOf = async (options: RawOptions, now_ms: number) => {
      const { context, all } = await world(t)
      const record = rawRecord(options)
      await canonical([{ record, fate: 'failed', code: 'mapping_failed', facts: {} }], {
        ...context,
        now_ms,
      })
      return (await all()).dead[0]?.headers['dlt.id']
    }
    const first = await idOf({ raw_id: 'r', offset: 1 }, START_MS)
    assert.equal(await idOf({ raw_id: 'r', offset: 8 }, START_MS + 5), first)
    assert.notEqual(await idOf({ raw_id: 'm', headers: { root_id: 'r' } }, START_MS), first)
    assert.notEqual(await idOf({ raw_id: 's' }, START_MS), first)
  })
})

describe('a duplicate (design: section 2)', () => {
  it('is no message that mends the one with its mark, nor that one again', async t => {
    const { context, all } = await world(t)
    await canonical([mapped({ raw_id: 'r' })], context)
    const mends = (raw_id: string, offset: number) =>
      mapped({ raw_id, offset, headers: { root_id: 'r' } })
    await canonical([mends('m', 1)], context)
    await canonical([mends('n', 2)], context)
    assert.equal((await all()).events.length, 3)
    assert.equal((await canonical([mapped({ raw_id: 's', offset: 3 })], context)).duplicate, 1)
  })

  it('is told within a batch and across batches, and names the first', async t => {
    const { context, all } = await world(t)
    await canonical([mapped({ offset: 0 }), mapped({ offset: 1 })], context)
    const counts = await canonical([mapped({ offset: 2 })], context)
    assert.equal(counts.duplicate, 1)
    const { events, audit } = await all()
    assert.equal(events.length, 1)
    assert.deepEqual(
      audit.map(({ value }) => JSON.parse(value.toString()).facts.of),
      ['raw0', 'raw0'],
    )
  })

  it('is none with other content under the same control id: it goes on', async t => {
    const { context } = await world(t)
    const counts = await canonical(
      [mapped({ offset: 0, note: 'one' }), mapped({ offset: 1, note: 'other' })],
      context,
    )
    assert.equal(counts.transformed, 2)
  })

  it('is none of another feed', async t => {
    const { context } = await world(t)
    const other = { offset: 1, headers: { feed: '2575|LAB|HARBOR' } }
    const counts = await canonical([mapped({ offset: 0 }), mapped(other)], context)
    assert.equal(counts.transformed, 2)
  })

  it('is none without a control id', async t => {
    const { context } = await world(t)
    const batch = [0, 1].map(offset => mapped({ offset, control_id: '' }))
    assert.equal((await canonical(batch, context)).transformed, 2)
    assert.equal((await canonical([mapped({ offset: 2, control_id: '' })], context)).transformed, 1)
  })

  it('is none of a message that died: the one that was sent again is tried', async t => {
    const { context } = await world(t)
    const failed: Transformed = {
      record: rawRecord({ offset: 0 }),
      fate: 'failed',
      code: 'mapping_failed',
      facts: {},
    }
    const counts = await canonical([failed, mapped({ offset: 1 })], context)
    assert.equal(counts.dead, 1)
    assert.equal(counts.transformed, 1)
  })

  it('is no record of its own redo', async t => {
    const { context } = await world(t)
    await canonical([mapped({ offset: 0 })], context)
    assert.equal((await canonical([mapped({ offset: 0 })], context)).duplicate, 0)
  })
})

describe('the order of what becomes durable', () => {
  it('is events, dead letters and audit lines before marks', async t => {
    const { context, log, store } = await world(t)
    const done: string[] = []
    const watchedLog = guarded(log, (method, [topic]) => {
      if (method === 'append') done.push(`append ${topic}`)
    })
    const watchedStore = guarded(store, method => void done.push(method))
    const batch: Transformed[] = [
      mapped({ offset: 0 }),
      { record: rawRecord({ offset: 1 }), fate: 'filtered' },
      { record: rawRecord({ offset: 2 }), fate: 'failed', code: 'mapping_failed', facts: {} },
    ]
    await canonical(batch, { ...context, log: watchedLog, store: watchedStore })
    assert.equal(done.at(0), 'findMarks')
    assert.equal(done.at(-1), 'putMarks')
    assert.deepEqual(
      done.slice(1, -1).sort(),
      Object.values(topics)
        .map(topic => `append ${topic}`)
        .sort(),
    )
  })

  for (const topic of Object.values(topics)) {
    it(`leaves no mark where an append to ${topic} fails, so the batch is done again`, async t => {
      const { context, log, store } = await world(t)
      const failing = guarded(log, (method, [to]) => {
        if (method === 'append' && to === topic) throw diskFull()
      })
      const good = mapped({ offset: 0 })
      const batch: Transformed[] = [
        good,
        { record: rawRecord({ offset: 1 }), fate: 'filtered' },
        { record: rawRecord({ offset: 2 }), fate: 'failed', code: 'mapping_failed', facts: {} },
      ]
      await assert.rejects(canonical(batch, { ...context, log: failing }), {
        code: 'log_disk_full',
      })
      assert.ok(good.fate === 'mapped' && good.mark)
      assert.deepEqual(await store.findMarks([good.mark]), [undefined])
    })
  }

  it('fails only when no append is under way, so that the redo finds what stands', async t => {
    const { context, log, all } = await world(t)
    const torn = guarded(log, async (method, [to]) => {
      if (method !== 'append') return
      if (to === topics.dead) throw diskFull()
      await delay(30)
    })
    const batch: Transformed[] = [
      mapped({ offset: 0 }),
      { record: rawRecord({ offset: 2 }), fate: 'failed', code: 'mapping_failed', facts: {} },
    ]
    await assert.rejects(canonical(batch, { ...context, log: torn }), { code: 'log_disk_full' })
    assert.equal((await all()).events.length, 1)
  })

  it('rejects where marks cannot be put: the offset must not be committed', async t => {
    const { context, store } = await world(t)
    const failing = guarded(store, method => {
      if (method === 'putMarks') throw diskFull()
    })
    await assert.rejects(canonical([mapped()], { ...context, store: failing }), {
      code: 'log_disk_full',
    })
  })
})

describe('what stands already', () => {
  const stands = (...ended: [string, Ended][]) => new Map(ended)

  it('is not written again, and counts as what it is', async t => {
    const { context, all } = await world(t)
    const batch: Transformed[] = [
      mapped({ offset: 0 }),
      { record: rawRecord({ offset: 1 }), fate: 'filtered' },
      { record: rawRecord({ offset: 2 }), fate: 'failed', code: 'mapping_failed', facts: {} },
      mapped({ offset: 3, note: 'new' }),
    ]
    const standing = stands(['raw0', 'transformed'], ['raw1', 'filtered'], ['raw2', 'dead'])
    const counts = await canonical(batch, { ...context, standing })
    assert.deepEqual([counts.transformed, counts.filtered, counts.dead], [2, 1, 1])
    const { events, dead, audit } = await all()
    assert.deepEqual(
      [...events, ...dead, ...audit].map(({ headers }) => headers.raw_id),
      ['raw3'],
    )
  })

  it('gets the mark that a death kept from it, so that its double is still known', async t => {
    const { context, store } = await world(t)
    const item = mapped({ offset: 0 })
    assert.ok(item.fate === 'mapped' && item.mark)
    const standing = stands(['raw0', 'transformed'])
    const counts = await canonical([item, mapped({ offset: 1 })], { ...context, standing })
    assert.equal(counts.duplicate, 1)
    assert.deepEqual(await store.findMarks([item.mark]), ['raw0'])
  })

  it('as a dead letter gets no mark, though a new mapping would take it: no event of it stands', async t => {
    const { context, store, all } = await world(t)
    const item = mapped({ offset: 0 })
    assert.ok(item.fate === 'mapped' && item.mark)
    const counts = await canonical([item], { ...context, standing: stands(['raw0', 'dead']) })
    assert.equal(counts.dead, 1)
    assert.deepEqual(await store.findMarks([item.mark]), [undefined])
    assert.deepEqual((await all()).events, [])
    const again = await canonical([mapped({ offset: 7 })], context)
    assert.equal(again.transformed, 1, 'and the message that is sent again is tried')
  })
})
