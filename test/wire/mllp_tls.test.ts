// Certificates of a listener: where they come from, and when they are read again. With real
// handshakes: test/sources/mllp/mllp.test.ts.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SecureContextOptions } from '../../src/kit/net.ts'
import { loadTls, type TlsConfig, watchTls } from '../../src/wire/mllp_tls.ts'
import { ManualClock } from '../peers/manual_clock.ts'
import { until } from '../peers/raw_sender.ts'

const PEM = '-----BEGIN SOMETHING-----\n'
const config: TlsConfig = { certificate: PEM, key: `${PEM}key`, min_version: 'TLSv1.3' }

test('text is taken as it is, and asks nobody for a certificate unless told', async () => {
  const { cert, key, minVersion, requestCert } = await loadTls(config)
  assert.deepEqual([cert, key, minVersion, requestCert], [PEM, `${PEM}key`, 'TLSv1.3', false])
})

test('an authority for clients makes their certificates compulsory', async () => {
  const all = {
    ...config,
    client_ca: `${PEM}ca`,
    client_crl: `${PEM}crl`,
    key_passphrase: 'secret',
  }
  const loaded = await loadTls({ ...all, ciphers: 'ECDHE' })
  assert.deepEqual([loaded.requestCert, loaded.rejectUnauthorized], [true, true])
  assert.deepEqual([loaded.ca, loaded.crl, loaded.passphrase], [`${PEM}ca`, `${PEM}crl`, 'secret'])
  assert.equal(loaded.ciphers, 'ECDHE')
})

test('a missing file is named by its field', async () => {
  const facts = { field: 'client_ca', file: '/nowhere/ca.pem' }
  const missing = { ...config, client_ca: '/nowhere/ca.pem' }
  await assert.rejects(loadTls(missing), { code: 'file_missing', facts })
})

test('renews once for each change, outlives what is not whole, ends with its signal', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'firth-test-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key.pem')
  writeFileSync(file, 'one')
  const clock = new ManualClock()
  const stop = new AbortController()
  const tried: unknown[] = []
  const said: string[] = []
  const files = { ...config, key: file }
  const watching = watchTls(files, {
    clock,
    signals: { say: level => void said.push(level), count() {} },
    every_ms: 1_000,
    loaded: await loadTls(files),
    signal: stop.signal,
    renew({ key }: SecureContextOptions) {
      tried.push(key)
      if (key === 'half') throw new Error('key values mismatch')
    },
  })
  const look = async () => {
    await clock.pass(1_000)
    await until('the files are read', () => clock.waits === 1)
  }
  await look()
  writeFileSync(file, 'half')
  await look()
  await look()
  writeFileSync(file, 'two')
  await look()
  await look()
  rmSync(file)
  await look()
  assert.deepEqual(tried, ['half', 'two'])
  assert.deepEqual(said, ['error', 'info', 'error'])
  stop.abort()
  await watching
})
