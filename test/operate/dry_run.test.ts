// A dry run: the real stations and the real mapping process, with nothing stored and nothing sent.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sha256 } from '../../src/kit/ids.ts'
import type { ChannelPlan } from '../../src/model/plan.ts'
import { type DryRun, openDryRun } from '../../src/operate/dry_run.ts'
import { message } from '../path/mapping/tenant.ts'
import { atEnd, toyChart } from '../path/rooms.ts'
import { CHANNEL, TARGET } from '../path/toy.ts'
import { toyPlan, toyTables } from './world.ts'

const tables = toyTables({ diary: [], door: { received: 0 }, chart: toyChart() })
const of = { tenant: 'harbor', channel: CHANNEL }

function dryRun(t: TestContext, change: Partial<ChannelPlan> = {}): DryRun {
  const plan = toyPlan()
  const [tenant] = plan.tenants
  assert(tenant)
  const channels = tenant.channels.map(channel => ({ ...channel, ...change }))
  const dry = openDryRun({ ...plan, tenants: [{ ...tenant, channels }] }, tables)
  atEnd(t, () => dry.close())
  return dry
}

test('a message goes as far as the intents that govern would admit', async t => {
  const bytes = message('C1')
  const result = await dryRun(t).run({ ...of, bytes })
  assert.equal(result.fate, 'mapped')
  assert.deepEqual(result.ack, { code: 'AA', text: '' })
  assert.equal(result.raw_id, sha256(bytes))
  assert.equal(result.control_id, 'C1')
  assert.deepEqual(
    result.events.map(({ kind }) => kind),
    ['patient.admitted'],
  )
  const [event] = result.events
  assert.equal(event?.source.raw_id, sha256(bytes))
  assert.deepEqual(result.routed[0]?.event_id, event?.id)
  assert(result.intents.length > 0)
  assert(result.intents.every(({ intent }) => intent.target === TARGET))
  assert(result.intents.some(({ state }) => state === 'accepted'))
})

test('recorded_at is MSH-7 in the zone of the tenant, unless it is given', async t => {
  const dry = dryRun(t)
  const [event] = (await dry.run({ ...of, bytes: message('C1') })).events
  assert.equal(event?.recorded_at, '2026-03-01T18:15:00.000Z')
  const received_at = '2026-05-05T05:05:05.000Z'
  const [other] = (await dry.run({ ...of, bytes: message('C1'), received_at })).events
  assert.equal(other?.recorded_at, received_at)
  const batch = (header: string) => Buffer.concat([Buffer.from(`${header}\r`), message('C1')])
  const recordedAt = async (header: string) =>
    (await dry.run({ ...of, bytes: batch(header) })).events[0]?.recorded_at
  assert.equal(await recordedAt('BHS|^~\\&|HIS'), '2026-03-01T18:15:00.000Z')
  assert.equal(await recordedAt('BHS|^~\\&|HIS||||20260302120000+0000'), '2026-03-02T12:00:00.000Z')
})

test('a message is given the same result at every run', async t => {
  const results = await dryRun(t).runAll(of, [
    { bytes: message('C1') },
    { bytes: message('C2') },
    { bytes: message('C1') },
  ])
  assert.deepEqual(results[0]?.events, results[2]?.events)
  assert.equal(results[1]?.control_id, 'C2')
})

test('what station 1 refuses is answered as its source would, and is dead', async t => {
  const result = await dryRun(t).run({ ...of, bytes: Buffer.from('hello') })
  assert.equal(result.refused, 'frame_not_hl7')
  assert.equal(result.fate, 'dead')
  assert.equal(result.ack.code, 'AR')
  assert.match(result.ack.text, /^frame_not_hl7: /)
})

test('what the channel does not accept is filtered, and answered', async t => {
  const accept = { messages: ['ORU'], when: undefined }
  const result = await dryRun(t, { accept }).run({ ...of, bytes: message('C1') })
  assert.equal(result.fate, 'filtered')
  assert.equal(result.ack.code, 'AA')
  assert.deepEqual(result.events, [])
})

test('a channel without a transform stores', async t => {
  const result = await dryRun(t, { transform: undefined }).run({ ...of, bytes: message('C1') })
  assert.equal(result.fate, 'stored')
})

test('a message that no mapping takes is dead with its code', async t => {
  const bytes = message('C1', 'ZZZ^Z99')
  const result = await dryRun(t, { accept: undefined }).run({ ...of, bytes })
  assert.equal(result.fate, 'dead')
  assert.equal(result.dead?.code, 'message_type_unmapped')
})
