// Who and what takes part in one event: practitioners, their roles, organizations, devices (tables
// XCN[Practitioner], XCN[PractitionerRole], CNN[Practitioner], XON[Organization],
// CWE[Organization]). What has an identifier is a resource of its own, made once however often the
// event names it; what has none is contained in the resource that refers to it, since nobody could
// find it again (FHIR R4 references.html#contained).
import { type BusinessId, derivedId, type Resource, type Segment, type Value } from '#sdk'
import { nameUse } from './codes.ts'
import { systemOf as codeSystemOf, mapped } from './datatypes/concept.ts'
import { businessId, ei, identifierType, systemOf, tableSystem } from './datatypes/identifier.ts'
import { compact, type Json, type Scope, some } from './scope.ts'
import type { StepName } from './steps.ts'

/** The parties of one event that are resources of their own; references before who refers. */
export class Parties {
  readonly scope: Scope
  readonly resources: Resource[] = []
  readonly #known: Map<string, Json>

  /** `before`: parties of the same event that stand there already. */
  constructor(scope: Scope, before?: Parties) {
    this.scope = scope
    this.#known = before === undefined ? new Map() : new Map(before.#known)
  }

  /** The view of one resource that refers to parties. */
  referrer(): Referrer {
    return new Referrer(this)
  }

  /** A reference that was made before for the same name. */
  known(name: string): Json | undefined {
    return this.#known.get(name)
  }

  add(name: string, resource: Resource): Json {
    const reference = { reference: `${resource.resourceType}/${resource.id}` }
    this.#known.set(name, reference)
    this.resources.push(resource)
    return reference
  }
}

export interface Party {
  readonly step: StepName
  readonly from: Segment
  readonly id: BusinessId | undefined
  readonly elements: () => Json
}

export interface RoleOf {
  readonly from: Segment
  readonly practitioner: Party | undefined
  readonly organization: Party | undefined
  /** Where the role is held; `holder` is the resource that contains the place. */
  readonly where?: ((holder: Referrer) => Json | undefined) | undefined
  /** Further elements of the PractitionerRole. */
  readonly elements: Json
}

export class Referrer {
  readonly #parties: Parties
  /** Goes into the resource that refers. */
  readonly contained: Resource[] = []

  constructor(parties: Parties) {
    this.#parties = parties
  }

  /** A reference to a party; undefined where there is none. */
  to(party: Party | undefined): Json | undefined {
    if (party === undefined) return undefined
    const { step, from, id, elements } = party
    if (id === undefined) return this.#contain(step, from, elements())
    const name = `${step} ${id.system}|${id.value}`
    const known = this.#parties.known(name)
    if (known !== undefined) return known
    const { scope } = this.#parties
    const made = scope.make(step, {
      id: derivedId(scope.facts.tenant, typeName(step), id.system, id.value),
      from: [from],
      elements: elements(),
    })
    return this.#parties.add(name, made)
  }

  /**
   * A reference to a role: to the practitioner or the organization alone where the message says no
   * more than that.
   */
  role(role: RoleOf): Json | undefined {
    const { practitioner, organization, where } = role
    const alone = compact(role.elements) === undefined && where === undefined
    if (alone && organization === undefined) return this.to(practitioner)
    if (alone && practitioner === undefined) return this.to(organization)
    if (practitioner?.id === undefined) {
      return this.#contain('practitionerRole', role.from, this.#roleElements(role))
    }
    const within = this.#parties.referrer()
    const elements = { ...within.#roleElements(role), contained: within.contained }
    const content = JSON.stringify(elements)
    const known = this.#parties.known(content)
    if (known !== undefined) return known
    const { scope } = this
    const id = derivedId(scope.facts.tenant, 'PractitionerRole', content)
    const made = scope.make('practitionerRole', { id, from: [role.from], elements })
    return this.#parties.add(content, made)
  }

  #roleElements({ practitioner, organization, where, elements }: RoleOf): Json {
    return {
      ...elements,
      practitioner: this.to(practitioner),
      organization: this.to(organization),
      ...(where && { location: some([where(this)]) }),
    }
  }

  get scope(): Scope {
    return this.#parties.scope
  }

  /** A place within a place; the levels from the largest to the smallest, unnamed ones left out. */
  place(from: Segment, levels: readonly Level[], more: Json = {}): Json | undefined {
    const named = levels.filter(({ name }) => name !== undefined && name !== '')
    let partOf: Json | undefined
    for (const [i, { name, kind }] of named.entries()) {
      const coding = physicalTypes[kind]
      partOf = this.#contain('location', from, {
        name,
        mode: 'instance',
        physicalType: { coding: [{ system: PHYSICAL_TYPE, ...coding }] },
        partOf,
        ...(i === named.length - 1 ? more : {}),
      })
    }
    return partOf ?? (compact(more) && this.#contain('location', from, more))
  }

  #contain(step: StepName, from: Segment, elements: Json): Json {
    const id = `${step.toLowerCase()}-${this.contained.length + 1}`
    this.contained.push(this.#parties.scope.make(step, { id, from: [from], elements }))
    return { reference: `#${id}` }
  }
}

/** One level of a PL: what it is called, and what kind of place it is. */
export interface Level {
  readonly name: string | undefined
  readonly kind: keyof typeof physicalTypes
}

