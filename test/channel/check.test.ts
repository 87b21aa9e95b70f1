// One file against its shape, and what may be believed of it afterwards.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../../src/channel/check.ts'
import { parseYaml } from '../../src/channel/yaml.ts'
import { group, integer, text } from '../../src/declare/field.ts'
import { compile } from '../../src/declare/schema.ts'
import { closed } from '../../src/declare/schema_documents.ts'

const shape = compile(
  closed({
    name: text({ doc: 'A name.' }),
    far: group(
      { host: text({ doc: 'A host.', default: 'here' }), port: integer({ doc: 'A port.' }) },
      { doc: 'The far end.' },
    ),
  }),
)
const checked = (yaml: string) =>
  check<{ far: { host: string } }>(parseYaml('a.yaml', Buffer.from(yaml)), shape, {})

test('a sound file has no findings and all of its defaults', () => {
  const file = checked('name: a\nfar:\n  port: 1\n')
  assert.deepEqual(file.findings, [])
  assert.equal(file.sound(['far']), true)
  assert.equal(file.value.far.host, 'here')
})

test('what is wrong spoils its place and what holds it, and nothing beside it', () => {
  const file = checked('name: a\nfar:\n  host: b\n  port: x\n')
  assert.equal(file.sound(['far', 'port']), false)
  assert.equal(file.sound(['far']), false)
  assert.equal(file.sound(['far', 'host']), true)
  assert.equal(file.sound(['name']), true)
})

test('what is not there is not sound, and an unknown key spoils nothing', () => {
  const file = checked('far: { port: 1, prt: 2 }\n')
  assert.equal(file.findings.length, 2)
  assert.equal(file.sound(['name']), false)
  assert.equal(file.sound(['far']), true)
})

test('of a file that is no YAML nothing is sound', () => {
  const file = checked('a: [')
  assert.equal(file.readable, false)
  assert.equal(file.sound([]), false)
  assert.equal(file.findings.length > 0, true)
})
