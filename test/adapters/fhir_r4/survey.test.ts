// What a server says of itself, against what the adapter writes: remarks for a person, and the one
// thing that stops everything.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { profile } from '../../../adapters/fhir_r4/profile.ts'
import { survey } from '../../../adapters/fhir_r4/survey.ts'
import { answer, bundle } from './samples.ts'

const codes = (...names: string[]) => names.map(code => ({ code }))
const resource = (type: string, ...names: string[]) => ({
  type,
  interaction: codes(...names),
  conditionalCreate: true,
})
const everything = profile.map(({ resource: type }) =>
  resource(type, 'read', 'search-type', 'create', 'update', 'patch'),
)
const statement = (resources: readonly unknown[], fhirVersion: unknown = '4.0.1') =>
  answer(200, {
    resourceType: 'CapabilityStatement',
    fhirVersion,
    rest: [{ mode: 'server', resource: resources }],
  })
const { call, read } = survey(profile)

describe("a server's own description", () => {
  it('is asked for by a call that changes nothing', () => {
    assert.deepEqual([call.kind === 'http' && call.path, call.changes], ['metadata', false])
  })

  it('needs no remark where it declares what is written', () => {
    assert.deepEqual(read(statement(everything)), { answered: true, remarks: [] })
  })

  it('is held against the profile: what is not declared is named', () => {
    const less = everything.map(one =>
      one.type === 'Task'
        ? { ...resource('Task', 'read', 'create'), conditionalCreate: false }
        : one,
    )
    assert.deepEqual(read(statement(less)).remarks, [
      'It does not declare conditional create (without it a write that is repeated may double) of Task.',
      'It does not declare update of Task.',
      'It does not declare patch of Task.',
      'It does not declare search of Task.',
    ])
  })

  it('is named shortly where much is missing, and read whatever its shape', () => {
    const { remarks } = read(statement([null, { type: 5 }, { interaction: 'x' }]))
    assert.match(remarks[0] ?? '', /^It does not declare create of (\w+, ){4}\w+ and \d+ more\.$/)
  })

  it('stops everything where it speaks another version of FHIR, and nothing where it mumbles', () => {
    for (const version of ['3.0.2', '5.0.0']) {
      const { refuses } = read(statement(everything, version))
      assert.equal(refuses?.code, 'target_misconfigured')
      assert.deepEqual(refuses.facts, { fhir_version: version })
    }
    for (const version of ['4.0.1', '4.3.0', '', 7, 'CANARY']) {
      assert.equal(read(statement(everything, version)).refuses, undefined)
    }
  })

  it('is asked for again where the server did not answer, and missed where it has none', () => {
    for (const status of [401, 403, 429, 500, 503]) {
      assert.deepEqual(read(answer(status)), { answered: false, remarks: [] })
    }
    const lost = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} } as const
    assert.equal(read(lost).answered, false)
    for (const none of [answer(404, '<html>'), answer(200, bundle())]) {
      assert.equal(read(none).answered, true)
      assert.equal(read(none).remarks.length, 1)
    }
  })
})
