// The catalogue of rules: every rule that is found is in it, and every one in it is found
// somewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '../../src/model/errors.ts'
import { findingRules } from '../../src/model/finding_rules.ts'
import { isSentence } from '../tidy/rooms.ts'
import { isCode, isShipped, readSources } from '../tidy/source.ts'

const files = (await readSources()).filter(
  one => isShipped(one) && isCode(one) && !/^src\/model\/finding_rule/.test(one.path),
)
const names = Object.keys(findingRules)

test('every rule that a finding names is in the catalogue', () => {
  const used = files.flatMap(({ path, text }) =>
    [...text.matchAll(/\brule(?:: | = )'([a-z_]+)'/g)].map(([, rule = '']) => ({ path, rule })),
  )
  assert.ok(used.length > 40, 'rules are found in the sources')
  const strange = used.filter(
    ({ rule }) => !names.includes(rule) && !Object.hasOwn(catalogue, rule),
  )
  assert.deepEqual(strange, [])
})

test('every rule of the catalogue is found somewhere', () => {
  const unused = names.filter(
    name => !files.some(({ text }) => text.includes(`'${name}'`) || text.includes(`${name}: {`)),
  )
  assert.deepEqual(unused, [])
})

test('every rule says in sentences what it means and what to do, and shows an example', () => {
  for (const [name, { says, remedy, example }] of Object.entries(findingRules)) {
    assert.match(name, /^[a-z]+(_[a-z]+)*$/)
    assert.ok(isSentence(says), `${name}: ${says}`)
    assert.ok(isSentence(remedy), `${name}: ${remedy}`)
    assert.ok(example.length > 0, name)
  }
})

test('no rule has the name of an error code, so that a name means one thing', () => {
  assert.deepEqual(
    names.filter(name => Object.hasOwn(catalogue, name)),
    [],
  )
})
