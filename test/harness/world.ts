// A small hospital for tests: senders with their own patients, each living through admissions,
// updates, results and discharges, and the state that the far end must hold when all of it has been
// acknowledged.
import { adt, merge, mrnOf, oru } from './messages.ts'

export interface Expected {
  /** MRN → street revision of the last ADT. */
  readonly patients: Map<string, number>
  /** Visit number → FHIR Encounter.status. */
  readonly visits: Map<string, string>
  /** Filler order number → last status of the report. */
  readonly reports: Map<string, string>
}

const START_MS = Date.UTC(2026, 0, 5, 8, 0, 0)

/** The time of the nth message of a sender, as HL7 v2 writes it. */
const at = (n: number) => {
  const time = new Date(START_MS + n * 60_000)
  return `${time.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`
}

/** Which message of its sender has this time, as FHIR writes it. */
export const numberAt = (time: string): number => (Date.parse(time) - START_MS) / 60_000

const STATUS = { P: 'preliminary', F: 'final', C: 'corrected' } as const

/** `count` messages of one sender, in its order, and what they come to. */
export function story(sender: number, count: number, expected: Expected): Buffer[] {
  const messages: Buffer[] = []
  for (let n = 0; n < count; n++) {
    const step = n % 6
    const round = Math.floor(n / 6)
    // Two patients a sender, in turn, each with a visit of their own in every round.
    const patient = sender * 2 + (round % 2)
    const visit = sender * 100_000 + round
    const order = `ORD${visit}`
    const facts = {
      control_id: `S${sender}N${n}`,
      patient,
      visit,
      at: at(n),
      revision: n,
      facility: `HOS${sender}`,
    }
    const mrn = mrnOf(patient)
    const number = `V${String(visit).padStart(7, '0')}`
    if (step === 0) messages.push(adt('A01', facts))
    if (step === 1 || step === 4) messages.push(adt('A08', facts))
    if (step === 2) messages.push(oru({ ...facts, order, status: 'P', values: [13.1, 40] }))
    if (step === 3) messages.push(oru({ ...facts, order, status: 'F', values: [13.4, 41] }))
    if (step === 5) messages.push(adt('A03', facts))
    if (step === 2 || step === 3) expected.reports.set(order, STATUS[step === 2 ? 'P' : 'F'])
    else expected.patients.set(mrn, n)
    expected.visits.set(number, step === 5 ? 'finished' : 'in-progress')
  }
  return messages
}

/** Who went into whom, by their MRNs. */
export type Merged = Map<string, string>

/** Such a visit may have gone out before its merge, or after it, as of who the patient is now. */
export const isStrangers = (visit: string): boolean => /V00(5[1-9]|[6-9])\d+0$/.test(visit)

/**
 * `rounds` of one sender's patient, who comes each time as a stranger with a visit, is recognised,
 * and goes on under the old number.
 */
export function mergers(
  sender: number,
  rounds: number,
  world: { readonly expected: Expected; readonly merged: Merged },
): Buffer[] {
  const stays = MERGING + sender
  return Array.from({ length: rounds }, (_, round) => {
    const goes = MERGING + 100 + sender * 100 + round
    const facts = (step: number) => {
      const n = round * 3 + step
      const visit = goes * 10
      const patient = step === 0 ? goes : stays
      const id = { control_id: `S${sender}N${n}`, facility: `HOS${sender}` }
      return { ...id, patient, visit: visit + step, at: at(n), revision: n }
    }
    world.merged.set(mrnOf(goes), mrnOf(stays))
    world.expected.patients.set(mrnOf(stays), round * 3 + 2)
    for (const step of [0, 2])
      world.expected.visits.set(`V${String(goes * 10 + step).padStart(7, '0')}`, 'in-progress')
    return [adt('A01', facts(0)), merge(facts(1), goes), adt('A08', facts(2))]
  }).flat()
}

/** Patients of these numbers are merged; `story` has none of them. */
const MERGING = 5_000

export const emptyExpected = (): Expected => ({
  patients: new Map(),
  visits: new Map(),
  reports: new Map(),
})

interface Bundle {
  readonly entry?: readonly { readonly resource: Record<string, unknown> }[]
}

/** Every resource of a type at a FHIR server, page by page. */
export async function allOf(base: string, type: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = []
  for (;;) {
    const url = `${base}/${type}?_count=200&_offset=${all.length}`
    const response = await fetch(url, { headers: { 'cache-control': 'no-cache' } })
    const bundle = (await response.json()) as Bundle
    const page = (bundle.entry ?? []).map(entry => entry.resource)
    all.push(...page)
    if (page.length < 200) return all
  }
}

const idsOf = (resource: Record<string, unknown>) =>
  ((resource.identifier ?? []) as { value?: string }[]).map(({ value }) => value ?? '')

/**
 * What the far end holds, in the words of `Expected`, and every identifier that stands there twice.
 */
export async function held(base: string): Promise<Expected & { readonly doubled: string[] }> {
  const found = { ...emptyExpected(), doubled: [] as string[] }
  const put = <T>(map: Map<string, T>, key: string, value: T) => {
    if (map.has(key)) found.doubled.push(key)
    map.set(key, value)
  }
  for (const patient of await allOf(base, 'Patient')) {
    const line = (patient.address as { line?: string[] }[] | undefined)?.[0]?.line?.[0] ?? '-1'
    const mrn = idsOf(patient).find(id => /^M\d+$/.test(id)) ?? String(patient.id)
    put(found.patients, mrn, Number.parseInt(line, 10))
  }
  for (const encounter of await allOf(base, 'Encounter')) {
    const number = idsOf(encounter).find(id => /^V\d+$/.test(id)) ?? String(encounter.id)
    put(found.visits, number, String(encounter.status))
  }
  for (const report of await allOf(base, 'DiagnosticReport')) {
    const order = idsOf(report).find(id => /^ORD\d+$/.test(id)) ?? String(report.id)
    put(found.reports, order, String(report.status))
  }
  return found
}
