// The mllp room as a channel opens it: its settings reach the listener, TLS is what it says, and
// renewed certificates are picked up while it runs.
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import type { Config } from '../../../src/declare/field.ts'
import type { SourceContext } from '../../../src/model/rooms.ts'
import { sources } from '../../../src/sources/index.ts'
import { mllp } from '../../../src/sources/mllp/mllp.ts'
import { MllpClient } from '../../../src/wire/mllp_client.ts'
import { freePorts } from '../../harness/engine.ts'
import { makeAuthority, opensslMissing } from '../../peers/certificates.ts'
import { MemoryIntake } from '../../peers/memory_intake.ts'
import { frame, message, RawSender, until } from '../../peers/raw_sender.ts'

type MllpConfig = Config<typeof mllp.fields>

/** The defaults as they are declared, with these settings. */
function configOf(settings: Partial<MllpConfig>): MllpConfig {
  const defaults = Object.entries(mllp.fields).flatMap(([name, field]) =>
    field.presence === 'defaulted' ? [[name, field.schema.default]] : [],
  )
  return { ...(Object.fromEntries(defaults) as MllpConfig), ...settings }
}

async function open(t: TestContext, settings: Partial<MllpConfig>) {
  const [port = 0] = await freePorts(1)
  const intake = new MemoryIntake()
  const said: string[] = []
  const context: SourceContext = {
    tenant: 'test',
    channel: 'adt_in',
    intake,
    signals: {
      say: (_level, what, facts) => void said.push(`${what} ${facts?.error ?? ''}`),
      count() {},
    },
  }
  const source = await mllp.open(configOf({ port, linger_ms_max: 100, ...settings }), context)
  t.after(() => source.drain())
  return { source, port, intake, said }
}

test('listens where it is told, stores, answers, and counts its feeds', async t => {
  const { source, port, intake } = await open(t, {})
  assert.equal(source.address, `mllp 127.0.0.1:${port}`)
  const sender = await RawSender.open(port)
  sender.write(frame(message('ROOM1')))
  assert.deepEqual(await sender.answered(1), ['AA ROOM1'])
  assert.deepEqual(intake.bytes, [message('ROOM1')])
  const row = source.feeds().find(({ feed }) => feed.startsWith(`${port}|SEND`))
  assert.deepEqual([row?.connections, row?.received, row?.acknowledged], [1, 1, 1])
  assert.ok(Math.abs((row?.last_at_ms ?? 0) - Date.now()) < 60_000)
  await source.drain()
  await sender.untilGone()
  await sender.close()
})

test('its limits are the listener’s', async t => {
  const { port, intake } = await open(t, { frame_bytes_max: 500 })
  const sender = await RawSender.open(port)
  sender.write(frame(Buffer.concat([message('LARGE'), Buffer.alloc(500, 'x')])))
  assert.deepEqual(await sender.answered(1), ['AR LARGE'])
  await sender.untilGone()
  assert.deepEqual(intake.codes, ['frame_too_large'])
  await sender.close()
})

test('stands in the table under its own name, with an example and lint of its own', () => {
  assert.equal(sources.mllp, mllp)
  assert.equal(mllp.kind, 'mllp')
  assert.deepEqual(mllp.addresses(configOf({ port: 2575 })), [{ host: '127.0.0.1', port: 2575 }])
  const remarks = (settings: Partial<MllpConfig>) =>
    mllp.lint?.(configOf(settings)).map(({ path, severity }) => `${severity} ${path}`)
  const tls = { certificate: 'a', key: 'b', min_version: 'TLSv1.2', reload_ms: 1_000 } as const
  assert.deepEqual(remarks({ port: 1 }), [])
  assert.deepEqual(remarks({ port: 1, host: 'localhost' }), [])
  assert.deepEqual(remarks({ port: 1, host: '0.0.0.0' }), ['warning /host'])
  assert.deepEqual(remarks({ port: 1, host: '0.0.0.0', tls }), [])
  assert.deepEqual(remarks({ port: 1, tls: { ...tls, client_names: ['A'] } }), [
    'error /tls/client_names',
  ])
})

