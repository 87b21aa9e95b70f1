// Which rule a topic is kept by.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keepRuleOf } from '../../src/operate/retention_rules.ts'
import { toyPlan } from './world.ts'

const usual = toyPlan().engine
const limits = { ...usual.limits, keep_ms: 30, keep_dead_ms: 300, keep_audit_ms: 3_000 }
const rule = (topic: string, keep: Parameters<typeof keepRuleOf>[1]['keep'] = {}) =>
  keepRuleOf(topic, { limits: { ...limits, keep_bytes_max: 9 }, keep })

describe('the rule of a topic', () => {
  it('is the limits by its kind; only messages are bounded by their size', () => {
    const messages = { keep_ms: 30, keep_bytes_max: 9 }
    for (const topic of ['raw.harbor.adt_in', 'canonical.harbor', 'outbound.harbor.chart'])
      assert.deepEqual(rule(topic), messages)
    assert.deepEqual(rule('dead.harbor'), { keep_ms: 300, keep_bytes_max: undefined })
    assert.deepEqual(rule('audit.harbor'), { keep_ms: 3_000, keep_bytes_max: undefined })
    assert.equal(rule('somebody.elses'), undefined)
  })

  it('is the tenant’s own for its messages, and not for what tells of them', () => {
    const keep = { harbor: { keep_ms: 7, keep_bytes_max: 5 } }
    assert.deepEqual(rule('raw.harbor.adt_in', keep), { keep_ms: 7, keep_bytes_max: 5 })
    assert.equal(rule('raw.other.adt_in', keep)?.keep_ms, 30)
    assert.equal(rule('dead.harbor', keep)?.keep_ms, 300)
  })

  it('is the topic’s own before all, key by key', () => {
    const keep = { harbor: { keep_ms: 7 }, 'raw.harbor.adt_in': { keep_bytes_max: 2 } }
    assert.deepEqual(rule('raw.harbor.adt_in', keep), { keep_ms: 7, keep_bytes_max: 2 })
    assert.equal(rule('dead.harbor', { 'dead.harbor': { keep_ms: 1 } })?.keep_ms, 1)
  })
})
