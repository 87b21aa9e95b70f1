// The FHIR adapter and its transport against servers that are not ours: Medplum's router always,
// HAPI FHIR JPA where Java and Maven are at hand.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fhir_r4 } from '../../../adapters/fhir_r4/fhir_r4.ts'
import type { Call, Operation, StepInput, Verdict } from '../../../src/model/intent.ts'
import type { OpenTransport } from '../../../src/model/rooms.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { fhir_http } from '../../../src/transports/fhir_http/fhir_http.ts'
import { converse } from '../../contract/adapter.contract.ts'
import { until } from '../../path/rooms.ts'
import { hapiMissing, startHapi } from '../../peers/hapi_fhir/hapi_fhir.ts'
import { type MedplumPeer, startMedplum } from '../../peers/medplum/server.ts'
import { encounter, intentOf, patient } from './samples.ts'

const limits = {
  connections_max: 8,
  connect_ms_max: 60_000,
  call_ms_max: 60_000,
  answer_bytes_max: 10_000_000,
}
const steps = fhir_r4.steps({ base_url: 'http://unused', ...limits })

interface FarEnd {
  readonly base: string
  readonly transport: OpenTransport
  close(): Promise<void>
}

async function farEnd(peer: { base: string; close(): Promise<void> }): Promise<FarEnd> {
  const transport = await fhir_http.open(
    { base_url: peer.base, ...limits },
    { signals: silentSignals },
  )
  const close = async () => {
    await transport.close()
    await peer.close()
  }
  return { base: peer.base, transport, close }
}

const patience = () => AbortSignal.timeout(120_000)

async function deliver(
  to: FarEnd,
  input: Omit<StepInput, 'answers'>,
  before: (call: Call) => Promise<void> = async () => {},
): Promise<Verdict> {
  const { verdict } = await converse(
    answers => steps.deliver({ ...input, answers }),
    async call => {
      await before(call)
      return to.transport.call(call, patience())
    },
  )
  return verdict
}

async function verify(
  to: FarEnd,
  input: Omit<StepInput, 'answers'>,
  target_id?: string,
): Promise<Verdict> {
  const { verdict } = await converse(
    answers => steps.verify({ ...input, answers, target_id }),
    call => to.transport.call(call, patience()),
  )
  return verdict
}

