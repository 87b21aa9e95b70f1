// The world of the generated interleavings: real events through stations 5 and 6, the real store in
// a file, the real delivery loop and adapter, a simulated chart, people, and an engine that dies at
// any boundary and begins again on the same file.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fhir_r4 } from '../../adapters/fhir_r4/fhir_r4.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { CanonicalEvent, Kind, Resource } from '../../src/model/event.ts'
import type { LedgerRow, WriteIntent } from '../../src/model/intent.ts'
import type { Log } from '../../src/model/log.ts'
import type { OnFailure, Policy, TargetPlan } from '../../src/model/plan.ts'
import { silentSignals } from '../../src/model/signals.ts'
import type { IntentState } from '../../src/model/state.ts'
import type { Store } from '../../src/model/store.ts'
import { route } from '../../src/path/5_route.ts'
import { type Governance, govern } from '../../src/path/6_govern.ts'
import { type Delivery, openDelivery } from '../../src/path/delivery.ts'
import { sqlite } from '../../src/stores/sqlite/sqlite.ts'
import { folder, handClock } from './rooms.ts'
import { type Fault, SimulatedChart } from './simulated_chart.ts'
import {
  bundle,
  canonicalEvent,
  channelPlan,
  routePlan,
  TARGET,
  TENANT,
  targetPlan,
} from './toy.ts'

const at = { tenant: TENANT, target: TARGET }
const SETTLE_MS = 2_000
const VISIBLE_MS = 1_000
const LATE_MS = 1_500
/** Until everything rests: an hour, with the waits of an open breaker. */
const ROUNDS_MAX = 800

export type Step =
  | { readonly do: 'admit' | 'result' | 'late'; readonly patient: number; readonly visit: number }
  | { readonly do: 'merge'; readonly patient: number; readonly into: number }
  | { readonly do: 'part'; readonly patient: number }
  | { readonly do: 'again' | 'revise'; readonly n: number }
  | { readonly do: 'approve' | 'release' | 'pause' | 'resume' | 'crash' }
  | { readonly do: 'wait'; readonly ms: number }

export interface Setup {
  readonly steps: readonly Step[]
  readonly faults: readonly Fault[]
  /** Calls of the store between two deaths of the engine. */
  readonly deaths: readonly number[]
  readonly on_unknown: 'verify' | 'hold'
  readonly stale: 409 | 412
  readonly approvals: boolean
  readonly order: OnFailure['order']
}

export interface Told {
  readonly event: CanonicalEvent
  readonly sequence: number
  /** Came behind newer ones. */
  readonly late: boolean
}

const POLICY: Policy = { identity: 'two_approvers', encounter: 'one_approver', other: 'automatic' }

export class World {
  readonly clock = handClock()
  readonly chart: SimulatedChart
  readonly told: Told[] = []
  readonly bugs: unknown[] = []
  /** What people said of calls that may have landed. */
  readonly released: { readonly intent_id: string; readonly at_ms: number }[] = []
  deathsSeen = 0
  #store!: Store
  #delivery!: Delivery
  #dead = false
  #ops = 0
  #paused = false
  readonly #setup: Setup
  readonly #faults: Fault[]
  readonly #deaths: number[]
  readonly #data: string

  private constructor(setup: Setup, data: string) {
    this.#setup = setup
    this.#data = data
    this.#faults = [...setup.faults]
    this.#deaths = [...setup.deaths]
    this.chart = new SimulatedChart({
      now: () => this.clock.now(),
      later: (ms, work) => void this.clock.after(ms, work),
      nextFault: () => this.#faults.shift() ?? 'none',
      visible_ms: VISIBLE_MS,
      late_ms: LATE_MS,
      stale: setup.stale,
      crash: () => {
        this.#dead = true
      },
    })
  }

  static async open(t: TestContext, setup: Setup): Promise<World> {
    const world = new World(setup, await folder(t))
    await world.#begin()
    return world
  }

  /** Every step, then quiet: people answer what waits for them, until nothing moves any more. */
  async run(): Promise<void> {
    for (const step of this.#setup.steps) {
      await this.#do(step)
      await this.#pass(100)
    }
    this.#paused = false
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const moves = await this.#moves()
      if (moves) await this.#pass(round < 60 ? 500 : 5_000)
      // What is due may wait for what people have to answer.
      const asked = (!moves || round % 20 === 19) && (await this.#people())
      if (!moves && !asked) return
    }
    assert.fail('it never comes to rest')
  }

