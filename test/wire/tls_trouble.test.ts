// Whose fault a TLS connection's end is, by the system's name of its error.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionCode, refusedByTls } from '../../src/wire/tls_trouble.ts'

test('a far end that refuses our certificate has read nothing', () => {
  assert.equal(refusedByTls('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), true)
  assert.equal(refusedByTls('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), true)
  assert.equal(refusedByTls('ECONNRESET'), false)
  assert.equal(refusedByTls('no answer in time'), false)
})

test('tells credentials, settings and a far end that is down apart', () => {
  assert.equal(connectionCode('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'target_auth')
  for (const error of ['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'EPROTO']) {
    assert.equal(connectionCode(error), 'target_misconfigured')
  }
  for (const error of ['ECONNREFUSED', 'ENOTFOUND', 'no connection in time']) {
    assert.equal(connectionCode(error), 'target_down')
  }
})
