// Where activations are made and looked up: at a running engine, which takes the step at once, or
// in the store of a data folder without one, where it is taken at the next start.
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import type { Activation } from '../model/activation.ts'
import type { Log } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { EnginePlan, TenantPlan } from '../model/plan.ts'
import { silentSignals } from '../model/signals.ts'
import type { Store } from '../model/store.ts'
import type { Engine } from './engine.ts'

export type ActivationNote = Pick<Activation, 'by' | 'how' | 'tests' | 'changes'>

export interface Desk {
  /** Whether an activation is live when it resolves. */
  readonly live: boolean
  active(): Promise<readonly Activation[]>
  activations(of: { tenant?: string | undefined; limit: number }): Promise<readonly Activation[]>
  /** Rejects with a Failure where the step cannot be taken; what ran runs on. */
  activate(plan: TenantPlan, note: ActivationNote): Promise<Activation>
}

export function engineDesk(engine: Engine, clock: Clock): Desk {
  const { store, log } = engine
  return {
    live: true,
    active: () => store.active(),
    activations: of => store.activations(of),
    async activate(plan, note) {
      const made: Activation[] = []
      await engine.activate(plan, async () => {
        made.push(await record(plan, note, { log, store, clock }))
      })
      return present(made[0], 'the record of a step that was taken')
    },
  }
}

/** Writes the activation: the moment from which a restart runs it. */
export async function record(
  plan: TenantPlan,
  note: ActivationNote,
  rooms: { readonly log: Log; readonly store: Store; readonly clock: Clock },
): Promise<Activation> {
  const { tenant, deployment } = plan
  const ends = new Map((await rooms.log.partitions()).map(info => [info.topic, info.next_offset]))
  const positions = Object.fromEntries(
    plan.channels.map(({ channel }) => [channel, ends.get(topicOf.raw(tenant, channel)) ?? 0]),
  )
  const activation = { tenant, deployment, at_ms: rooms.clock.now(), ...note, positions }
  await rooms.store.activate(activation)
  return activation
}

/** Owns the data folder until it is closed. Rejects with `data_in_use` where an engine does. */
export async function openDesk(
  data: string,
  engine: EnginePlan,
  tables: Tables,
): Promise<Desk & { close(): Promise<void> }> {
  const context = { data, signals: silentSignals }
  const logRoom = present(tables.logs[engine.log.kind], 'a planned log is in the table')
  const log = await logRoom.open(engine.log.config, context)
  const storeRoom = present(tables.stores[engine.store.kind], 'a planned store is in the table')
  const store = await storeRoom.open(engine.store.config, context).catch(async cause => {
    await log.close()
    throw cause
  })
  return {
    live: false,
    active: () => store.active(),
    activations: of => store.activations(of),
    activate: (plan, note) => record(plan, note, { log, store, clock: systemClock }),
    async close() {
      await store.close()
      await log.close()
    },
  }
}
