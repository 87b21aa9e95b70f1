// Requests for a token against an authorization server that verifies with jose: both ways of saying
// who we are, keys of every form, discovery, and what each refusal means for the target.
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { calculateJwkThumbprint, decodeProtectedHeader, exportJWK } from 'jose'
import { systemClock } from '../../src/kit/clock.ts'
import { systemRandom } from '../../src/kit/random.ts'
import { type HttpClient, openHttpClient } from '../../src/wire/http.ts'
import { askToken, type OAuth, type TokenContext } from '../../src/wire/smart_auth.ts'
import {
  type AuthorizationServer,
  type Client,
  startAuthorizationServer,
} from '../peers/authorization_server.ts'

const SECRET = 'CANARY:s+cr t/ä'
const clients: HttpClient[] = []
const open: AuthorizationServer[] = []

const context = (base_url: string): TokenContext => ({
  base_url,
  clock: systemClock,
  random: systemRandom,
  ask_ms_max: 30_000,
  clientOf(address) {
    const client = openHttpClient({
      base_url: address.origin,
      headers: {},
      connections_max: 1,
      connect_ms_max: 30_000,
      call_ms_max: 30_000,
      answer_bytes_max: 10_000,
      tls: undefined,
    })
    clients.push(client)
    return client
  },
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const server of open.splice(0)) await server.close()
})

async function serve(client: Client): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer(client)
  open.push(server)
  return server
}

const byCredentials = (more: object): OAuth => ({
  client_credentials: { client_id: 'me & you', secret_in: 'basic', ...more },
})

const ask = (oauth: OAuth, base_url = 'http://127.0.0.1:1/fhir') =>
  askToken(oauth, context(base_url))

describe('a token by client credentials', () => {
  const client: Client = { client_id: 'me & you', client_secret: SECRET, expires_in: 60 }

  it('is given for the secret in a header or in the form, whatever signs it has', async () => {
    const { token_url, asked } = await serve(client)
    for (const secret_in of ['basic', 'post'] as const) {
      const got = await ask(byCredentials({ token_url, client_secret: SECRET, secret_in }))
      assert.ok('token' in got, secret_in)
      assert.equal(got.token.life_ms, 60_000)
    }
    assert.equal('client_secret' in (asked[0] ?? {}), false)
    assert.equal('client_secret' in (asked[1] ?? {}), true)
  })

  it('asks for the scopes and parameters that are set, and for none where none are', async () => {
    const { token_url, asked } = await serve(client)
    const set = { token_url, client_secret: SECRET }
    await ask(byCredentials(set))
    await ask(byCredentials({ ...set, scope: 'system/*.read', parameters: { audience: 'x' } }))
    assert.deepEqual(asked, [
      { grant_type: 'client_credentials' },
      { grant_type: 'client_credentials', scope: 'system/*.read', audience: 'x' },
    ])
  })

  it('is asked for where the far end says, which has to be safe', async () => {
    const server = await serve(client)
    const { base } = await server.guard('http://127.0.0.1:1/fhir')
    assert.ok('token' in (await ask(byCredentials({ client_secret: SECRET }), base)))
    for (const token_endpoint of [undefined, 5, 'http://stranger.example/t', 'ftp://127.0.0.1/t']) {
      server.answer(200, JSON.stringify({ token_endpoint }))
      const none = await ask(byCredentials({ client_secret: SECRET }), `${server.base}/fhir`)
      assert.equal('refused' in none && none.refused.code, 'target_misconfigured')
    }
  })

  const refusals = [
    [401, '{"error":"invalid_client","error_description":"CANARY"}', 'target_auth'],
    [400, '{"error":"unauthorized_client"}', 'target_auth'],
    [500, '{"error":"access_denied"}', 'target_auth'],
    [400, '{"error":"invalid_scope"}', 'target_misconfigured'],
    [400, 'CANARY', 'target_auth'],
    [404, '<html>CANARY</html>', 'target_misconfigured'],
    [200, '{"access_token":1}', 'target_misconfigured'],
    [200, '{"access_token":"CANARY\\n"}', 'target_misconfigured'],
    [200, '{"access_token":"x","token_type":"mac"}', 'target_misconfigured'],
    [503, 'CANARY', 'target_down'],
    [429, '', 'target_down'],
    [0, '', 'target_down'],
  ] as const

  it('tells what is refused from what is down, and repeats no secret (N09)', async () => {
    const server = await serve(client)
    for (const [status, body, code] of refusals) {
      server.answer(status, body)
      const set = { token_url: server.token_url, client_secret: SECRET }
      const got = await ask(byCredentials(set))
      assert.ok('refused' in got, `${status} ${body}`)
      assert.equal(got.refused.code, code, `${status} ${body}`)
      assert.ok(!JSON.stringify(got).includes('CANARY'))
    }
    const nowhere = await ask(
      byCredentials({ token_url: 'http://127.0.0.1:1/t', client_secret: SECRET }),
    )
    assert.equal('refused' in nowhere && nowhere.refused.code, 'target_down')
  })
})

