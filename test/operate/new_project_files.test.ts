// The files that `firth new` writes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../src/channel/yaml.ts'
import { parseCodeTable } from '../../src/codecs/code_table.ts'
import {
  channelYaml,
  firthYaml,
  tableCsv,
  tableFile,
  tenantYaml,
  transformTs,
} from '../../src/operate/new_project_files.ts'
import type { Survey } from '../../src/operate/new_project_samples.ts'

const survey: Survey = {
  samples: [],
  unread: [],
  mapped: [{ name: 'ADT^A01', count: 2 }],
  unmapped: [{ name: 'ORM^O01', count: 1 }],
  feeds: [{ name: 'HIS|R: "x"\n- y', count: 2 }],
  versions: [],
  charsets: [{ name: '', count: 2 }],
  charset: 'windows-1252',
  without_zone: 1,
  authorities: [{ name: 'A # b: "c"', count: 1, uri: undefined, fields: ['PID-3'] }],
  z_segments: [],
  codes: [],
}

const parsedOf = (text: string) => {
  const { value, findings } = parseYaml('x.yaml', Buffer.from(text))
  assert.deepEqual(findings, [])
  return value as Record<string, unknown>
}

test('text of a sender cannot break the YAML', () => {
  const channel = parsedOf(
    channelYaml({ tenant: 'a', channel: 'b', port: 2575, transform: 'base', survey }),
  )
  assert.equal(channel.charset, 'windows-1252')
  assert.equal(channel.about, 'ADT messages from HIS at R: "x"\n- y.')
  assert.deepEqual(channel.accept, { messages: ['ADT^A01'] })
  const tenant = parsedOf(tenantYaml({ tenant: 'a', name: 'A', time_zone: undefined, survey }))
  assert.deepEqual(Object.keys(tenant.assigning_authorities as object), ['A # b: "c"'])
})

test('a channel of several feeds says so', () => {
  const feeds = ['HIS|N', 'HIS|S', 'LAB|N'].map(name => ({ name, count: 1 }))
  const text = channelYaml({
    ...{ tenant: 'a', channel: 'b', port: 1, transform: 'base' },
    survey: { ...survey, feeds },
  })
  assert.equal(parsedOf(text).about, 'ADT messages from HIS at N, and of 2 more feeds.')
})

test('without samples the files are whole, too', () => {
  const none = { survey: undefined }
  parsedOf(channelYaml({ tenant: 'a', channel: 'b', port: 1, transform: 'base', ...none }))
  parsedOf(tenantYaml({ tenant: 'a', name: 'A', time_zone: 'UTC', ...none }))
  assert.equal(parseYaml('x', Buffer.from(firthYaml)).value, null)
  const mapping = transformTs({ tenant: 'a', name: 'b', tables: new Map(), ...none })
  assert.match(mapping, /import base from '#base'\n\nexport default base.extend\(\{\n\}\)/)
})

test('a table reads back whatever stands in its cells', () => {
  const codes = [
    { name: 'A,"b"', count: 1, text: 'x;\ny' },
    { name: 'c', count: 2, text: '' },
  ]
  const csv = tableCsv({ slot: 'gender', codes })
  assert.equal(parseCodeTable(csv, 'x.csv').rows.size, 0, 'each row is an open question')
  const table = parseCodeTable(csv.replaceAll('?', ''), 'x.csv')
  assert.deepEqual([...table.rows.keys()], ['A,"b"', 'c'])
  assert.equal(table.rows.get('A,"b"')?.display, 'x;\ny')
})

test('tables are named after their slots', () => {
  assert.equal(tableFile('patientClass'), 'patient_class.csv')
})