  async close(): Promise<void> {
    this.#deaths.length = 0
    const closed = this.#delivery.close()
    // A dead engine ends nothing any more.
    for (let i = 0; i < 20 && !this.#dead; i++) await this.clock.wind(1_000)
    if (!this.#dead) await closed
    await this.#store.close()
  }

  async rows(): Promise<readonly LedgerRow[]> {
    const raws = [...new Set(this.told.map(({ event }) => event.source.raw_id))]
    return (await Promise.all(raws.map(raw => this.#store.rowsOfRaw(raw)))).flat()
  }

  newest(of: WriteIntent): Promise<string | undefined> {
    return this.#store.newest(of)
  }

  async #begin(): Promise<void> {
    this.#dead = false
    this.#store = await sqlite.open(
      { file: 'state.db' },
      { data: join(this.#data), signals: silentSignals },
    )
    const mortal = <T extends object>(room: T) => this.#mortal(room, () => this.#dead)
    const born = this.deathsSeen
    this.#delivery = openDelivery({
      ...at,
      steps: fhir_r4.steps({} as never),
      transport: mortal(this.clock.watch(this.chart)),
      store: mortal(this.clock.watch(this.#store)),
      log: { append: async () => [] } as unknown as Log,
      clock: this.clock,
      random: seededRandom(1),
      signals: silentSignals,
      settle_ms: SETTLE_MS,
      visible_ms: VISIBLE_MS,
      on_unknown: this.#setup.on_unknown,
      governance: this.#governance,
      in_flight_max: 3,
      paused: () =>
        this.#paused
          ? { ...at, kind: 'target', name: TARGET, by: 'x', why: '', at_ms: 0 }
          : undefined,
      onBug: cause => {
        if (born === this.deathsSeen && !this.#dead) this.bugs.push(cause)
      },
    })
  }

  /** A room whose calls never come back once the engine that made them is dead. */
  #mortal<T extends object>(room: T, isDead: () => boolean): T {
    const born = this.deathsSeen
    const gone = () => isDead() || born !== this.deathsSeen
    const never = new Promise<never>(() => {})
    return new Proxy(room, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          if (gone()) return never
          const value: unknown = await Reflect.apply(member, target, args)
          this.#ops += 1
          if (this.#ops === this.#deaths[0]) {
            this.#deaths.shift()
            this.#ops = 0
            this.#dead = true
          }
          return gone() ? never : value
        }
      },
    })
  }

  async #pass(ms: number): Promise<void> {
    if (this.#dead) {
      this.deathsSeen += 1
      await this.#store.close()
      await this.#begin()
    }
    this.#delivery.wake()
    await this.clock.wind(ms)
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        return this.#pass(step.ms)
      case 'crash':
        this.#dead = true
        return
      case 'pause':
      case 'resume':
        this.#paused = step.do === 'pause'
        return
      case 'approve':
      case 'release':
        await this.#people()
        return
      case 'again':
      case 'revise': {
        const told = this.told[step.n % Math.max(this.told.length, 1)]
        if (told === undefined) return
        return this.#admit(step.do === 'again' ? told : revised(told))
      }
      default: {
        const told = tell(step, this.told.length)
        this.told.push(told)
        return this.#admit(told)
      }
    }
  }

  async #admit({ event, sequence }: Told): Promise<void> {
    const { order } = this.#setup
    const retry = { wait_ms_min: 100, wait_ms_max: 1_000, for_ms: 3_600_000 }
    const ways = [routePlan({ on_failure: { retry, order, on_dead: 'continue' } })]
    const channel = { ...channelPlan({ routes: ways }), targets: [targetPlan() as TargetPlan] }
    const key = event.patient === null ? '' : `${event.patient.system}|${event.patient.value}`
    const { intents } = route(event, channel, { key, offset: sequence, headers: {} })
    await this.#store.admit(
      intents.map(intent => govern(intent, this.#governance)),
      this.clock.now(),
    )
  }

  get #governance(): Governance {
    return { profile: fhir_r4.profile, policy: this.#setup.approvals ? POLICY : undefined }
  }

