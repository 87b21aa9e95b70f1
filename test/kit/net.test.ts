// The network of the operating system behind kit/net: what the listener and the sender count on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { type Link, type LinkHandler, type Remote, systemNet } from '../../src/kit/net.ts'
import { makeAuthority, opensslMissing } from '../peers/certificates.ts'
import { until } from '../peers/raw_sender.ts'

class Recorder implements LinkHandler {
  readonly links: Link[] = []
  text = ''
  readonly happened: string[] = []
  cause: Error | undefined

  open(link: Link): void {
    this.links.push(link)
    this.happened.push('open')
  }
  /** The newest. */
  get link(): Link | undefined {
    return this.links.at(-1)
  }
  data(bytes: Buffer): void {
    this.text += bytes.toString()
  }
  end(): void {
    this.happened.push('end')
  }
  drained(): void {
    this.happened.push('drained')
  }
  closed(cause: Error | undefined): void {
    this.cause = cause
    this.happened.push('closed')
  }
  saw(what: string): Promise<void> {
    return until(what, () => this.happened.includes(what))
  }
}

const HOST = '127.0.0.1'

async function listen(t: TestContext, tls?: Parameters<typeof systemNet.listen>[0]['tls']) {
  const remotes: Remote[] = []
  const inside = new Recorder()
  const troubles: Error[] = []
  const onError = (cause: Error) => void troubles.push(cause)
  const listener = await systemNet.listen({ host: HOST, port: 0, tls, onError }, remote => {
    remotes.push(remote)
    return inside
  })
  t.after(() => {
    listener.close()
    for (const link of inside.links) link.destroy()
  })
  return { listener, inside, remotes, troubles }
}

type Tls = Parameters<typeof systemNet.connect>[0]['tls']

function connect(t: TestContext, port: number, tls?: Tls) {
  const outside = new Recorder()
  const giveUp = systemNet.connect({ host: HOST, port, tls }, outside)
  t.after(giveUp)
  return { outside, giveUp }
}

test('carries bytes both ways, and each end may end alone', async t => {
  const { listener, inside, remotes } = await listen(t)
  const { outside } = connect(t, listener.port)
  await Promise.all([inside.saw('open'), outside.saw('open')])
  assert.equal(remotes[0]?.address, HOST)
  inside.link?.write(Buffer.from('there'))
  await until('bytes came', () => outside.text === 'there')
  outside.link?.write(Buffer.from('here'))
  outside.link?.end()
  await inside.saw('end')
  assert.equal(inside.text, 'here')
  assert.ok(!inside.happened.includes('closed'))
  inside.link?.end()
  await Promise.all([inside.saw('closed'), outside.saw('closed')])
  assert.equal(inside.cause, undefined)
})

test('counts what is not taken, and says when it is', async t => {
  const { listener, inside } = await listen(t)
  const { outside } = connect(t, listener.port)
  await Promise.all([inside.saw('open'), outside.saw('open')])
  outside.link?.pause()
  for (let i = 0; i < 20; i++) inside.link?.write(Buffer.alloc(1_000_000))
  assert.ok((inside.link?.unsent_bytes ?? 0) > 1_000_000)
  outside.link?.resume()
  await inside.saw('drained')
  assert.equal(inside.link?.unsent_bytes, 0)
  outside.link?.destroy()
})

test('a refused connection is closed at once, and others live on', async t => {
  let refuse = true
  const inside = new Recorder()
  const options = { host: HOST, port: 0, onError: () => {} }
  const listener = await systemNet.listen(options, () => (refuse ? undefined : inside))
  t.after(() => listener.close())
  const first = connect(t, listener.port)
  await first.outside.saw('closed')
  refuse = false
  const second = connect(t, listener.port)
  await inside.saw('open')
  second.giveUp()
  await inside.saw('end')
  inside.link?.end()
  await inside.saw('closed')
})

