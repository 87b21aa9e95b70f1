// What a new deployment no longer has of the one before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelPlan } from '../../src/model/plan.ts'
import { lostBetween } from '../../src/operate/lost.ts'
import { channelPlan } from '../path/toy.ts'

const route = (name: string): ChannelPlan['routes'][number] => {
  const on_failure = channelPlan().on_failure
  return { name, to: 'chart', when: undefined, write: undefined, on_failure }
}
const transform = { name: 'base', module: '/base.ts' }
const accept = { messages: ['ADT'], when: undefined }
const whole = { ...channelPlan(), transform, accept, routes: [route('a'), route('b')] }
const of = (...channels: ChannelPlan[]) => ({ channels })

test('names channels, transforms, filters and routes that went, and nothing that came or changed', () => {
  const { channel } = whole
  const bare = { ...whole, transform: undefined, accept: undefined, routes: [route('b')] }
  assert.deepEqual(lostBetween(of(whole), of(bare)), [
    `${channel}: its transform`,
    `${channel}: its accept`,
    `${channel}: the route a`,
  ])
  assert.deepEqual(lostBetween(of(whole), of()), [`the channel ${channel}`])
  const more = { ...whole, transform: { ...transform, name: 'harbor/adt' } }
  assert.deepEqual(lostBetween(of(whole), of(more, { ...whole, channel: 'other' })), [])
  assert.deepEqual(lostBetween(undefined, of(bare)), [])
})