  async #inState(state: IntentState): Promise<readonly LedgerRow[]> {
    return this.#store.rowsInState(at, state, 500)
  }

  /** Something may still happen by itself. */
  async #moves(): Promise<boolean> {
    if (this.#dead) return true
    const counts = await this.#store.counts()
    const held = this.#setup.on_unknown === 'hold' ? [] : ['unknown']
    const going = ['in_flight', ...held]
    if (counts.some(({ state }) => going.includes(state))) return true
    return (await this.#store.nextDue(at)) !== undefined
  }

  /** Everybody says a word on everything that waits for one; false where nothing does. */
  async #people(): Promise<boolean> {
    let any = false
    const at_ms = this.clock.now()
    for (const row of await this.#inState('awaiting_approval')) {
      const { intent_id } = row.intent
      for (const by of ['Ann', 'Bo']) {
        const word = {
          intent_id,
          word: 'approve',
          content: row.content,
          by,
          why: '',
          at_ms,
        } as const
        await this.#store.decide(word)
      }
      any = true
    }
    if (this.#setup.on_unknown === 'verify') return any
    for (const row of await this.#inState('unknown')) {
      // People look at the far end, and not before what is late has landed.
      if (row.changed_at_ms + SETTLE_MS > this.clock.now()) await this.#pass(SETTLE_MS)
      if (await this.#release(row)) any = true
    }
    return any
  }

  async #release({ intent, content }: LedgerRow): Promise<boolean> {
    const landed = this.chart.landings.some(
      ({ body }) => marks(body).join() === marks(intent.resource).join(),
    )
    const { intent_id } = intent
    const { epoch } = this.#store
    const to = landed ? 'committed' : 'accepted'
    const at_ms = this.clock.now()
    assert.ok(content)
    const move = { intent_id, from: 'unknown', to, at_ms, epoch, due_at_ms: at_ms } as const
    const [moved] = await this.#store.move([move])
    if (moved) this.released.push({ intent_id, at_ms })
    return moved === true
  }
}

const SYSTEM = 'urn:oid:2.999.1'
const patientId = (n: number) => ({ system: SYSTEM, value: `P${n}` })

/** What a resource says of where it comes from: event, then kind and revision. */
const marked = (event: number, kind: string) => ({
  extension: [
    { url: 'urn:event', valueInteger: event },
    { url: 'urn:kind', valueCode: kind },
  ],
})

export function marks(body: Readonly<Record<string, unknown>>): readonly [number, string] {
  const [event, kind] = (body.extension ?? []) as { valueInteger?: number; valueCode?: string }[]
  return [event?.valueInteger ?? -1, kind?.valueCode ?? '']
}

type Telling = Extract<Step, { patient: number }>

/** The event of a step; sequences leave room for what comes late. */
function tell(step: Telling, n: number): Told {
  const late = step.do === 'late'
  const sequence = late ? Math.max(0, n * 10 - 25) : n * 10
  const kind = step.do === 'late' ? 'admit' : step.do
  const patient = (of: number, more: Readonly<Record<string, unknown>> = {}): Resource => ({
    resourceType: 'Patient',
    id: `P${of}`,
    identifier: [patientId(of)],
    ...marked(sequence, kind),
    ...more,
  })
  const about = (resourceType: string, id: string, subject: number): Resource => ({
    resourceType,
    id,
    identifier: [{ system: 'urn:oid:2.999.2', value: id }],
    subject: { reference: `Patient/P${subject}` },
    ...marked(sequence, kind),
  })
  const event = (of: { kind: Kind; patient: number; resources: Resource[] }) => {
    const raw_id = `raw${n}`
    const base = canonicalEvent()
    return {
      ...base,
      id: `event${n}`,
      kind: of.kind,
      patient: patientId(of.patient),
      resources: bundle(of.resources),
      source: { ...base.source, raw_id },
    }
  }
  const told = (of: Parameters<typeof event>[0]) => ({ event: event(of), sequence, late })
  const who = step.patient
  switch (step.do) {
    case 'admit':
    case 'late':
      return told({
        kind: 'patient.admitted',
        patient: who,
        resources: [patient(who), about('Encounter', `V${who}${step.visit}`, who)],
      })
    case 'result':
      return told({
        kind: 'result.final',
        patient: who,
        resources: [patient(who), about('Observation', `O${who}${step.visit}`, who)],
      })
    case 'part':
      return told({ kind: 'patient.unlinked', patient: who, resources: [patient(who)] })
    case 'merge': {
      const into = step.into === who ? (who + 1) % 3 : step.into
      const replaced = { other: { reference: `Patient/P${into}` }, type: 'replaced-by' }
      return told({
        kind: 'patient.merged',
        patient: into,
        resources: [patient(into), patient(who, { active: false, link: [replaced] })],
      })
    }
  }
}

/** The same event, corrected. */
function revised(told: Told): Told {
  const { event } = told
  const entry = event.resources.entry.map(one => ({
    ...one,
    resource: { ...one.resource, language: 'de' },
  }))
  return { ...told, event: { ...event, resources: { ...event.resources, entry } } }
}