test('a certificate file that is missing is a finding, not a listener without TLS', async t => {
  const tls = {
    certificate: '/nowhere/a',
    key: '/nowhere/b',
    min_version: 'TLSv1.2',
    reload_ms: 100,
  }
  await assert.rejects(open(t, { tls: tls as MllpConfig['tls'] & object }), {
    code: 'file_missing',
  })
})

test('TLS, mutual TLS, and its names', { skip: opensslMissing() }, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const server = authority.issue('server')
  const tls = {
    certificate: server.cert_file,
    key: server.key,
    client_ca: authority.cert_file,
    client_names: ['Lab A'],
    min_version: 'TLSv1.3',
    reload_ms: 60_000,
  } as const
  const { port, intake, said } = await open(t, { tls })
  const known = authority.issue('Lab A')
  const send = async (id: string, own: object) => {
    const client = new MllpClient({ host: '127.0.0.1', port, tls: { ca: authority.cert, ...own } })
    const result = await client.send(message(id))
    await client.close()
    return result.kind === 'ack' ? result.code : result.kind
  }
  assert.equal(await send('KNOWN', { cert: known.cert, key: known.key }), 'AA')
  assert.equal(intake.stored[0]?.peer.tls_name, 'Lab A')
  const other = authority.issue('Lab B')
  assert.notEqual(await send('OTHER', { cert: other.cert, key: other.key }), 'AA')
  assert.notEqual(await send('NOBODY', {}), 'AA')
  const old = { cert: known.cert, key: known.key, maxVersion: 'TLSv1.2' }
  assert.equal(await send('OLD', old), 'not_sent')
  // A sender that does not trust our certificate sends nothing.
  assert.equal(
    await send('DISTRUST', { cert: known.cert, key: known.key, ca: other.cert }),
    'not_sent',
  )
  assert.deepEqual(intake.ids, ['KNOWN'])
  assert.ok(said.some(line => line.startsWith('mllp connection closed')))
})

test('a certificate that was taken back no longer sends', { skip: opensslMissing() }, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const [server, good, bad] = ['server', 'good', 'bad'].map(name => authority.issue(name))
  assert.ok(server && good && bad)
  const { port, intake } = await open(t, {
    tls: {
      certificate: server.cert,
      key: server.key,
      client_ca: authority.cert,
      client_crl: authority.revoke(bad),
      min_version: 'TLSv1.2',
      reload_ms: 60_000,
    },
  })
  for (const [id, { cert, key }] of [
    ['GOOD', good],
    ['BAD', bad],
  ] as const) {
    const tls = { ca: authority.cert, cert, key }
    const client = new MllpClient({ host: '127.0.0.1', port, tls })
    await client.send(message(id))
    await client.close()
  }
  assert.deepEqual(intake.ids, ['GOOD'])
})

test('a renewed certificate serves new connections, and half of one changes nothing', {
  skip: opensslMissing(),
}, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const [used, next] = ['before', 'after'].map(name => authority.issue(name))
  assert.ok(used && next)
  const { port, said } = await open(t, {
    tls: {
      certificate: used.cert_file,
      key: used.key_file,
      min_version: 'TLSv1.2',
      reload_ms: 100,
    },
  })
  const nameNow = async () => {
    const sender = await RawSender.open(port, { ca: authority.cert })
    assert.ok(sender.socket instanceof TLSSocket)
    const name = sender.socket.getPeerCertificate().subject.CN
    return { sender, name }
  }
  const live = await nameNow()
  assert.equal(live.name, 'before')
  copyFileSync(next.cert_file, used.cert_file)
  await until('the half is refused', () => said.some(line => line.includes('not renewed')))
  const between = await nameNow()
  assert.equal(between.name, 'before')
  copyFileSync(next.key_file, used.key_file)
  await until('renewed', () => said.some(line => line.includes('certificates renewed')))
  const later = await nameNow()
  assert.equal(later.name, 'after')
  for (const { sender } of [live, between, later]) {
    sender.write(frame(message('TLS')))
    assert.deepEqual(await sender.answered(1), ['AA TLS'])
    sender.socket.destroy()
  }
  await sleep(250)
  assert.equal(said.filter(line => line.includes('not renewed')).length, 1)
})
