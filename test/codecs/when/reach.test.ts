// Which conditions can ever hold: certain where it says never, silent where it cannot know.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseWhen } from '../../../src/codecs/when/parse.ts'
import { reach, type World } from '../../../src/codecs/when/reach.ts'

const world: World = {
  single: name => ['event', 'channel', 'visit.value'].includes(name),
  values: name => (name === 'event' ? ['patient.admitted', 'patient.discharged'] : undefined),
}
const condition = (text: string) => {
  const parsed = parseWhen(text, () => {})
  assert.ok('condition' in parsed)
  return parsed.condition
}
const of = (...texts: readonly (string | undefined)[]) =>
  reach(
    texts.map(text => (text === undefined ? undefined : condition(text))),
    world,
  )
const never = (text: string) => of(text)?.[0]?.ever === false

describe('reach', () => {
  it('finds what no value can answer', () => {
    assert.ok(never('event = result.final'))
    assert.ok(never('event = patient.admitted and event = patient.discharged'))
    assert.ok(never('channel = a and channel = b'))
    assert.ok(never('channel = a and not channel exists'))
    assert.ok(never('Patient.active = true and not Patient.active = true'))
    assert.ok(never('event matches "result.*"'))
  })

  it('does not take for impossible what two values of one name can answer', () => {
    assert.ok(!never('Patient.name.family = a and Patient.name.family = b'))
    assert.ok(!never('channel in [a, b] and channel != a'))
    assert.ok(!never('event = patient.admitted or event = result.final'))
    assert.ok(!never('visit.value < 5 and visit.value > 3'))
  })

  it('knows what always holds, and what lies behind it', () => {
    const all = of('event in [patient.admitted, patient.discharged]', 'channel = a', undefined)
    assert.deepEqual(
      all?.map(({ always, first }) => [always, first]),
      [
        [true, true],
        [false, false],
        [true, false],
      ],
    )
  })

  it('knows that two routes together leave nothing for a third', () => {
    const all = of('event = patient.admitted', 'event != patient.admitted', 'channel = a')
    assert.deepEqual(
      all?.map(({ first }) => first),
      [true, true, false],
    )
  })

  it('says nothing where there is too much to try', () => {
    const many = Array.from({ length: 40 }, (_, i) => `Patient.id = x${i}`).join(' or ')
    assert.equal(of(many), undefined)
  })
})
