// What commands on dead letters need around them: the rooms of an engine that runs, or of the files
// where none does.
import type { Tables } from '../declare/room.ts'
import { systemClock } from '../kit/clock.ts'
import { systemRandom } from '../kit/random.ts'
import type { EnginePlan } from '../model/plan.ts'
import type { Search } from '../model/search.ts'
import type { Signals } from '../model/signals.ts'
import type { DeadRooms } from './dead_acts.ts'
import type { LetterRooms } from './dead_letters.ts'
import { openOutbox } from './dead_outbox.ts'
import type { Engine } from './engine.ts'

export interface DeadDesk extends DeadRooms {
  readonly search: LetterRooms['search'] & Pick<Search, 'caughtUp'>
  readonly tables: Tables
  readonly engine: EnginePlan
  readonly signals: Signals
}

export function deskOfEngine(engine: Engine, tables: Tables): DeadDesk {
  const { log, store, search, signals, plan } = engine
  return {
    ...{ log, store, search, signals, tables },
    clock: systemClock,
    random: systemRandom,
    engine: plan.engine,
    outbox: openOutbox({ log, store }),
    planOf: tenant => engine.plan.tenants.find(one => one.tenant === tenant),
    acted() {
      for (const delivery of engine.deliveries.values()) delivery.wake()
    },
  }
}
