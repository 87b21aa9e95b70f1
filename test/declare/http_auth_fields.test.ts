// The settings of credentials: one kind by its key, a secret given once, nothing in the clear, and
// files that a check can look for.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AuthConfig, lintAuth } from '../../src/declare/http_auth_fields.ts'
import { filesOfHttp, httpFields } from '../../src/declare/http_fields.ts'
import { MASK, mask } from '../../src/declare/mask.ts'
import { compile } from '../../src/declare/schema.ts'
import { closed } from '../../src/declare/schema_documents.ts'

const base_url = 'https://fhir.example.org/r4'
const pathsOf = (auth: AuthConfig, more = {}) =>
  lintAuth({ base_url, auth, ...more }).map(({ path }) => path)

describe('settings of credentials', () => {
  it('are exactly one kind', () => {
    const shape = compile(closed(httpFields))
    const rules = (auth: unknown) => shape.check({ base_url, auth }).map(({ rule }) => rule)
    assert.deepEqual(rules({ bearer: { token: 'x' } }), [])
    assert.deepEqual(rules({}), ['wrong_kind'])
    assert.deepEqual(rules({ bearer: { token: 'x' }, basic: { user: 'a' } }), ['wrong_kind'])
    assert.deepEqual(rules({ barer: { token: 'x' } }), ['unknown_key'])
    assert.deepEqual(rules({ client_credentials: { client_id: 'a', secret_in: 'body' } }), [
      'wrong_value',
    ])
  })

  it('give the secret once, itself or by its file', () => {
    const basic = { user: 'a' }
    assert.deepEqual(pathsOf({ basic }), ['/auth/basic'])
    assert.deepEqual(pathsOf({ basic: { ...basic, password: 'x' } }), [])
    assert.deepEqual(pathsOf({ basic: { ...basic, password_file: 'f' } }), [])
    assert.deepEqual(pathsOf({ basic: { ...basic, password: 'x', password_file: 'f' } }), [
      '/auth/basic',
    ])
  })

  it('are not given beside a token, nor in headers, which nobody masks', () => {
    const auth = { bearer: { token: 'x' } }
    assert.deepEqual(pathsOf(auth, { token: 'y' }), ['/auth'])
    assert.deepEqual(pathsOf(auth, { headers: { 'X-API-Key': 'k', 'x-tenant': 'n' } }), [
      '/headers/X-API-Key',
    ])
  })

  it('never travel unencrypted, but on one machine', () => {
    const auth = { client_credentials: { client_id: 'a', client_secret: 's', secret_in: 'post' } }
    const judged = (base: string, token_url: string) => {
      const both = { client_credentials: { ...auth.client_credentials, token_url } }
      return pathsOf(both as AuthConfig, { base_url: base })
    }
    assert.deepEqual(judged('https://h/r4', 'https://t/token'), [])
    assert.deepEqual(judged('http://h/r4', 'https://t/token'), ['/auth/client_credentials'])
    assert.deepEqual(judged('https://h/r4', 'http://t/token'), [
      '/auth/client_credentials/token_url',
    ])
    assert.deepEqual(judged('http://localhost/r4', 'http://127.0.0.1:9/token'), [])
  })

  it('are masked where settings are shown', () => {
    const key = '-----BEGIN PRIVATE KEY-----'
    const shown = mask({ auth: { smart_backend: { client_id: 'app', key } } }, httpFields)
    assert.deepEqual(shown, { auth: { smart_backend: { client_id: 'app', key: MASK } } })
  })

  it('name the files that they need', () => {
    const files = (auth: AuthConfig, tls?: { ca: string }) =>
      filesOfHttp({ base_url, auth, ...(tls === undefined ? {} : { tls }) })
    assert.deepEqual(files({ smart_backend: { client_id: 'a', key: '/k/key.pem' } }), [
      { path: '/auth/smart_backend/key', file: '/k/key.pem' },
    ])
    assert.deepEqual(files({ smart_backend: { client_id: 'a', key: '{"kty":"EC"}' } }), [])
    assert.deepEqual(files({ bearer: { token_file: 't' } }, { ca: 'ca.pem' }), [
      { path: '/auth/bearer/token_file', file: 't' },
      { path: '/tls/ca', file: 'ca.pem' },
    ])
  })
})
