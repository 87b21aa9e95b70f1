// Schemas as checks: defaults in, sentences out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choice, group, integer, list, record, secret, text } from '../../src/declare/field.ts'
import { compile } from '../../src/declare/schema.ts'
import { closed } from '../../src/declare/schema_documents.ts'

const fields = {
  port: integer({ doc: 'TCP port.', minimum: 1, maximum: 65535, example: 2575 }),
  mode: choice(['commit', 'application'], { doc: 'When.', default: 'commit' }),
  token: secret({ doc: 'Bearer token.', optional: true }),
  names: list(text({ doc: 'A name.' }), { doc: 'Names.', default: [] }),
  codes: record(integer({ doc: 'A code.', minimum: 0 }), { doc: 'Codes.', default: {} }),
  limits: group(
    { wait_ms: integer({ doc: 'How long.', default: 100, minimum: 0 }) },
    { doc: 'Limits.' },
  ),
}
const shape = compile(closed(fields))
const issues = (value: unknown) =>
  shape.check(value).map(one => `${one.path.join('.')} ${one.rule} ${one.what}`)

test('defaults are filled in, also in a group that was left out', () => {
  const value = { port: 1 }
  assert.deepEqual(shape.check(value), [])
  const filled = { port: 1, mode: 'commit', names: [], codes: {}, limits: { wait_ms: 100 } }
  assert.deepEqual(value, filled)
})

test('defaults are not shared between two values', () => {
  const [one, two] = [{ port: 1 }, { port: 2 }] as { port: number; names?: string[] }[]
  shape.check(one)
  shape.check(two)
  one?.names?.push('x')
  assert.deepEqual(two?.names, [])
})

test('every issue is told, in words that say what is wanted and what was found', () => {
  assert.deepEqual(
    issues({
      port: 70000,
      mode: 'comit',
      names: ['a', 5],
      codes: { x: -1 },
      limits: { wait_ms: '' },
    }),
    [
      'port wrong_value must be an integer between 1 and 65535; found 70000.',
      'mode wrong_value must be one of commit, application; found "comit".',
      'names.1 wrong_value must be text that is not empty; found 5.',
      'codes.x wrong_value must be an integer of at least 0; found -1.',
      'limits.wait_ms wrong_value must be an integer of at least 0; found "".',
    ],
  )
})

test('a value of the wrong type is one issue, however many keywords it breaks', () => {
  for (const port of ['1', null, [], {}, 1.5, true]) assert.equal(shape.check({ port }).length, 1)
})

test('missing and unknown keys are told apart', () => {
  assert.deepEqual(issues({ prt: 1 }), [
    'port missing_key is missing.',
    'prt unknown_key is not a known key.',
  ])
})

test('a key named like a member of every object is unknown all the same', () => {
  const value = JSON.parse('{"port": 1, "__proto__": {"x": 1}, "constructor": 1}') as object
  assert.deepEqual(issues(value), [
    '__proto__ unknown_key is not a known key.',
    'constructor unknown_key is not a known key.',
  ])
})

test('a secret is never repeated', () => {
  const token = 4711
  assert.deepEqual(issues({ port: 1, token }), [
    'token wrong_value must be text that is not empty; found a value that is not shown, because it is secret.',
  ])
})

test('what came from a variable is named by the variable', () => {
  const told = shape.check({ port: 'geheim' }, path => (path[0] === 'port' ? '$PORT' : undefined))
  assert.match(told[0]?.what ?? '', /found what `\$PORT` stands for/)
})

test('the remedy names the near key or value, else the sentence and the example of the field', () => {
  const remedies = (value: unknown) => shape.check(value).map(one => one.remedy)
  assert.deepEqual(remedies({ port: 0, mode: 'comit', namess: [] }), [
    'Did you mean `names`?',
    'TCP port. Example: port: 2575',
    'Did you mean `commit`?',
  ])
})
