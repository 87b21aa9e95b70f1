// YAML as it is written into docs, read back by the real parser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { yamlText } from '../../src/declare/yaml_text.ts'

test('a person would write it so', () => {
  const value = {
    channel: 'adt_in',
    about: 'Admissions from the ward.',
    source: { mllp: { port: 2575, tls: {} } },
    accept: ['ADT^A01', 'ORU'],
    routes: [
      { name: 'a', to: 'b' },
      { name: 'c', to: 'd' },
    ],
  }
  assert.equal(
    yamlText(value),
    `channel: adt_in
about: Admissions from the ward.
source:
  mllp:
    port: 2575
    tls: {}
accept: [ADT^A01, ORU]
routes:
  - name: a
    to: b
  - name: c
    to: d
`,
  )
})

test('whatever is written is read back the same', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('true', 'No', 'null', 'y', 'a: b', '- a', '1', '', '~', 'a ', 'urn:oid:1.2'),
  )
  const key = fc.stringMatching(/^[a-z][a-z_0-9]*$/)
  const leaf = fc.oneof(word, fc.integer(), fc.boolean())
  const { tree } = fc.letrec(tie => ({
    tree: fc.dictionary(
      key,
      fc.oneof({ maxDepth: 3 }, leaf, fc.array(leaf), fc.array(tie('tree')), tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(tree, value => {
      const plain = JSON.parse(JSON.stringify(value)) as object
      if (Object.keys(plain).length === 0) return
      assert.deepEqual(parse(yamlText(plain)), plain)
    }),
  )
})
