// Configuration without its secrets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { group, integer, secret, text } from '../../src/declare/field.ts'
import { MASK, mask } from '../../src/declare/mask.ts'

const fields = {
  url: text({ doc: 'Where.' }),
  token: secret({ doc: 'Opens it.', optional: true }),
  tls: group(
    { key: secret({ doc: 'Key.' }), days: integer({ doc: 'How long.', default: 30 }) },
    { doc: 'TLS.', optional: true },
  ),
}

test('secrets are replaced at any depth, and nothing else is', () => {
  const config = { url: 'http://a', token: 'geheim', tls: { key: 'geheim', days: 7 } }
  assert.deepEqual(mask(config, fields), {
    url: 'http://a',
    token: MASK,
    tls: { key: MASK, days: 7 },
  })
  assert.equal(config.token, 'geheim', 'the config itself stays as it was')
})

test('a secret that is not set is not shown as set', () => {
  assert.deepEqual(mask({ url: 'http://a' }, fields), { url: 'http://a' })
})
