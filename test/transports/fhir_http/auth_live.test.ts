// SMART backend services before servers that are not ours: the whole way from an intent to the
// chart, with tokens that are taken back on the way. Nothing lands twice, nothing gets by without.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { exportJWK } from 'jose'
import { fhir_r4 } from '../../../adapters/fhir_r4/fhir_r4.ts'
import type { OpenTransport } from '../../../src/model/rooms.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { fhir_http } from '../../../src/transports/fhir_http/fhir_http.ts'
import { intentOf, patient } from '../../adapters/fhir_r4/samples.ts'
import { converse } from '../../contract/adapter.contract.ts'
import {
  type AuthorizationServer,
  type Guard,
  startAuthorizationServer,
} from '../../peers/authorization_server.ts'
import { hapiMissing, startHapi } from '../../peers/hapi_fhir/hapi_fhir.ts'
import { startMedplum } from '../../peers/medplum/server.ts'

const limits = {
  connections_max: 8,
  connect_ms_max: 60_000,
  call_ms_max: 60_000,
  answer_bytes_max: 10_000_000,
}
const steps = fhir_r4.steps({ base_url: 'http://unused', ...limits })

interface Peer {
  readonly base: string
  close(): Promise<void>
}

function behaviour(name: string, skip: string | false, start: () => Promise<Peer>): void {
  describe(`SMART backend services before ${name}`, { skip }, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    let peer: Peer
    let server: AuthorizationServer
    let guard: Guard
    let transport: OpenTransport
    before(async () => {
      peer = await start()
      const keys = [{ ...(await exportJWK(publicKey)), kid: 'k' }]
      server = await startAuthorizationServer({ client_id: 'app', jwks: { keys } })
      guard = await server.guard(peer.base)
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      const auth = { smart_backend: { client_id: 'app', key, key_id: 'k' } }
      const config = { base_url: guard.base, ...limits, auth }
      transport = await fhir_http.open(config, { signals: silentSignals })
    })
    after(async () => {
      await transport?.close()
      await server?.close()
      await peer?.close()
    })

    const deliver = async (value: string, change: object = {}) => {
      const identifier = { system: 'urn:smart', value }
      const resource = { ...patient, ...change, identifier: [identifier] } as typeof patient
      const input = { intent: intentOf(resource, { identifier }), known: {} }
      const { verdict } = await converse(
        answers => steps.deliver({ ...input, answers }),
        call => transport.call(call, AbortSignal.timeout(120_000)),
      )
      return verdict
    }
    const count = async (value: string) => {
      const response = await fetch(`${peer.base}/Patient?identifier=urn:smart|${value}`)
      return ((await response.json()) as { entry?: unknown[] }).entry?.length ?? 0
    }

    it('lets nobody through without a token', async () => {
      assert.equal((await fetch(`${guard.base}/Patient`)).status, 401)
    })

    it('asks for one token for many writes, found by the description of the far end', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `many${i}`)
      const verdicts = await Promise.all(names.map(one => deliver(one)))
      assert.deepEqual(new Set(verdicts.map(one => one.outcome)), new Set(['ok']))
      assert.equal(server.asked.length, 1)
      for (const name of names) assert.equal(await count(name), 1)
    })

    it('goes on with another token where one is taken back, and doubles nothing', async () => {
      server.revoke()
      const asked = server.asked.length
      const change = { birthDate: '1981-02-03' }
      const names = Array.from({ length: 10 }, (_, i) => `many${i}`)
      const verdicts = await Promise.all(names.map(one => deliver(one, change)))
      assert.deepEqual(new Set(verdicts.map(one => one.outcome)), new Set(['ok']))
      assert.equal(server.asked.length, asked + 1)
      for (const name of names) assert.equal(await count(name), 1)
    })

    it('pauses the target, and sends nothing, where our key is known no more', async () => {
      server.revoke()
      server.answer(401, '{"error":"invalid_client"}')
      const before = guard.log.length
      const verdict = await deliver('nobody')
      assert.equal(verdict.outcome, 'auth')
      assert.deepEqual(verdict.facts, { at: 'token', status: 401, error: 'invalid_client' })
      assert.deepEqual(guard.log.slice(before), ['POST 401'])
      assert.equal(await count('nobody'), 0)
    })
  })
}

behaviour('Medplum', false, () => startMedplum())
behaviour('HAPI FHIR JPA', hapiMissing(), () => startHapi())
