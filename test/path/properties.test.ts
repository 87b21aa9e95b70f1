// The properties of what a far end may see (facts of idempotency, concurrency and order: G3, G4,
// F14, F21, G01, J04), by generated interleavings of messages, faults, deaths, people, merges and
// pauses. The far end's own log is the witness. FIRTH_PROPERTIES=5000 runs so many;
// FIRTH_PROPERTIES_SEED and FIRTH_PROPERTIES_PATH run one again, as a failure prints them.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { LedgerRow } from '../../src/model/intent.ts'
import { marks, type Setup, type Step, type Told, World } from './properties_world.ts'
import { withContext } from './rooms.ts'
import { faults, identifiersOf, type Landing, type Logged } from './simulated_chart.ts'

const RUNS_USUAL = 20
const USUAL_MS_MAX = 30_000
const patient = fc.nat(2)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('admit' as const, 'admit' as const, 'result' as const, 'late' as const),
      patient,
      visit: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('merge' as const), patient, into: patient }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('part' as const), patient }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('again' as const, 'revise' as const),
      n: fc.nat(9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['approve', 'release', 'pause', 'resume', 'crash'] as const)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(500, 3_000) }),
  },
)

const setup: fc.Arbitrary<Setup> = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 14, size: 'max' }),
  faults: fc.array(fc.constantFrom(...faults), { maxLength: 20, size: 'max' }),
  deaths: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3, size: 'max' }),
  on_unknown: fc.constantFrom('verify' as const, 'verify' as const, 'hold' as const),
  stale: fc.constantFrom(409 as const, 412 as const),
  approvals: fc.boolean(),
  order: fc.constantFrom('patient' as const, 'resource' as const),
})

it('whatever happens around a write, its far end sees it once, in order, and never a lost patient', async t => {
  const numRuns = Number(process.env.FIRTH_PROPERTIES ?? RUNS_USUAL)
  const seed = Number(process.env.FIRTH_PROPERTIES_SEED ?? Date.now() % 2 ** 31)
  const path = process.env.FIRTH_PROPERTIES_PATH
  t.diagnostic(`${numRuns} runs from FIRTH_PROPERTIES_SEED=${seed}`)
  const property = fc.asyncProperty(setup, given =>
    withContext(async inner => {
      const world = await World.open(inner, given)
      try {
        await world.run()
        await check(world, given)
      } finally {
        await world.close()
      }
    }),
  )
  const usual = process.env.FIRTH_PROPERTIES === undefined
  await fc.assert(property, {
    numRuns,
    seed,
    ...(path === undefined ? {} : { path }),
    // A slow machine sees fewer of them; how many is said above all by the runs on demand.
    ...(usual ? { interruptAfterTimeLimit: USUAL_MS_MAX, markInterruptAsFailure: false } : {}),
  })
})

async function check(world: World, given: Setup): Promise<void> {
  assert.deepEqual(world.bugs, [])
  const { log, landings } = world.chart
  const rows = await world.rows()
  onceEach(world)
  neverBlindlyAgain(log, world, rows)
  neverOverStale(log)
  neverBackwards(landings)
  if (!given.approvals && given.order === 'patient') inOrder(landings, world.told)
  neverToALostPatient(landings)
  await everythingEnds(rows, world)
}

/** At most one artifact for each business identifier. */
function onceEach({ chart }: World): void {
  const seen = [...chart.held.values()].flatMap(({ type, body }) =>
    identifiersOf(body).map(one => `${type} ${one}`),
  )
  assert.deepEqual(seen.toSorted(), [...new Set(seen)].toSorted(), 'an artifact stands twice')
}

/** Between two creates of one write, where the first may have landed, somebody looks or says so. */
function neverBlindlyAgain(log: readonly Logged[], world: World, rows: readonly LedgerRow[]): void {
  const open = new Map<string, { at_ms: number; identifier: string }>()
  for (const request of log) {
    const { type, identifier, at_ms } = request
    if (request.kind === 'search' || request.kind === 'read') {
      for (const [write, one] of open) {
        const looks = request.kind === 'read' || one.identifier === `${type} ${identifier}`
        if (looks && write.startsWith(`${type} `)) open.delete(write)
      }
    }
    if (request.kind !== 'create') continue
    const write = `${type} ${identifier} ${marks(request.body).join()}`
    const before = open.get(write)
    if (before !== undefined) {
      const said = world.released.some(word => {
        const row = rows.find(one => one.intent.intent_id === word.intent_id)
        return (
          word.at_ms >= before.at_ms && row?.intent.identifier?.value === identifier.split('|')[1]
        )
      })
      assert.ok(said, `${type} was sent again without a look`)
    }
    const open_ended = request.status === 0 || request.fault === 'crash'
    if (open_ended && request.fault !== 'refused') {
      open.set(write, { at_ms, identifier: `${type} ${identifier}` })
    } else open.delete(write)
  }
}

