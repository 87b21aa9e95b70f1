// Paths into FHIR resources, judged before there is a message.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { baseFacts } from '../../src/channel/base_facts.ts'
import { elementRemark } from '../../src/channel/element_paths.ts'

const said = (path: string, isCompared = true) => {
  const found = elementRemark(path, isCompared)
  return found && `${found.severity ?? 'error'} ${found.rule}: ${found.remedy}`
}

describe('a path into a resource', () => {
  it('that ends at a value has nothing to be said of', () => {
    for (const path of [
      'Encounter.class.code',
      'Patient.name.family',
      'Patient.identifier.assigner.identifier.value',
      'Observation.valueQuantity.value',
      'Observation.component.referenceRange.low.value',
      'Patient.extension.valueString',
    ]) {
      assert.equal(said(path), undefined, path)
    }
  })

  it('with a slip in a name, however deep, is told what is meant', () => {
    assert.equal(said('Encounter.clas.code'), 'error element_unknown: Did you mean `class`?')
    assert.match(said('Patient.contact.name.familly') ?? '', /Did you mean `family`\?/)
    assert.match(said('Observation.value') ?? '', /^error element_unknown/)
    assert.match(said('Patient.birthDate.year') ?? '', /R4\/patient\.html/)
  })

  it('that ends above its values may be asked for, and is warned of where it is compared', () => {
    assert.match(
      said('Encounter.class') ?? '',
      /^warning element_whole: .*`Encounter\.class\.code`/,
    )
    assert.match(said('Condition.code') ?? '', /`Condition\.code\.coding\.code`/)
    assert.match(said('Patient.name') ?? '', /`Patient\.name\.family`/)
    assert.match(said('Patient.contact') ?? '', /^warning element_whole/)
    assert.equal(said('Encounter.class', false), undefined)
  })

  it('of a resource that the base never makes is warned of, and allowed', () => {
    assert.match(said('Task.stauts') ?? '', /^warning element_unchecked/)
  })

  it('is checked of every resource that the base makes', async () => {
    const { steps } = await baseFacts(resolve(import.meta.dirname, '../..'))
    const types = new Set(steps.flatMap(({ resource }) => resource ?? []))
    assert.ok(types.size > 15)
    for (const type of types) {
      assert.match(said(`${type}.none`) ?? '', /element_unknown/, type)
    }
  })
})
