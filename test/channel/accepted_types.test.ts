// The message types that a channel lets in, against those that a mapping names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typesUnmapped } from '../../src/channel/accepted_types.ts'
import { load, SMALLEST } from './toy.ts'

const TENANT = 'tenant: harbor\ntime_zone: Europe/Berlin\n'

test('each has its place, and none is known where the list is not well written', async t => {
  const of = async (accept: string) => {
    const { channels } = await load(t, {
      'channels/harbor/adt_in.yaml': `${SMALLEST}transform: base\n${accept}`,
      'channels/harbor/tenant.yaml': TENANT,
    })
    return channels[0]?.accepts.map(({ type, place }) => `${place.line}:${place.column} ${type}`)
  }
  assert.deepEqual(await of('accept: { messages: [ADT, ADT^A01] }\n'), ['8:22 ADT', '8:27 ADT^A01'])
  assert.deepEqual(await of('accept: { messages: 5 }\n'), [])
  assert.deepEqual(await of(''), [])
})

test('one that the mapping does not name is warned of, with what may be meant', () => {
  const place = { file: 'a.yaml', line: 8, column: 3 }
  const accepts = ['ADT', 'ADT^A01', 'ADT^A0', 'SIU'].map(type => ({ type, place }))
  const found = typesUnmapped(accepts, ['ADT^A01', 'ORU^R01'])
  assert.deepEqual(
    found.map(({ rule, severity, what }) => `${severity} ${rule} ${/name (\S+)/.exec(what)?.[1]}`),
    ['warning type_unmapped ADT^A0', 'warning type_unmapped SIU'],
  )
  assert.match(found[0]?.remedy ?? '', /Did you mean `ADT\^A01`\?/)
  assert.equal(found[0]?.column, 3)
})