/** Every change names the version that it was made from; the chart refuses another one. */
function neverOverStale(log: readonly Logged[]): void {
  for (const request of log) {
    if (request.kind === 'update') assert.match(request.if_match ?? 'none', /^W\/"\d+"$/)
  }
}

/** What stands is never replaced by what an older event says of the same resource. */
function neverBackwards(landings: readonly Landing[]): void {
  const newest = new Map<string, number>()
  for (const { id, body } of landings) {
    const [event, kind] = marks(body)
    // A result makes a patient who is missing; that says nothing of the order of what he is.
    if (kind === 'result' && body.resourceType === 'Patient') continue
    // Who a patient is goes before what he is: a merge that people agree to late still happens.
    if (kind === 'part' || (kind === 'merge' && body.active === false)) continue
    assert.ok(event >= (newest.get(id) ?? -1), `${id} went back to an older event`)
    newest.set(id, event)
  }
}

/** Of patients who had no merge and nothing late: first landings in the order of their events. */
function inOrder(landings: readonly Landing[], told: readonly Told[]): void {
  const disordered = new Set(
    told
      .filter(({ event, late }) => late || /merged|unlinked/.test(event.kind))
      .flatMap(({ event }) => event.resources.entry.map(({ resource }) => resource.id)),
  )
  const newest = new Map<string, number>()
  const landed = new Set<string>()
  for (const { id, body, request } of landings) {
    const [event] = marks(body)
    const who = subjectOf(told, event)
    if (who === undefined || disordered.has(who) || landed.has(`${id} ${event}`)) continue
    landed.add(`${id} ${event}`)
    assert.ok(
      event >= (newest.get(who) ?? -1),
      `${request.type} of ${who} came before an older one`,
    )
    newest.set(who, event)
  }
}

const subjectOf = (told: readonly Told[], sequence: number) =>
  told.find(one => one.sequence === sequence)?.event.patient?.value

/** Nothing lands at, or refers to, a patient between his merge and his parting. */
function neverToALostPatient(landings: readonly Landing[]): void {
  const lost = new Set<string>()
  for (const { id, body, request } of landings) {
    const [, kind] = marks(body)
    const subject = (body.subject as { reference?: string } | undefined)?.reference ?? ''
    assert.ok(!lost.has(subject), `${request.type} refers to a lost patient`)
    if (request.type !== 'Patient') continue
    const goes = JSON.stringify(body.link ?? []).includes('replaced-by')
    if (lost.has(`Patient/${id}`)) assert.ok(goes || kind === 'part', 'written to a lost patient')
    if (goes) lost.add(`Patient/${id}`)
    else lost.delete(`Patient/${id}`)
  }
}

const ENDS = ['committed', 'surfaced', 'reconciled', 'superseded', 'conflict', 'denied', 'dead']

/** Every write has come to a legal end, and none says that it is there where it is not. */
async function everythingEnds(rows: readonly LedgerRow[], world: World): Promise<void> {
  for (const row of rows) {
    const { intent, state } = row
    assert.ok(ENDS.includes(state), `a write ends as ${state}`)
    if (state !== 'surfaced' || (await world.newest(intent)) !== intent.intent_id) continue
    const name = `${intent.identifier?.system}|${intent.identifier?.value}`
    const held = [...world.chart.held.values()].filter(
      one => one.type === intent.resource_type && identifiersOf(one.body).includes(name),
    )
    assert.equal(held.length, 1, 'what is said to be there is there')
    if (intent.operation === 'update') {
      assert.ok(marks(held[0]?.body ?? {})[0] >= marks(intent.resource)[0], 'with its content')
    }
  }
}
