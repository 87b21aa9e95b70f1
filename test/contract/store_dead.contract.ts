// The store contract's cases about dead letters: each is decided once, with the move of its write
// and the records to be appended in one transaction, and closes by itself where its write goes on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DeadJob, deathId, type LetterAct } from '../../src/model/dead_store.ts'
import type { WriteIntent } from '../../src/model/intent.ts'
import { admission, intent, type Lab } from './store_samples.ts'

let acts = 0

function act(change: Partial<LetterAct> = {}): LetterAct {
  acts += 1
  return {
    letter_id: `letter_${acts}`,
    tenant: 'north',
    state: 'retried',
    by: 'R. Moss',
    why: 'mended',
    at_ms: 3_000,
    raw_id: undefined,
    intent_id: undefined,
    move: undefined,
    outgoing: [],
    ...change,
  }
}

const outgoing = (act_id: string, value = Buffer.from([0x4d, 0x00, 0xff])) => ({
  topic: 'raw.north.adt',
  from_offset: 7,
  record: { key: 'feed', headers: { act_id }, value },
})

export function deadCases(lab: Lab): void {
  const { lane, admit, moveTo } = lab
  const stateOf = async (of: WriteIntent) => (await lab.store.row(of.intent_id))?.state
  const dead = async (): Promise<WriteIntent> => {
    const one = intent(lane())
    await admit(one)
    await moveTo(one, 'dead', { reason: 'target_refused' })
    return one
  }

  describe('dead letters', () => {
    it('are open until somebody decides, and the first word stands', async () => {
      const one = act({ raw_id: 'raw_new' })
      assert.deepEqual(await lab.store.letterStates([one.letter_id]), [])
      assert.deepEqual(await lab.store.closeLetters([one]), ['closed'])
      const again = { ...one, state: 'dropped', by: 'Bo' } as const
      assert.deepEqual(await lab.store.closeLetters([again, act()]), ['not_open', 'closed'])
      const { move: _, outgoing: __, ...state } = one
      assert.deepEqual(await lab.store.letterStates(['no such', one.letter_id]), [state])
    })

    it('are counted by tenant once they are closed', async () => {
      const before = (await lab.store.closedLetters()).south ?? 0
      const one = act({ tenant: 'south' })
      await lab.store.closeLetters([one, one])
      assert.equal((await lab.store.closedLetters()).south, before + 1)
    })

    it('move their write in the same transaction, with who and why', async () => {
      const one = await dead()
      const facts = { by: 'R. Moss', word: 'retry' }
      const wanted = act({ intent_id: one.intent_id, move: { to: 'accepted', facts } })
      assert.deepEqual(await lab.store.closeLetters([wanted, wanted]), ['closed', 'not_open'])
      assert.equal(await stateOf(one), 'accepted')
      assert.deepEqual((await lab.store.history(one.intent_id)).at(-1)?.facts, facts)
    })

    it('close where a newer message of the sender revises the write', async () => {
      const one = await dead()
      await lab.store.admit([admission(one, { content: 'another content' })], 4_000)
      assert.equal(await stateOf(one), 'accepted')
      const [letter] = await lab.store.letterStates([deathId(one.intent_id, 0)])
      assert.deepEqual([letter?.state, letter?.by, letter?.at_ms], ['retried', '', 4_000])
    })

    it('refuse to move a write that is not dead, and stay open', async () => {
      const one = intent(lane())
      await admit(one)
      const wanted = act({ intent_id: one.intent_id, move: { to: 'accepted', facts: {} } })
      assert.deepEqual(await lab.store.closeLetters([wanted]), ['not_dead'])
      assert.deepEqual(await lab.store.letterStates([wanted.letter_id]), [])
    })

    it('close with the write, whoever brought it on: each death has its own', async () => {
      const one = await dead()
      await moveTo(one, 'accepted', { facts: { by: 'Bo', why: 'server mended' } })
      await moveTo(one, 'dead')
      const first = deathId(one.intent_id, 0)
      const second = deathId(one.intent_id, 1)
      const states = await lab.store.letterStates([first, second])
      assert.deepEqual(
        states.map(({ letter_id, state, by, why }) => [letter_id, state, by, why]),
        [[first, 'retried', 'Bo', 'server mended']],
      )
      await moveTo(one, 'withdrawn')
      assert.equal((await lab.store.letterStates([second]))[0]?.state, 'dropped')
    })

    it('try a write again whose message was mended, also where its content stayed', async () => {
      const one = await dead()
      const content = admission(one).content
      await lab.store.admit([admission(one, { content })], 4_000)
      assert.equal(await stateOf(one), 'dead', 'the same message again changes nothing')
      await lab.store.admit([admission({ ...one, raw_id: 'mended' }, { content })], 5_000)
      assert.equal(await stateOf(one), 'accepted')
      const [letter] = await lab.store.letterStates([deathId(one.intent_id, 0)])
      assert.equal(letter?.state, 'retried')
    })

    it('hold what is to be appended until it is said to stand, byte for byte', async () => {
      for (const { n } of await lab.store.outbox(100)) await lab.store.clearOutbox([n])
      const one = act()
      await lab.store.closeLetters([{ ...one, outgoing: [outgoing('a'), outgoing('b')] }])
      await lab.store.closeLetters([{ ...one, outgoing: [outgoing('c')] }])
      const rows = await lab.store.outbox(100)
      assert.deepEqual(
        rows.map(({ topic, from_offset, record }) => [topic, from_offset, record.headers.act_id]),
        [
          ['raw.north.adt', 7, 'a'],
          ['raw.north.adt', 7, 'b'],
        ],
      )
      assert.deepEqual([...(rows[0]?.record.value ?? [])], [0x4d, 0x00, 0xff])
      await lab.store.clearOutbox(rows.slice(0, 1).map(({ n }) => n))
      assert.equal((await lab.store.outbox(100)).length, 1)
    })

    it('may be decided many at once, in a job that knows how far it has come', async () => {
      const job: DeadJob = {
        job: 'job1',
        word: 'retry',
        filter: '{"code":"mapping_failed"}',
        by: 'R. Moss',
        why: '',
        rate: 100,
        at_ms: 10,
        state: 'running',
        spans: '{}',
        counts: '{}',
      }
      await lab.store.putDeadJob(job)
      await lab.store.putDeadJob({ ...job, job: 'job2', at_ms: 20 })
      const done = { ...job, state: 'done', counts: '{"retried":3}' } as const
      await lab.store.putDeadJob(done)
      const [newest, older] = await lab.store.deadJobs(10)
      assert.equal(newest?.job, 'job2')
      assert.deepEqual(older, done)
    })
  })
}
