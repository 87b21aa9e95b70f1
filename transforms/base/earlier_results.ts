// Results that a later order of the same message follows from: a culture finds an organism, and an
// order of its own tests what the organism is resistant to (OBR-26 and OBR-29; HL7 v2.5.1 chapter
// 7.3.1). Known by the numbers of their order, their code and their sub-id.
import type { Resource, Segment } from '#sdk'
import { businessId, ei } from './datatypes/identifier.ts'
import { type Json, some } from './json.ts'
import { RESOURCE_SYSTEM, type Scope } from './scope.ts'

export class EarlierResults {
  readonly #scope: Scope
  readonly #results: Earlier[] = []
  /** Made when the first order asks: most messages have no parents in them. */
  #byName: Map<string, Resource> | undefined

  constructor(scope: Scope) {
    this.#scope = scope
  }

  add(result: Earlier): void {
    this.#results.push(result)
    this.#byName = undefined
  }

  /**
   * What the results of an order were derived from, as a logical reference: the parent stands in
   * another event. A parent of an earlier message is named as far as OBR-26 names it.
   */
  parentOf(obr: Segment): readonly Json[] {
    const parent = obr.field(26)
    if (!parent.valued) return []
    const order = obr.field(29)
    const [code, sub] = [parent.part(1).text(1), parent.text(2)]
    const numbers = [ei(order.part(1), this.#scope), ei(order.part(2), this.#scope)]
    this.#byName ??= named(this.#results)
    for (const number of some(numbers)) {
      const found = this.#byName.get(keyOf(number, code, sub))
      if (found !== undefined) return [{ type: 'Observation', identifier: nameOf(found) }]
    }
    const display = parent.text(3) ?? parent.part(1).text(2)
    return display === undefined ? [] : [{ type: 'Observation', display }]
  }
}

export interface Earlier {
  /** Of the order that the result belongs to. */
  readonly numbers: readonly (Json | undefined)[]
  readonly obx: Segment
  readonly result: Resource
}

function named(results: readonly Earlier[]): Map<string, Resource> {
  const byName = new Map<string, Resource>()
  for (const { numbers, obx, result } of results) {
    for (const number of some(numbers)) {
      byName.set(keyOf(number, obx.text(3, 1), obx.text(4)), result)
    }
  }
  return byName
}

/** By the number's value alone: OBR-29 often names no authority. */
function keyOf(number: Json, code = '', sub = ''): string {
  return JSON.stringify([number.value, code, sub])
}

function nameOf(result: Resource): Json {
  const [first] = Array.isArray(result.identifier) ? result.identifier : []
  return { ...(businessId(first) ?? { system: RESOURCE_SYSTEM, value: result.id }) }
}