/** What a bystander sees and does at the far end. */
async function ask(to: FarEnd, method: string, path: string, body?: unknown) {
  const response = await fetch(`${to.base}/${path}`, {
    method,
    headers: { 'content-type': 'application/fhir+json', 'cache-control': 'no-cache' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return JSON.parse((await response.text()) || '{}')
}

/** A server that has just started may refuse the first time, or show for a moment what is gone. */
async function erase(to: FarEnd, path: string): Promise<void> {
  await until('it is deleted', async () => {
    await ask(to, 'DELETE', path)
    return (
      (await fetch(`${to.base}/${path}`, { headers: { 'cache-control': 'no-cache' } })).status ===
      410
    )
  })
}

/** The text itself: its numbers as they are written. */
async function textAt(to: FarEnd, path: string): Promise<string> {
  return (await fetch(`${to.base}/${path}`, { headers: { 'cache-control': 'no-cache' } })).text()
}

async function matches(to: FarEnd, type: string, value: string): Promise<number> {
  const bundle = await ask(to, 'GET', `${type}?identifier=${encodeURIComponent(`urn:t|${value}`)}`)
  return bundle.entry?.length ?? 0
}

let made = 0

/** A patient of its own for each test. */
function somebody(change: object = {}) {
  made += 1
  const value = `live${made}`
  const resource = {
    ...patient,
    id: `p${made}`,
    identifier: [{ system: 'urn:t', value }],
    ...change,
  }
  const identifier = { system: 'urn:t', value }
  const input = (of: object = {}, operation: Operation = 'update') => ({
    intent: intentOf({ ...resource, ...of } as typeof patient, { operation, identifier }),
    known: {},
  })
  return { value, resource, input }
}

const coded = (code: string) => ({ coding: [{ system: 'urn:t', code }] })
const status = (system: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
})

const mayTakeBack = (type: string) =>
  fhir_r4.profile.some(row => row.resource === type && row.operations.includes('retract'))

/** Every other type that the base mappings make, in its smallest form. */
const others: Readonly<Record<string, (subject: { reference: string }) => object>> = {
  Practitioner: () => ({ name: [{ family: 'Testing' }] }),
  PractitionerRole: () => ({ active: true }),
  Organization: () => ({ name: 'Testing' }),
  Location: () => ({ name: 'Ward' }),
  Device: () => ({ type: coded('d') }),
  RelatedPerson: patient => ({ patient, name: [{ family: 'Testing' }] }),
  AllergyIntolerance: patient => ({ patient, code: coded('a') }),
  Condition: subject => ({
    subject,
    code: coded('c'),
    clinicalStatus: status('condition-clinical', 'active'),
  }),
  Procedure: subject => ({ subject, status: 'completed', code: coded('p') }),
  Coverage: beneficiary => ({ beneficiary, status: 'active', payor: [beneficiary] }),
  Account: subject => ({ subject: [subject], status: 'active' }),
  ServiceRequest: subject => ({ subject, status: 'active', intent: 'order', code: coded('s') }),
  Specimen: subject => ({ subject, type: coded('b') }),
  CareTeam: subject => ({ subject, status: 'active' }),
  EpisodeOfCare: patient => ({ patient, status: 'active' }),
  DocumentReference: subject => ({
    subject,
    status: 'current',
    content: [{ attachment: { contentType: 'text/plain', data: 'eA==' } }],
  }),
}

function behaviour(
  name: string,
  skip: string | false,
  options: { start: () => Promise<FarEnd>; own?: (far: () => FarEnd) => void },
): void {
  describe(`FHIR adapter against ${name}`, { skip }, () => {
    let far: FarEnd
    before(async () => {
      far = await options.start()
    })
    after(() => far?.close())
    options.own?.(() => far)

    it('makes a patient, and finds it equal the second time', async () => {
      const { input, value } = somebody()
      const first = await deliver(far, input())
      assert.equal(first.outcome, 'ok')
      assert.ok(first.target_id && first.target_version)
      const second = await deliver(far, input())
      assert.deepEqual(second, { ...first, outcome: 'already_applied' })
      assert.equal(await matches(far, 'Patient', value), 1)
      assert.equal((await verify(far, input(), first.target_id)).outcome, 'ok')
      assert.equal((await verify(far, input())).outcome, 'ok')
    })

    for (const [type, elements] of Object.entries(others)) {
      it(`makes, finds and changes a resource of type ${type} (H11)`, async () => {
        const { resource: person, input } = somebody()
        const there = await deliver(far, input())
        const known = { [`Patient/${person.id}`]: there.target_id ?? '' }
        const value = `${type}-${person.id}-${process.pid}`
        const identifier = { system: 'urn:t', value }
        const subject = { reference: `Patient/${person.id}` }
        const of = (more: object, operation: Operation = 'update') => {
          const resource = { resourceType: type, id: 'x', identifier: [identifier], ...more }
          const change = { operation, identifier, resource_type: type, resource_id: 'x' } as const
          return {
            intent: intentOf(resource as unknown as typeof patient, { ...change, resource }),
            known,
          }
        }
        const content = elements(subject)
        const made = await deliver(far, of(content, 'create'))
        assert.equal(made.outcome, 'ok')
        const again = await deliver(far, of(content, 'create'))
        assert.equal(again.outcome, 'already_applied')
        const changed = of({ ...content, language: 'en' })
        assert.equal((await deliver(far, changed)).outcome, 'ok')
        assert.equal((await verify(far, changed, made.target_id)).outcome, 'ok')
        const patched = of({ ...content, language: 'de' }, 'patch')
        assert.equal((await deliver(far, patched)).outcome, 'ok')
        assert.equal((await verify(far, patched, made.target_id)).outcome, 'ok')
        assert.equal(await matches(far, type, value), 1)
        if (!mayTakeBack(type)) return
        const taken = of(content, 'retract')
        assert.equal((await verify(far, taken, made.target_id)).code, 'target_mismatch')
        assert.equal((await deliver(far, taken)).outcome, 'ok')
        assert.equal((await verify(far, taken, made.target_id)).outcome, 'ok')
        assert.equal((await deliver(far, taken)).outcome, 'already_applied')
        const stands = await ask(far, 'GET', `${type}/${made.target_id}`)
        assert.equal(stands.language, 'de', 'the rest stands')
      })
    }

    it('makes one resource of two conditional creates, also at the same time', async () => {
      const { input, value } = somebody()
      const create = input({}, 'create')
      const verdicts = await Promise.all(Array.from({ length: 6 }, () => deliver(far, create)))
      assert.equal(verdicts.filter(one => one.outcome === 'ok').length, 1)
      assert.equal(verdicts.filter(one => one.outcome === 'already_applied').length, 5)
      assert.equal(new Set(verdicts.map(one => one.target_id)).size, 1)
      assert.equal(await matches(far, 'Patient', value), 1)
    })

    it('spends on each write the calls that it needs, and no more', async () => {
      const calls = async (of: ReturnType<typeof input>, known = {}) => {
        const made: string[] = []
        const verdict = await deliver(far, { ...of, known }, async call => {
          if (call.kind === 'http') made.push(call.method)
        })
        assert.ok(verdict.outcome === 'ok' || verdict.outcome === 'already_applied')
        return made
      }
      const { input, resource } = somebody()
      assert.deepEqual(await calls(input({}, 'create')), ['POST'])
      assert.deepEqual(await calls(input({}, 'create')), ['POST'])
      assert.deepEqual(await calls(somebody().input()), ['POST'])
      const { target_id = '' } = await deliver(far, input())
      const known = { [`Patient/${resource.id}`]: target_id }
      assert.deepEqual(await calls(input(), known), ['GET'])
      assert.deepEqual(await calls(input({ birthDate: '1971-01-01' }), known), ['GET', 'PUT'])
      const patch = input({ birthDate: '1972-01-01' }, 'patch')
      assert.deepEqual(await calls(patch, known), ['GET', 'PATCH'])
      assert.deepEqual(await calls(input({ gender: 'other' })), ['POST', 'GET', 'PUT'])
    })

    it('patches what it says and leaves the rest', async () => {
      const { input, value } = somebody()
      const identifier = [{ system: 'urn:t', value }]
      const theirs = { identifier, birthDate: '1950-01-01', gender: 'male', active: true }
      const { id } = await ask(far, 'POST', 'Patient', { resourceType: 'Patient', ...theirs })
      const said = input({ name: undefined, gender: 'female' }, 'patch')
      assert.equal((await deliver(far, said)).outcome, 'ok')
      const after = await ask(far, 'GET', `Patient/${id}`)
      assert.deepEqual(
        [after.gender, after.birthDate, after.active],
        ['female', '1970-01-01', true],
      )
      assert.equal((await verify(far, said, id)).outcome, 'ok')
      assert.equal((await deliver(far, said)).outcome, 'already_applied')
    })

    it('gives back the decimals of others as they are written', async () => {
      const { value } = somebody()
      const identifier = { system: 'urn:t', value: `${value}O` }
      const stands = `{"resourceType":"Observation","status":"final","code":{"text":"x"},
        "identifier":[${JSON.stringify(identifier)}],"valueQuantity":{"value":1.10}}`
      const { id } = await ask(far, 'POST', 'Observation', stands)
      const before = await textAt(far, `Observation/${id}`)
      const change = { operation: 'retract', resource_type: 'Observation', identifier } as const
      const intent = intentOf(patient, change)
      assert.equal((await deliver(far, { intent, known: {} })).outcome, 'ok')
      const after = await textAt(far, `Observation/${id}`)
      assert.match(after, /entered-in-error/)
      // Medplum has lost the zero when it stored it, HAPI has not.
      assert.equal(after.includes('1.10'), before.includes('1.10'))
    })

    it('never patches a version that it has not read', async () => {
      const { input } = somebody()
      const { target_id } = await deliver(far, input())
      const next = input({ birthDate: '1972-02-03', gender: 'other' }, 'patch')
      let met = 0
      const verdict = await deliver(far, next, async call => {
        if (call.kind !== 'http' || call.method !== 'PATCH' || met++ > 0) return
        const stands = await ask(far, 'GET', `Patient/${target_id}`)
        await ask(far, 'PUT', `Patient/${target_id}`, { ...stands, gender: 'unknown' })
      })
      assert.equal(met, 2, 'the stale PATCH was refused and tried anew')
      assert.equal(verdict.outcome, 'ok')
      const stands = await ask(far, 'GET', `Patient/${target_id}`)
      assert.equal(stands.gender, 'other')
    })

    it('waits to patch or take back what is not there', async () => {
      const patch = await deliver(far, somebody().input({}, 'patch'))
      assert.equal(patch.code, 'target_resource_missing')
      assert.equal(patch.outcome, 'missing_dependency')
    })

    it('updates what stands there, and removes what is no longer said', async () => {
      const { input } = somebody({ deceasedBoolean: true })
      const first = await deliver(far, input())
      const next = input({ birthDate: '1971-02-03', deceasedBoolean: undefined })
      const second = await deliver(far, next)
      assert.equal(second.outcome, 'ok')
      assert.equal(second.target_id, first.target_id)
      assert.notEqual(second.target_version, first.target_version)
      const stands = await ask(far, 'GET', `Patient/${first.target_id}`)
      assert.equal(stands.birthDate, '1971-02-03')
      assert.equal('deceasedBoolean' in stands, false)
      assert.equal(second.target_version, stands.meta.versionId)
    })

    it('never writes over a version that it has not read', async () => {
      const { input } = somebody()
      const { target_id } = await deliver(far, input())
      const next = input({ birthDate: '1972-02-03' })
      let met = 0
      const verdict = await deliver(far, next, async call => {
        if (call.kind !== 'http' || call.method !== 'PUT' || met++ > 0) return
        const stands = await ask(far, 'GET', `Patient/${target_id}`)
        const other = { system: 'urn:other', value: 'lab' }
        const identifier = [...stands.identifier, other]
        await ask(far, 'PUT', `Patient/${target_id}`, { ...stands, identifier })
      })
      assert.equal(verdict.outcome, 'ok')
      assert.equal(met, 2, 'the stale PUT was refused and tried anew')
      const stands = await ask(far, 'GET', `Patient/${target_id}`)
      assert.equal(stands.birthDate, '1972-02-03')
      assert.equal(stands.identifier.length, 2, 'what the other wrote in between is still there')
    })

    it('sees a changed, a missing and an absent one', async () => {
      const { input } = somebody()
      const { target_id = '' } = await deliver(far, input())
      const stands = await ask(far, 'GET', `Patient/${target_id}`)
      await ask(far, 'PUT', `Patient/${target_id}`, { ...stands, birthDate: '1900-01-01' })
      const changed = await verify(far, input(), target_id)
      assert.equal(changed.code, 'target_mismatch')
      assert.deepEqual(changed.facts, { path: 'birthDate', count: 1 })
      const { name: _, ...without } = stands
      await ask(far, 'PUT', `Patient/${target_id}`, without)
      assert.equal((await verify(far, input(), target_id)).facts.path, 'name')
      await ask(far, 'DELETE', `Patient/${target_id}`)
      assert.equal((await verify(far, input(), target_id)).facts.absent, true)
      assert.equal((await verify(far, somebody().input())).facts.absent, true)
    })

    it('never chooses between two patients of one identifier', async () => {
      const { input, resource } = somebody()
      const { id: _, ...content } = resource
      await ask(far, 'POST', 'Patient', content)
      await ask(far, 'POST', 'Patient', content)
      assert.equal((await deliver(far, input())).code, 'target_ambiguous')
      assert.equal((await deliver(far, input({}, 'create'))).code, 'target_ambiguous')
    })

    it('links a visit to the patient as the far end knows him', async () => {
      const { input, resource, value } = somebody()
      const person = await deliver(far, input())
      const visit = {
        ...encounter,
        identifier: [{ system: 'urn:t', value: `${value}V` }],
        subject: { reference: `Patient/${resource.id}`, display: 'x' },
      }
      const intent = intentOf(visit)
      const early = await deliver(far, { intent, known: {} })
      assert.equal(early.outcome, 'missing_dependency')
      const known = { [`Patient/${resource.id}`]: person.target_id ?? '' }
      const late = await deliver(far, { intent, known })
      assert.equal(late.outcome, 'ok')
      const stands = await ask(far, 'GET', `Encounter/${late.target_id}`)
      assert.equal(stands.subject.reference, `Patient/${person.target_id}`)
      assert.equal((await verify(far, { intent, known }, late.target_id)).outcome, 'ok')
      assert.equal((await deliver(far, { intent, known })).outcome, 'already_applied')
    })

    it('finds identifiers with signs that mean something in a search', async () => {
      for (const value of ['a b&c', 'a,b', 'a$b', 'a\\b', 'ä/ö?']) {
        const { resource } = somebody()
        const identifier = { system: 'urn:t', value: `${resource.id}${value}` }
        const intent = intentOf({ ...resource, identifier: [identifier] } as typeof patient, {
          identifier,
        })
        const first = await deliver(far, { intent, known: {} })
        assert.equal(first.outcome, 'ok')
        const again = await deliver(far, { intent, known: {} })
        assert.equal(again.outcome, 'already_applied')
        assert.equal(again.target_id, first.target_id)
      }
    })
  })
}

behaviour('Medplum', false, { start: async () => farEnd(await startMedplum()) })

behaviour('HAPI FHIR JPA', hapiMissing(), {
  start: async () => farEnd(await startHapi()),
  own(far) {
    it('calls a refused record a fix, with its code and without its content', async () => {
      const { input } = somebody({ gender: 'CANARY7f3a' })
      const verdict = await deliver(far(), input())
      assert.equal(verdict.outcome, 'fix')
      assert.equal(verdict.facts.status, 400)
      assert.ok(!JSON.stringify(verdict).includes('CANARY7f3a'))
    })

    it('does not make a deleted resource again by the id that it knew', async () => {
      const { input, resource } = somebody()
      const { target_id = '' } = await deliver(far(), input())
      await erase(far(), `Patient/${target_id}`)
      const known = { [`Patient/${resource.id}`]: target_id }
      assert.equal((await deliver(far(), { ...input(), known })).outcome, 'conflict')
    })
  },
})

describe('FHIR adapter when Medplum misbehaves', () => {
  let far: FarEnd
  let peer: MedplumPeer
  before(async () => {
    peer = await startMedplum()
    far = await farEnd(peer)
  })
  after(() => far.close())

  it('does not know the end of a create whose answer is lost, and finds it later', async () => {
    const { input, value } = somebody()
    peer.fault({ kind: 'close_after_commit', method: 'POST', path: '/_search', times: 1 })
    peer.fault({ kind: 'close_after_commit', method: 'POST', path: '/fhir/Patient', times: 1 })
    assert.equal((await deliver(far, input())).outcome, 'unknown')
    // A search that is lost has changed nothing, so it is only tried again.
    assert.equal((await verify(far, input())).outcome, 'transient')
    assert.equal((await verify(far, input())).outcome, 'ok')
    assert.equal((await deliver(far, input())).outcome, 'already_applied')
    assert.equal(await matches(far, 'Patient', value), 1)
  })

  it('finds nothing after a create that was lost before it was carried out', async () => {
    const { input } = somebody()
    peer.fault({ kind: 'close_before_commit', method: 'POST', times: 1 })
    assert.equal((await deliver(far, input({}, 'create'))).outcome, 'unknown')
    assert.equal((await verify(far, input())).facts.absent, true)
  })

  it('does not know the end of an update that hangs', async () => {
    const { input } = somebody()
    const first = await deliver(far, input())
    peer.fault({ kind: 'hang', method: 'PUT', times: 1 })
    const transport = await fhir_http.open(
      { base_url: far.base, ...limits, call_ms_max: 500 },
      { signals: silentSignals },
    )
    const next = input({ birthDate: '1975-01-01' })
    assert.equal((await deliver({ ...far, transport }, next)).outcome, 'unknown')
    assert.equal((await verify(far, next, first.target_id)).code, 'target_mismatch')
    peer.clearFaults()
    await transport.close()
  })

  it('reads throttling, maintenance and refusals of others before the server', async () => {
    const { input } = somebody()
    const say = (status: number, headers = {}, body = '') =>
      peer.fault({ kind: 'status', status, headers, body, times: 1 })
    say(429, { 'retry-after': '3' })
    assert.equal((await deliver(far, input())).wait_ms, 3_000)
    say(503, {}, '<html>maintenance</html>')
    assert.equal((await deliver(far, input())).outcome, 'transient')
    say(401)
    assert.equal((await deliver(far, input())).outcome, 'auth')
    say(200, { 'content-type': 'text/html' }, '<html>please log in</html>')
    say(200, { 'content-type': 'text/html' }, '<html>please log in</html>')
    assert.equal((await deliver(far, input())).outcome, 'config')
    assert.equal((await deliver(far, input())).outcome, 'ok')
  })

  it('logs what was asked, and no business identifier stands in any URL', () => {
    assert.ok(peer.log.length > 0)
    const ours = peer.log.filter(line => !line.path.includes('?identifier='))
    for (const line of ours) assert.doesNotMatch(line.path, /live\d/)
    assert.ok(ours.some(line => line.status === 429))
  })
})
