// The clinic of the demo: the sample tenant copied into a folder where the demo may change it,
// what its hospital system and its laboratory send, and what the chart must hold in the end.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { allOf, type Expected, emptyExpected, held, story } from '../harness/world.ts'

const root = join(import.meta.dirname, '../..')

export interface Ports {
  readonly adt: number
  readonly oru: number
}

/** Copies channels/harbor_clinic and its mappings to `folder`, to listen on these ports. */
export async function makeClinic(folder: string, ports: Ports): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  for (const part of ['channels', 'transforms']) {
    await mkdir(join(folder, part), { recursive: true })
    await cp(join(root, part, 'harbor_clinic'), join(folder, part, 'harbor_clinic'), {
      recursive: true,
    })
  }
  for (const [channel, port] of [['adt_in', ports.adt] as const, ['oru_in', ports.oru] as const]) {
    const file = join(folder, `channels/harbor_clinic/${channel}.yaml`)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(/port: \d+/, `port: ${port}`))
  }
}

export const ANALYTES = 'transforms/harbor_clinic/analytes.csv'
/** The row that the clinic's table lacks until somebody adds it. */
export const MAGNESIUM = 'MG,19123-9,Magnesium [Mass/volume] in Serum or Plasma,'

/** Whom a story is about: `story` numbers patients after their sender. */
const SENDER = 7

/**
 * So many messages of a clinic's day, and what they come to. Its laboratory calls the first analyte
 * by a code of its own, which the clinic's table does not know yet.
 */
export function day(
  count: number,
  { newcomer = false } = {},
): { readonly messages: readonly Buffer[]; readonly expected: Expected } {
  const expected = emptyExpected()
  if (newcomer) {
    expected.patients.set(`M0000${NEWCOMER}`, 1)
    expected.visits.set(`V00000${NEWCOMER}`, 'in-progress')
  }
  const messages = story(SENDER, count, expected).map(message => {
    const text = message.toString('latin1')
    return Buffer.from(text.replace('718-7^Hemoglobin^LN', 'MG^Magnesium^L'), 'latin1')
  })
  return { messages, expected }
}

/** Somebody whom the chart does not know yet, admitted without a date of birth. */
export function newcomer(): { message: Buffer; control_id: string } {
  const control_id = 'S7N99'
  const facts = { control_id, patient: NEWCOMER, visit: NEWCOMER, revision: 1, facility: 'HOS7' }
  const text = adt('A01', { ...facts, at: '20260105090000+0000' }).toString('latin1')
  const message = Buffer.from(text.replace(/(\rPID(?:\|[^|]*){6}\|)\d+/, '$1'), 'latin1')
  return { message, control_id }
}

const NEWCOMER = 99
export const BIRTH_DATE = '19710412'

export const typeOf = (message: Buffer) =>
  (message.toString('latin1').split('|')[8] ?? '').split('^').slice(0, 2).join('^')

export const controlIdOf = (message: Buffer) => message.toString('latin1').split('|')[9] ?? ''

/** Sends one message as its sender does: on its own line, until it is acknowledged. */
export async function sendOne(message: Buffer, ports: Ports): Promise<string> {
  const port = typeOf(message).startsWith('ORU') ? ports.oru : ports.adt
  const [answer] = await sendAll([message], { port })
  return answer?.code ?? ''
}

/** What differs at the FHIR server from what must be there; empty where all is as expected. */
export async function lacking(base: string, expected: Expected): Promise<readonly string[]> {
  const found = await held(base)
  const differences = (['patients', 'visits', 'reports'] as const).flatMap(kind => [
    ...[...expected[kind]].flatMap(([id, state]) =>
      found[kind].get(id) === state ? [] : [`${kind}: ${id} is not ${state}`],
    ),
    ...[...found[kind].keys()].flatMap(id =>
      expected[kind].has(id) ? [] : [`${kind}: ${id} should not be there`],
    ),
  ])
  return [...differences, ...found.doubled.map(id => `${id} stands there twice`)]
}

const TYPES = ['Patient', 'Encounter', 'DiagnosticReport', 'Observation'] as const
/** What the writes above refer to. */
const BESIDE = ['Practitioner', 'ServiceRequest'] as const

const atChart = (base: string, types: readonly string[] = TYPES) =>
  Promise.all(types.map(type => allOf(base, type)))

/** `2 Patient, 4 Encounter, …`, as the FHIR server says. */
export async function counts(base: string): Promise<string> {
  const held = await atChart(base)
  return TYPES.map((type, i) => `${held[i]?.length} ${type}`).join(', ')
}

/** Everything that the FHIR server holds. */
export const size = async (base: string) =>
  (await atChart(base, [...TYPES, ...BESIDE])).flat().length

interface Coded {
  readonly code?: { readonly coding?: readonly { readonly code?: string }[] }
}

/** How many results are of magnesium, and how many of them say so in LOINC. */
export async function magnesium(base: string): Promise<{ count: number; with_loinc: number }> {
  const [, loinc] = MAGNESIUM.split(',')
  const codes = ((await allOf(base, 'Observation')) as Coded[]).map(({ code }) =>
    (code?.coding ?? []).map(coding => coding.code),
  )
  const ours = codes.filter(all => all.includes('MG'))
  return { count: ours.length, with_loinc: ours.filter(all => all.includes(loinc)).length }
}
