// Credentials on every call, against an authorization server and a far end behind it: one renewal
// after a 401, one request for many calls, and nothing of a secret where it could be seen.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { HttpAnswer } from '../../src/wire/http.ts'
import { openHttpTarget } from '../../src/wire/http_target.ts'
import {
  type AuthorizationServer,
  type Guard,
  startAuthorizationServer,
} from '../peers/authorization_server.ts'

const limits = {
  connections_max: 8,
  connect_ms_max: 30_000,
  call_ms_max: 30_000,
  answer_bytes_max: 100_000,
}
const SECRET = 'CANARY7f3a'
const patience = () => AbortSignal.timeout(60_000)
const call = { method: 'POST', path: 'Patient', headers: {}, body: '{}' }
const told = (answer: HttpAnswer) => (answer.kind === 'answer' ? answer.status : answer.code)

/** A far end that answers 201 and keeps the headers that it saw. */
async function farEnd() {
  const seen: Record<string, unknown>[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume()
    request.on('end', () => response.writeHead(201).end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { base, seen, close }
}

describe('credentials that are fixed or stand in a file', () => {
  let far: Awaited<ReturnType<typeof farEnd>>
  let folder: string
  before(async () => {
    far = await farEnd()
    folder = await mkdtemp(join(tmpdir(), 'firth_auth_'))
  })
  after(async () => {
    await far.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('are sent as their kind says', async () => {
    const file = join(folder, 'secret')
    await writeFile(file, `${SECRET}\n`)
    const basic = `Basic ${Buffer.from(`ann:${SECRET}`).toString('base64')}`
    const cases = [
      [{ token: SECRET }, 'authorization', `Bearer ${SECRET}`],
      [{ auth: { bearer: { token: SECRET } } }, 'authorization', `Bearer ${SECRET}`],
      [{ auth: { bearer: { token_file: file } } }, 'authorization', `Bearer ${SECRET}`],
      [{ auth: { header: { name: 'X-Key', value: SECRET } } }, 'x-key', SECRET],
      [{ auth: { header: { name: 'X-Key', value_file: file } } }, 'x-key', SECRET],
      [{ auth: { basic: { user: 'ann', password: SECRET } } }, 'authorization', basic],
      [{ auth: { basic: { user: 'ann', password_file: file } } }, 'authorization', basic],
    ] as const
    for (const [settings, header, value] of cases) {
      const client = await openHttpTarget({ base_url: far.base, ...limits, ...settings }, {})
      assert.equal(told(await client.send(call, patience())), 201)
      assert.equal(far.seen.at(-1)?.[header], value)
      client.close()
    }
  })

  it('are refused at the start where their file is missing', async () => {
    const empty = join(folder, 'empty')
    await writeFile(empty, '\n')
    const file = join(folder, 'none')
    for (const auth of [
      { bearer: { token_file: file } },
      { bearer: { token_file: empty } },
      { client_credentials: { client_id: 'a', secret_in: 'basic', client_secret_file: file } },
      { smart_backend: { client_id: 'a', key: file } },
    ] as const) {
      await assert.rejects(openHttpTarget({ base_url: far.base, ...limits, auth }, {}), {
        code: 'target_misconfigured',
      })
    }
  })
})

describe('credentials that are asked for', () => {
  let far: Awaited<ReturnType<typeof farEnd>>
  let server: AuthorizationServer
  let guard: Guard
  before(async () => {
    far = await farEnd()
    server = await startAuthorizationServer({ client_id: 'app', client_secret: SECRET })
    guard = await server.guard(far.base)
  })
  after(async () => {
    await server.close()
    await far.close()
  })

  const open = (more = {}, change = {}) =>
    openHttpTarget(
      {
        base_url: guard.base,
        ...limits,
        ...change,
        auth: {
          client_credentials: {
            ...{ client_id: 'app', client_secret: SECRET, secret_in: 'basic' },
            ...more,
          },
        },
      },
      {},
    )

  it('make one request for a token of a hundred calls at once (single flight)', async () => {
    const client = await open()
    const asked = server.asked.length
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => client.send(call, patience())),
    )
    assert.deepEqual(new Set(answers.map(told)), new Set([201]))
    assert.equal(server.asked.length, asked + 1)
    client.close()
  })

  it('are renewed once after a 401, by one request for all calls that met it', async () => {
    const client = await open()
    await client.send(call, patience())
    server.revoke()
    const asked = server.asked.length
    const landed = far.seen.length
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.send(call, patience())),
    )
    assert.deepEqual(new Set(answers.map(told)), new Set([201]))
    assert.equal(server.asked.length, asked + 1)
    assert.equal(far.seen.length, landed + 20, 'each landed once')
    client.close()
  })

  it('leave a second 401 to be the answer', async () => {
    const client = await open()
    await client.send(call, patience())
    server.revoke()
    server.answer(200, '{"access_token":"stranger"}')
    const before = guard.log.length
    assert.equal(told(await client.send(call, patience())), 401)
    assert.deepEqual(guard.log.slice(before), ['POST 401', 'POST 401'])
    client.close()
  })

  it('send nothing where no token is to be had, and say why without a secret', async () => {
    const before = far.seen.length
    const client = await open({ token_url: server.token_url })
    for (const [status, body, code] of [
      [503, SECRET, 'target_down'],
      [401, `{"error":"invalid_client","error_description":"${SECRET}"}`, 'target_auth'],
    ] as const) {
      server.answer(status, body)
      const answer = await client.send(call, patience())
      assert.equal(answer.kind, 'not_sent')
      assert.equal(told(answer), code)
      assert.ok(!JSON.stringify(answer).includes(SECRET))
    }
    assert.equal(far.seen.length, before)
    assert.equal(told(await client.send(call, patience())), 201, 'and go on when it is back')
    client.close()
  })

  it('give a token server that hangs up before the call itself is given up', async () => {
    const client = await open({ token_url: server.token_url }, { call_ms_max: 300 })
    const release = server.hold()
    const answer = await client.send(call, patience())
    assert.equal(answer.kind, 'not_sent')
    assert.equal(told(answer), 'target_down')
    release()
    client.close()
  })

  it('let a call go that has no more time, unsent', async () => {
    const client = await open({ token_url: server.token_url })
    const release = server.hold()
    const stop = new AbortController()
    const asked = server.asked.length
    const hurried = client.send(call, stop.signal)
    while (server.asked.length === asked) await new Promise(done => setTimeout(done, 5))
    stop.abort()
    const answer = await hurried
    assert.deepEqual(answer, {
      kind: 'not_sent',
      code: 'target_transient',
      facts: { error: 'aborted' },
    })
    release()
    assert.equal(told(await client.send(call, patience())), 201)
    client.close()
  })
})
