// The queue, page by page: every write that waits once, whatever the size of a page, and a
// patient's writes by any form of the number.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { answerQueue, type QueueFilter, queuePage } from '../../src/operate/queue.ts'
import { openStore } from '../path/rooms.ts'
import { patient, TENANT, writeIntent } from '../path/toy.ts'

const NOW = 1_000
const everything: QueueFilter = { tenant: '', target: '', state: undefined, patient: '' }

async function world(t: TestContext) {
  const store = await openStore(t)
  const stands = () => ({ paused: undefined, delivery: undefined })
  const rooms = { store, stands, now_ms: NOW }
  const usual = { approvers: 0, reason: undefined, facts: {} } as const
  const admit = async (target: string, n: number, state: 'accepted' | 'denied' = 'accepted') => {
    const intent = writeIntent({
      target,
      key: `urn:oid:2.999.1|P${n}`,
      resource: patient(`Q${target}${n}`, { name: [{ family: 'CANARY' }] }),
    })
    const content = JSON.stringify(intent.resource)
    await store.admit([{ intent, content, ...usual, state }], NOW + n)
    return intent
  }
  const all = async (filter: QueueFilter, limit: number) => {
    const found: string[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await queuePage(rooms, filter, { after, limit })
      assert.ok(page.lines.length <= limit)
      found.push(...page.lines.map(({ intent_id }) => intent_id))
      after = page.next
    }
    return found
  }
  return { rooms, admit, all, store }
}

describe('the queue', () => {
  it('shows every write that waits or needs a person once, whatever the size of its pages', async t => {
    const { admit, all } = await world(t)
    const made: string[] = []
    for (let n = 0; n < 7; n++) made.push((await admit('chart', n)).intent_id)
    for (let n = 0; n < 3; n++) made.push((await admit('chart', n, 'denied')).intent_id)
    for (let n = 0; n < 4; n++) made.push((await admit('lab', n)).intent_id)
    for (const limit of [1, 2, 3, 7, 100]) {
      const found = await all(everything, limit)
      assert.deepEqual(found.toSorted(), made.toSorted(), `pages of ${limit}`)
    }
    assert.equal((await all({ ...everything, target: 'lab' }, 3)).length, 4)
    assert.equal((await all({ ...everything, state: 'denied' }, 3)).length, 3)
    assert.equal((await all({ ...everything, tenant: 'nobody' }, 3)).length, 0)
  })

  it('finds a patient by system and value, or by the value alone, and no other', async t => {
    const { admit, rooms } = await world(t)
    const wanted = [
      (await admit('chart', 12)).intent_id,
      (await admit('lab', 12, 'denied')).intent_id,
    ]
    await admit('chart', 112)
    await admit('chart', 2)
    for (const who of ['P12', 'urn:oid:2.999.1|P12']) {
      const { lines } = await answerQueue(rooms, { patient: who })
      assert.deepEqual(
        lines.map(({ intent_id }) => intent_id),
        wanted,
        who,
      )
    }
    const some = await answerQueue(rooms, { patient: 'P12', state: 'denied' })
    assert.equal(some.lines.length, 1)
    assert.equal((await answerQueue(rooms, { patient: '2' })).lines.length, 0)
  })

  it('shows the writes of one patient by pages, too, and begins anew where its place is gone', async t => {
    const { admit, all, rooms } = await world(t)
    const made: string[] = []
    for (const target of ['bed', 'chart', 'lab', 'ward', 'x_ray']) {
      made.push((await admit(target, 12)).intent_id)
    }
    for (const limit of [1, 2, 5]) {
      const found = await all({ ...everything, patient: 'P12' }, limit)
      assert.deepEqual(found.toSorted(), made.toSorted(), `pages of ${limit}`)
    }
    const page = { after: 'gone', limit: 5 }
    const { lines } = await queuePage(rooms, { ...everything, patient: 'P12' }, page)
    assert.equal(lines.length, 5)
  })

  it('says of each what it waits for, and nothing of the patient', async t => {
    const { admit, rooms } = await world(t)
    await admit('chart', 0)
    const { lines } = await answerQueue(rooms, { tenant: TENANT })
    assert.equal(lines[0]?.waits?.for, 'engine')
    assert.doesNotMatch(JSON.stringify(lines), /CANARY|urn:oid:2\.999\.1\|/)
  })
})