test('closed is called once, with the cause, where nothing listens', async t => {
  const { listener } = await listen(t)
  listener.close()
  const { outside } = connect(t, listener.port)
  await outside.saw('closed')
  assert.deepEqual(outside.happened, ['closed'])
  assert.equal((outside.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
})

test('an address that is taken is said by Node’s own error', async t => {
  const { listener } = await listen(t)
  const options = { host: HOST, port: listener.port, onError: () => {} }
  await assert.rejects(
    systemNet.listen(options, () => undefined),
    { code: 'EADDRINUSE' },
  )
})

test('TLS: names the client, refuses strangers, and renews without touching live links', {
  skip: opensslMissing(),
}, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const [first, second, client] = ['first', 'second', 'Client A'].map(name => authority.issue(name))
  assert.ok(first && second && client)
  const { cert, key } = first
  const mutual = { ca: authority.cert, requestCert: true, rejectUnauthorized: true }
  const { listener, inside } = await listen(t, { cert, key, ...mutual })
  const known = { ca: authority.cert, cert: client.cert, key: client.key }

  const one = connect(t, listener.port, known)
  await Promise.all([inside.saw('open'), one.outside.saw('open')])
  assert.equal(inside.link?.remote.tls_name, 'Client A')
  assert.equal(one.outside.link?.remote.tls_name, 'first')

  listener.renewTls({ cert: second.cert, key: second.key, ca: authority.cert })
  one.outside.link?.write(Buffer.from('still here'))
  await until('the live link works', () => inside.text === 'still here')
  const two = connect(t, listener.port, known)
  await two.outside.saw('open')
  assert.equal(two.outside.link?.remote.tls_name, 'second')

  assert.throws(() => listener.renewTls({ cert: first.cert, key: second.key }))
  const three = connect(t, listener.port, known)
  await three.outside.saw('open')
  assert.equal(three.outside.link?.remote.tls_name, 'second')

  await until('all three are in', () => inside.happened.length === 3)
  inside.happened.length = 0
  connect(t, listener.port, { ca: authority.cert })
  await until('the stranger is answered', () => inside.happened.length > 0)
  assert.deepEqual(inside.happened, ['closed'])
  assert.ok(inside.cause)
})

test('TLS: an end may be half an end, but not in the middle of the handshake', {
  skip: opensslMissing(),
}, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const { cert, key } = authority.issue('server')
  const { listener, inside } = await listen(t, { cert, key })
  const { outside } = connect(t, listener.port, { ca: authority.cert })
  await Promise.all([inside.saw('open'), outside.saw('open')])
  outside.link?.end()
  await inside.saw('end')
  inside.link?.write(Buffer.from('late answer'))
  inside.link?.end()
  await Promise.all([inside.saw('closed'), outside.saw('closed')])
  assert.equal(outside.text, 'late answer')

  inside.happened.length = 0
  // It trusts nobody, so it leaves as soon as it has seen the certificate.
  const distrustful = connect(t, listener.port, { ca: [] })
  await Promise.all([distrustful.outside.saw('closed'), inside.saw('closed')])
  assert.deepEqual(inside.happened, ['closed'])
})

test('TLS: a session from before a renewal lets nobody in whom the renewal shuts out', {
  skip: opensslMissing(),
}, async t => {
  const [old, fresh] = [makeAuthority('Old'), makeAuthority('Fresh')]
  t.after(() => [old, fresh].map(authority => authority.remove()))
  const [server, client] = [old.issue('server'), old.issue('Client A')]
  const asks = { requestCert: true, rejectUnauthorized: true }
  const { cert, key } = server
  const { listener, inside } = await listen(t, { cert, key, ca: old.cert, ...asks })
  let session: Buffer | undefined
  const known = { ca: old.cert, cert: client.cert, key: client.key, port: listener.port }
  const first = tls.connect(known).on('session', ticket => (session = ticket))
  await until('a session', () => session !== undefined)
  // Without a renewal the session is used again: the refusal below is the renewal's work.
  const again = tls.connect({ ...known, session })
  await once(again, 'secureConnect')
  assert.equal(again.isSessionReused(), true)
  await until('both are in', () => inside.happened.length === 2)
  listener.renewTls({ cert, key, ca: fresh.cert })
  inside.happened.length = 0
  const shut_out = tls.connect({ ...known, session }).on('error', () => {})
  t.after(() => [first, again, shut_out].map(socket => socket.destroy()))
  await until('it is answered', () => inside.happened.length > 0)
  assert.deepEqual(inside.happened, ['closed'])
})

test('TLS: whoever speaks plain text is closed, and the listener lives on', {
  skip: opensslMissing(),
}, async t => {
  const authority = makeAuthority()
  t.after(() => authority.remove())
  const { cert, key } = authority.issue('server')
  const { listener, inside } = await listen(t, { cert, key })
  const plain = connect(t, listener.port)
  await plain.outside.saw('open')
  plain.outside.link?.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await Promise.all([plain.outside.saw('closed'), inside.saw('closed')])
  assert.deepEqual(inside.happened, ['closed'])
  assert.ok(inside.cause)
  const { outside, giveUp } = connect(t, listener.port, { ca: authority.cert })
  await outside.saw('open')
  giveUp()
})
