// Spans of time, ranges and rates as people write them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DURATION_PATTERN,
  parseDuration,
  parseRange,
  parseRate,
  RANGE_PATTERN,
  RATE_PATTERN,
  writeDuration,
} from '../../src/kit/written.ts'

test('a span of time is a number with its unit', () => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['1s', 1_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ] as const) {
    assert.equal(parseDuration(text), ms)
    assert.match(text, new RegExp(DURATION_PATTERN))
  }
})

test('what is no span of time, none at all, or longer than anyone waits is refused', () => {
  for (const text of ['', '5', '5 s', 's', '-1s', '1h30m', '0s', '0ms', '5000d', '1e3s']) {
    assert.equal(parseDuration(text), undefined, text)
  }
})

test('a range goes from the shorter to the longer', () => {
  assert.deepEqual(parseRange('1s..5m'), { ms_min: 1_000, ms_max: 300_000 })
  assert.deepEqual(parseRange('2s..2s'), { ms_min: 2_000, ms_max: 2_000 })
  assert.match('1s..5m', new RegExp(RANGE_PATTERN))
  for (const text of ['5m..1s', '1s', '1s..', '1s..2s..3s', '1s-5m']) {
    assert.equal(parseRange(text), undefined, text)
  }
})

test('a rate is a number each second, minute or hour', () => {
  assert.equal(parseRate('10/s'), 10)
  assert.equal(parseRate('600/min'), 10)
  assert.equal(parseRate('0.5/s'), 0.5)
  assert.equal(parseRate('3600/h'), 1)
  assert.match('600/min', new RegExp(RATE_PATTERN))
  for (const text of ['10', '10/m', '0/s', '/s', '-1/s']) {
    assert.equal(parseRate(text), undefined, text)
  }
})

test('a span is written as short as it can be, and reads back as it was', () => {
  for (const text of ['500ms', '90s', '5m', '36h', '7d']) {
    assert.equal(writeDuration(parseDuration(text) ?? 0), text)
  }
  assert.equal(writeDuration(60_000), '1m')
})
