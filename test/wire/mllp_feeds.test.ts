// The rows of `firth status`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Feeds } from '../../src/wire/mllp_feeds.ts'

test('a feed has one row, and what has none is counted under its door', () => {
  const feeds = new Feeds('2575', 10)
  feeds.row('2575|A').received += 1
  feeds.row('2575|A').received += 1
  feeds.row().refused += 1
  assert.deepEqual(
    feeds.list().map(({ feed, received, refused }) => [feed, received, refused]),
    [
      ['2575|A', 2, 0],
      ['2575', 0, 1],
    ],
  )
})

test('senders cannot make more rows than the limit', () => {
  const feeds = new Feeds('2575', 3)
  for (let i = 0; i < 1_000; i++) feeds.row(`2575|${i}`).received += 1
  const rows = feeds.list()
  assert.equal(rows.length, 4)
  assert.equal(rows.find(({ feed }) => feed === '2575')?.received, 997)
})

test('a list is a copy, which later counting does not change', () => {
  const feeds = new Feeds('2575', 3)
  feeds.row('a').received = 1
  const list = feeds.list()
  feeds.row('a').received = 2
  assert.equal(list[0]?.received, 1)
})
