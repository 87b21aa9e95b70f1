// What a far end's own log says of conservation: each resource made once, each state of it landed
// once and never an older one after a newer one, and each patient's messages in their order.
import assert from 'node:assert/strict'
import { type Asked, landed } from '../peers/unkind_far_end.ts'
import { allOf, isStrangers, numberAt } from './world.ts'

interface Body {
  readonly resourceType: string
  readonly id?: string
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[] | undefined
  readonly [name: string]: unknown
}

interface Landing {
  readonly type: string
  /** Its first identifier: what it is to the hospital. */
  readonly name: string
  readonly isCreate: boolean
  /** Of the sender's messages, this one's state; NaN where the resource does not tell. */
  readonly number: number
  /** Id of the patient at the far end; undefined for a patient that is being made. */
  readonly patient: string | undefined
  readonly at_ms: number
}

export interface Witnessed {
  readonly landings: number
  readonly creates: number
}

export interface WitnessOptions {
  /** The far end itself, to know its patients by their numbers. */
  readonly base: string
  /** From here on people sent again what was dead: in order only for each resource. */
  readonly mended_ms: number
}

export async function assertWitness(
  asked: readonly Asked[],
  { base, mended_ms }: WitnessOptions,
): Promise<Witnessed> {
  const patients = await patientsOf(base)
  const landings = landed(asked).map(landingOf)
  assertMadeOnce(landings)
  const byPatient = Map.groupBy(landings, ({ type, name, patient }) =>
    type === 'Patient' ? name : (patients.get(patient ?? '') ?? ''),
  )
  byPatient.delete('')
  for (const own of byPatient.values()) {
    assertOrdered(own.filter(({ at_ms }) => at_ms < mended_ms))
    for (const one of Map.groupBy(own, ({ type, name }) => type + name).values()) assertOrdered(one)
  }
  return { landings: landings.length, creates: landings.filter(one => one.isCreate).length }
}

function assertMadeOnce(landings: readonly Landing[]): void {
  const made = landings.filter(({ isCreate }) => isCreate).map(({ type, name }) => type + name)
  assert.equal(new Set(made).size, made.length, 'a resource was made twice')
}

/** Messages of a patient land in their order, and the same state of a resource lands once. */
function assertOrdered(landings: readonly Landing[]): void {
  let newest = -1
  const states = new Set<string>()
  for (const { type, name, number } of landings) {
    if (Number.isNaN(number)) continue
    assert.ok(number >= newest, `${type} ${name} of message ${number} landed after ${newest}`)
    newest = number
    const state = `${type} ${name} ${number}`
    assert.ok(!states.has(state), `the state of message ${number} landed twice: ${type}`)
    states.add(state)
  }
}

function landingOf({ method, body, at_ms }: Asked): Landing {
  const resource = JSON.parse(body) as Body
  const subject = resource.subject as { reference?: string } | undefined
  return {
    type: resource.resourceType,
    name: nameOf(resource),
    at_ms,
    isCreate: method === 'POST',
    number: numberOf(resource),
    patient: subject?.reference?.replace('Patient/', ''),
  }
}

const nameOf = ({ identifier }: Pick<Body, 'identifier'>): string =>
  `${identifier?.[0]?.system}|${identifier?.[0]?.value}`

/** Only what each message of a patient writes anew, and tells which message it is. */
function numberOf(resource: Body): number {
  if (resource.resourceType === 'Patient') {
    const [address] = (resource.address ?? []) as { line?: string[] }[]
    // Who went into another patient keeps an old address.
    return resource.active === false ? Number.NaN : Number.parseInt(address?.line?.[0] ?? '', 10)
  }
  if (isStrangers(nameOf(resource))) return Number.NaN
  const { start } = (resource.period ?? {}) as { start?: string }
  const time = start ?? (resource.effectiveDateTime as string | undefined)
  return time === undefined ? Number.NaN : numberAt(time)
}

/** Id → the name that landings have. */
async function patientsOf(base: string): Promise<ReadonlyMap<string, string>> {
  const all = (await allOf(base, 'Patient')) as unknown as Body[]
  return new Map(all.map(({ id = '', identifier }) => [id, nameOf({ identifier })]))
}
