// Topics of keys: what each takes, what happens without it, an example.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyTopics } from '../../src/operate/explain_keys.ts'
import { toyTables } from '../channel/toy.ts'

const topics = keyTopics(toyTables)
const linesOf = (name: string, sort: string) =>
  topics.find(one => one.name === name && one.sort === sort)?.lines ?? []

test('a key says what it is, where it stands, what it takes and what it is without it', () => {
  assert.deepEqual(linesOf('source.mllp.port', 'key of a channel'), [
    'TCP port to listen on.',
    'Stands in channels/<tenant>/<channel>.yaml.',
    'Takes: an integer between 0 and 65535.',
    'It must be there.',
    'Example:',
    '  port: 2575',
  ])
  assert.ok(linesOf('match', 'key of a channel').includes('Left out: "all".'))
})

test('a secret is said to be one', () => {
  const lines = linesOf('targets.fhir_r4.token', 'key of a tenant')
  assert.ok(lines.includes('Takes: a secret, from the environment.'))
})

test('a group lists what stands below it, and a condition points at its grammar', () => {
  const below = linesOf('on_failure', 'key of a channel').join(' ')
  assert.match(below, /Below it: retry, order, on_dead\./)
  assert.ok(linesOf('routes.when', 'key of a channel').join(' ').includes('firth explain when'))
})
