// Pausing a target or a channel by a person's word, and letting it go on: durable in the store, at
// once in a running engine, and the same question on the files without one.
import { Gate } from '../kit/gate.ts'
import type { LogReader } from '../model/log.ts'
import { type Pausable, type Pause, type PauseOf, pausable } from '../model/pause_store.ts'
import type { Store } from '../model/store.ts'

/** What is paused at the moment, for whoever works. */
export interface Pauses {
  of(what: PauseOf): Pause | undefined
  /** Shut while it is paused. */
  gate(what: PauseOf): Gate
  /** Takes over what the store says now. */
  refresh(): Promise<void>
}

const nameOf = ({ tenant, kind, name }: PauseOf) => `${kind} ${tenant}/${name}`

export async function openPauses(store: Pick<Store, 'paused'>): Promise<Pauses> {
  let paused: ReadonlyMap<string, Pause> = new Map()
  const gates = new Map<string, Gate>()
  const set = (gate: Gate, name: string) => (paused.has(name) ? gate.shut() : gate.open())
  const pauses: Pauses = {
    of: what => paused.get(nameOf(what)),
    gate(what) {
      const name = nameOf(what)
      const gate = gates.get(name) ?? new Gate()
      gates.set(name, gate)
      set(gate, name)
      return gate
    },
    async refresh() {
      paused = new Map((await store.paused()).map(one => [nameOf(one), one]))
      for (const [name, gate] of gates) set(gate, name)
    },
  }
  await pauses.refresh()
  return pauses
}

export interface PauseSaying {
  readonly word: 'pause' | 'resume'
  readonly name: string
  /** '': whichever tenant has it. */
  readonly tenant: string
  /** '': whichever it is. */
  readonly kind: Pausable | ''
  readonly by: string
  readonly why: string
  readonly at_ms: number
}

/**
 * `already`: it is paused, by `pause`. `not_paused`: there was nothing to end. `unknown`: nothing
 * has this name. `ambiguous`: several have; `found` names them.
 */
export interface PauseSaid {
  readonly outcome: 'paused' | 'resumed' | 'already' | 'not_paused' | 'unknown' | 'ambiguous'
  readonly found: readonly PauseOf[]
  /** As it stands, or stood until now. */
  readonly pause: Pause | undefined
}

export async function sayPause(
  rooms: { readonly log: Pick<LogReader, 'partitions'>; readonly store: Store },
  saying: PauseSaying,
): Promise<PauseSaid> {
  const { log, store } = rooms
  const { word, by, why, at_ms } = saying
  const found = (await all(log)).filter(
    one =>
      one.name === saying.name &&
      (saying.tenant === '' || one.tenant === saying.tenant) &&
      (saying.kind === '' || one.kind === saying.kind),
  )
  const [what, ...others] = found
  if (what === undefined || others.length > 0) {
    return { outcome: what === undefined ? 'unknown' : 'ambiguous', found, pause: undefined }
  }
  const pause = { ...what, by, why, at_ms }
  const before = (await store.paused()).find(one => nameOf(one) === nameOf(what))
  if (word === 'resume') {
    const resumed = await store.resume(pause)
    return { outcome: resumed ? 'resumed' : 'not_paused', found, pause: before }
  }
  const paused = await store.pause(pause)
  return { outcome: paused ? 'paused' : 'already', found, pause: paused ? pause : before }
}

/** What the topics of a level are of. */
const kinds: Readonly<Record<string, Pausable>> = { raw: 'channel', outbound: 'target' }

/** Every channel and target that has a topic: of this deployment or an earlier one. */
async function all(log: Pick<LogReader, 'partitions'>): Promise<readonly PauseOf[]> {
  const topics = new Set((await log.partitions()).map(({ topic }) => topic))
  return [...topics].flatMap(topic => {
    const [level = '', tenant = '', name = ''] = topic.split('.')
    const kind = kinds[level]
    return kind === undefined || name === '' ? [] : [{ tenant, kind, name }]
  })
}

/** The same questions as text, by the control socket or on the files without an engine. */
export async function answerPauses(
  rooms: { readonly log: Pick<LogReader, 'partitions'>; readonly store: Store },
  args: Readonly<Record<string, string>>,
  now_ms: number,
): Promise<PauseSaid | readonly Pause[]> {
  const { ask, name = '', tenant = '', by = '', why = '' } = args
  if (ask !== 'pause' && ask !== 'resume') return rooms.store.paused()
  const kind = pausable.find(one => one === args.kind) ?? ''
  return sayPause(rooms, { word: ask, name, tenant, kind, by, why, at_ms: now_ms })
}
