// Topic names: outside readers and other engines rely on them.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { topicOf } from '../../src/model/message.ts'

it('names each topic by its level, its tenant and what it is of', () => {
  assert.equal(topicOf.raw('harbor', 'adt_in'), 'raw.harbor.adt_in')
  assert.equal(topicOf.canonical('harbor'), 'canonical.harbor')
  assert.equal(topicOf.outbound('harbor', 'chart'), 'outbound.harbor.chart')
  assert.equal(topicOf.dead('harbor'), 'dead.harbor')
  assert.equal(topicOf.audit('harbor'), 'audit.harbor')
})
