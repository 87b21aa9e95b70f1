// firth explain: every name that findings, files and signals use, from the declarations.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adapters } from '../../adapters/index.ts'
import { EXAMPLES } from '../../src/declare/docs_when.ts'
import { catalogue } from '../../src/model/errors.ts'
import { kinds } from '../../src/model/event.ts'
import { findingRules } from '../../src/model/finding_rules.ts'
import { moves } from '../../src/model/state.ts'
import { allTopics, explain } from '../../src/operate/explain.ts'
import { sources } from '../../src/sources/index.ts'
import { toyTables } from '../channel/toy.ts'

const tables = { ...toyTables, sources, adapters }
const of = async (name: string) => {
  const { topics } = await explain(name, tables)
  return topics.map(one => `${one.name} (${one.sort})`)
}
const text = async (name: string) => {
  const { topics } = await explain(name, tables)
  return topics.flatMap(one => one.lines).join('\n')
}

describe('explain', () => {
  it('knows keys of every file by their whole name', async () => {
    for (const [name, sort] of [
      ['source.mllp.port', 'key of a channel'],
      ['routes.when', 'key of a channel'],
      ['routes[].when', 'key of a channel'],
      ['on_failure.retry.for', 'key of a channel'],
      ['targets.fhir_r4.base_url', 'key of a tenant'],
      ['policies.demographics', 'key of a tenant'],
      ['limits.mapping_ms_max', 'key of the engine'],
      ['tests.expect.events', 'key of tests'],
    ]) {
      assert.deepEqual(await of(name ?? ''), [`${name?.replace('[]', '')} (${sort})`])
    }
    assert.match(await text('on_failure.retry.for'), /span of time such as/)
    assert.match(await text('on_failure.retry.backoff'), /1s\.\.5m/)
  })

  it('knows a name by its end, and all that end so', async () => {
    assert.deepEqual(await of('backoff'), [
      'routes.on_failure.retry.backoff (key of a channel)',
      'on_failure.retry.backoff (key of a channel)',
    ])
  })

  it('knows every rule, error code, state and kind of event', async () => {
    const topics = new Set((await allTopics(tables)).map(one => one.name))
    for (const name of [
      ...Object.keys(findingRules),
      ...Object.keys(catalogue),
      ...Object.keys(moves),
      ...kinds,
    ]) {
      assert.ok(topics.has(name), name)
    }
  })

  it('knows rooms with their settings and what they write', async () => {
    assert.deepEqual(await of('mllp'), ['source.mllp (key of a channel)', 'mllp (source)'].slice(1))
    assert.match(await text('fhir_r4'), /Patient: create, update/)
  })

  it('knows steps and code slots of the base, and the fields that use them', async () => {
    assert.match(await text('patient'), /each Patient that the base makes/)
    assert.match(await text('patientClass'), /PV1-2.*\n.*I → IMP/)
    assert.match(await text('steps'), /encounter/)
    assert.match(await text('PID-8'), /Administrative Sex[\s\S]*gender/)
    assert.match(await text('PID-8[1].1'), /Administrative Sex/)
    assert.match(await text('Patient.gender'), /step `patient`/)
    assert.match(await text('Invoice'), /make no Invoice/)
  })

  it('has the grammar of conditions, with its examples', async () => {
    const grammar = await text('when')
    for (const example of EXAMPLES) assert.ok(grammar.includes(example))
    assert.match(grammar, /Nothing there/)
  })

  it('says what was meant, or nothing', async () => {
    assert.deepEqual((await explain('bakcoff', tables)).near, ['backoff'])
    assert.ok((await explain('route_unreachabel', tables)).near.includes('route_unreachable'))
    assert.deepEqual(await explain('xyzzyx', tables), { topics: [], near: [] })
  })

  it('says something of everything, in whole lines', async () => {
    for (const { name, sort, lines } of await allTopics(tables)) {
      assert.ok(lines.length > 0 && lines.join('').trim() !== '', `${name} (${sort})`)
      assert.ok(
        lines.every(line => !line.includes('\n') && !/undefined|\[object/.test(line)),
        name,
      )
    }
  })
})