const PHYSICAL_TYPE = 'http://terminology.hl7.org/CodeSystem/location-physical-type'

const physicalTypes = {
  site: { code: 'si', display: 'Site' },
  building: { code: 'bu', display: 'Building' },
  floor: { code: 'lvl', display: 'Level' },
  ward: { code: 'wa', display: 'Ward' },
  room: { code: 'ro', display: 'Room' },
  bed: { code: 'bd', display: 'Bed' },
} as const

const typeName = (step: StepName): string => `${step[0]?.toUpperCase()}${step.slice(1)}`

/** XCN; `more` are elements of the Practitioner from other fields. */
export function xcnParty(value: Value, scope: Scope, more: Json = {}): Party | undefined {
  if (!value.valued) return undefined
  const number = value.text(1)?.trim() ?? ''
  // Read only where it is needed: one person stands in many fields of a message.
  const name = () => humanName(value, scope)
  if (number === '' && name() === undefined) return undefined
  const hd = value.part(9)
  const system = { namespace: hd.text(1), universal: hd.text(2), type: hd.text(3) }
  const identifier = numbered(number, {
    type: identifierType(value.text(13), scope),
    system: systemOf(system, scope),
  })
  const elements = () => ({
    identifier: some([identifier]),
    name: some([name()]),
    qualification: degrees(value.text(7), scope),
    ...more,
  })
  return { step: 'practitioner', from: value.segment, id: businessId(identifier), elements }
}

function humanName(value: Value, scope: Scope): Json | undefined {
  return compact({
    use: mapped(value.part(10), nameUse, scope),
    family: value.part(2).text(1),
    given: some([value.text(3), value.text(4)]),
    prefix: some([value.text(6)]),
    suffix: some([value.text(5), value.text(21)]),
    period: nameTime(value, scope),
  })
}

/** XCN.19 and XCN.20, else XCN.17. */
function nameTime(value: Value, scope: Scope): Json | undefined {
  const range = value.part(17)
  return compact({
    start: scope.time(value.part(19).valued ? value.part(19) : range.part(1)),
    end: scope.time(value.part(20).valued ? value.part(20) : range.part(2)),
  })
}

/** XCN.7, HL70360. */
function degrees(code: string | undefined, scope: Scope): readonly Json[] {
  if (code === undefined) return []
  return [{ code: { coding: [{ system: tableSystem({ table: '0360', code }, scope), code }] } }]
}

/** CNN, as in the first component of NDL. */
export function cnnParty(value: Value, scope: Scope): Party | undefined {
  if (!value.valued) return undefined
  const number = value.text(1)?.trim()
  const name = compact({
    family: value.text(2),
    given: some([value.text(3), value.text(4)]),
    prefix: some([value.text(6)]),
    suffix: some([value.text(5), value.text(7)]),
  })
  if ((number === undefined || number === '') && name === undefined) return undefined
  const system = systemOf(
    { namespace: value.text(9), universal: value.text(10), type: value.text(11) },
    scope,
  )
  const identifier = numbered(number, { system })
  const elements = () => ({ identifier: some([identifier]), name: some([name]) })
  return { step: 'practitioner', from: value.segment, id: businessId(identifier), elements }
}

/** XON; `more` are elements of the Organization from other fields. */
export function xonParty(value: Value, scope: Scope, more: Json = {}): Party | undefined {
  if (!value.valued && compact(more) === undefined) return undefined
  const number = value.text(10)?.trim() ?? value.text(3)?.trim()
  const name = value.text(1)
  const hd = value.part(6)
  const identifier = numbered(number, {
    type: identifierType(value.text(7), scope),
    system: systemOf({ namespace: hd.text(1), universal: hd.text(2), type: hd.text(3) }, scope),
  })
  const rest = compact({ name, ...more })
  if (identifier === undefined && rest === undefined) return undefined
  const elements = () => ({ identifier: some([identifier]), ...rest })
  return { step: 'organization', from: value.segment, id: businessId(identifier), elements }
}

/** CWE[Organization], as OBX-15 names the producer. */
export function producerParty(value: Value, scope: Scope): Party | undefined {
  if (!value.valued) return undefined
  const code = value.text(1)?.trim()
  const name = value.text(2) ?? value.text(9)
  if (code === undefined && name === undefined) return undefined
  const system =
    codeSystemOf({ system: value.text(3), code }, scope) ??
    systemOf({ namespace: undefined, universal: undefined, type: undefined }, scope)
  const identifier = numbered(code, { system })
  const elements = () => ({ identifier: some([identifier]), name })
  return { step: 'organization', from: value.segment, id: businessId(identifier), elements }
}

/** A thing that its own EI names; `more` are elements of the Device from other fields. */
export function deviceParty(value: Value, scope: Scope, more: Json = {}): Party | undefined {
  const identifier = ei(value, scope)
  const rest = compact(more)
  if (identifier === undefined && rest === undefined) return undefined
  const elements = () => ({ identifier: some([identifier]), ...rest })
  return { step: 'device', from: value.segment, id: businessId(identifier), elements }
}

function numbered(value: string | undefined, rest: Json): Json | undefined {
  return value === undefined || value === '' ? undefined : compact({ ...rest, value })
}