describe('a token by a signed assertion (SMART backend services)', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firth_smart_'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const smart = (token_url: string, key: string, more = {}): OAuth => ({
    smart_backend: { client_id: 'app', token_url, key, ...more },
  })

  async function registered(key: KeyObject, kid?: string): Promise<AuthorizationServer> {
    const jwk = await exportJWK(key)
    const keys = [{ ...jwk, kid: kid ?? (await calculateJwkThumbprint(jwk)) }]
    return serve({ client_id: 'app', jwks: { keys } })
  }

  it('is given for RS384 and ES384, the key as text or as a file, PEM or JWK', async () => {
    for (const [{ privateKey, publicKey }, alg] of [
      [rsa, 'RS384'],
      [p384, 'ES384'],
    ] as const) {
      const { token_url, asked } = await registered(publicKey)
      const file = join(folder, `${alg}.pem`)
      await writeFile(file, pem(privateKey))
      const jwk = JSON.stringify(await exportJWK(privateKey))
      for (const key of [pem(privateKey), file, jwk]) {
        assert.ok('token' in (await ask(smart(token_url, key))), alg)
      }
      assert.equal(decodeProtectedHeader(asked[0]?.client_assertion ?? '').alg, alg)
      assert.equal(new Set(asked.map(form => form.client_assertion)).size, 3)
    }
  })

  it('names the key by the id that is registered: as set, else that of the JWK', async () => {
    const { token_url, asked } = await registered(rsa.publicKey, 'k-1')
    const jwks_url = 'https://us.example.org/jwks'
    await ask(smart(token_url, pem(rsa.privateKey), { key_id: 'k-1', jwks_url }))
    const jwk = { ...(await exportJWK(rsa.privateKey)), kid: 'k-1' }
    await ask(smart(token_url, JSON.stringify(jwk)))
    const [first, second] = asked.map(form => decodeProtectedHeader(form.client_assertion ?? ''))
    assert.deepEqual(first, { alg: 'RS384', kid: 'k-1', typ: 'JWT', jku: jwks_url })
    assert.equal(second?.kid, 'k-1')
  })

  it('is refused by a server that knows another key, which is our credentials', async () => {
    const { token_url } = await registered(p384.publicKey)
    const got = await ask(smart(token_url, pem(rsa.privateKey)))
    assert.deepEqual(got, {
      refused: {
        code: 'target_auth',
        facts: { at: 'token', status: 401, error: 'invalid_client' },
      },
    })
  })

  it('takes a renewed key file with the next token', async () => {
    const { token_url } = await registered(p384.publicKey)
    const file = join(folder, 'renewed.pem')
    await writeFile(file, pem(rsa.privateKey))
    assert.ok('refused' in (await ask(smart(token_url, file))))
    await writeFile(file, pem(p384.privateKey))
    assert.ok('token' in (await ask(smart(token_url, file))))
  })

  it('says of a key that cannot be used that the target is misconfigured', async () => {
    const { token_url } = await registered(p384.publicKey)
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const edwards = generateKeyPairSync('ed25519').privateKey
    for (const key of ['{"kty":"CANARY"}', join(folder, 'none.pem'), pem(weak), pem(edwards)]) {
      const got = await ask(smart(token_url, key))
      assert.equal('refused' in got && got.refused.code, 'target_misconfigured')
      assert.ok(!JSON.stringify(got).includes('CANARY'))
    }
  })
})
