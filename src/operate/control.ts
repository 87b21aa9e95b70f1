// What a running engine answers on its control socket. Each answer is a function of operate/; this
// file only knows their names.
import type { Clock } from '../kit/clock.ts'
import { Failure } from '../model/errors.ts'
import type { PauseOf } from '../model/pause_store.ts'
import type { ControlRequest } from '../wire/control.ts'
import { answerAudit } from './audit_ledger.ts'
import type { OpenDead } from './dead.ts'
import { answerDeploying, type Deploying } from './deploying.ts'
import type { Engine } from './engine.ts'
import { answerPauses } from './pauses.ts'
import { answerPeople, type PeopleRooms } from './people.ts'
import { answerQueue } from './queue.ts'
import type { Rates } from './rates.ts'
import { answerSearch } from './search.ts'
import { statusOf } from './status.ts'
import { answerTrace } from './trace.ts'
import { standsOf } from './waits.ts'

export interface Beside {
  readonly clock: Clock
  /** Absent: this engine runs what it was given and nothing else. */
  readonly deploying?: Deploying
  readonly dead?: OpenDead
}

export function answerControl(engine: Engine, rates: Rates, { clock, deploying, dead }: Beside) {
  return async ({ command, args }: ControlRequest): Promise<unknown> => {
    if (command === 'status') return statusOf(engine, rates, clock.now())
    if (command === 'trace') return answerTrace(searched(engine, clock), args)
    if (command === 'audit') return answerAudit(engine.store, args)
    if (command === 'search') return answerSearch(searched(engine, clock), args)
    if (command === 'people') {
      const answer = await answerPeople(peopleRooms(engine), args, clock.now())
      // What was released or approved may go out at once.
      for (const delivery of engine.deliveries.values()) delivery.wake()
      return answer
    }
    if (command === 'queue') {
      const { store } = engine
      return answerQueue({ store, stands: standsOf(engine), now_ms: clock.now() }, args)
    }
    if (command === 'pauses') {
      const answer = await answerPauses(engine, args, clock.now())
      await engine.pauses.refresh()
      for (const delivery of engine.deliveries.values()) delivery.wake()
      if (args.ask === 'resume' && 'found' in answer) tryNow(engine, answer.found)
      return answer
    }
    if (command === 'backup') return engine.backups.answer(args)
    if (command === 'replay') return engine.replays.answer(args)
    if (command === 'dead' && dead !== undefined) return dead.answer(args)
    if (command === 'deploy' && deploying !== undefined) return answerDeploying(deploying, args)
    throw new Failure('command_unknown', { command })
  }
}

const searched = (engine: Engine, clock: Clock) => ({
  log: engine.log,
  store: engine.store,
  search: engine.search,
  stands: standsOf(engine),
  now_ms: clock.now(),
  wait: (wait_ms: number) => clock.sleep(wait_ms),
})

/** Whoever resumes a target says that it is well: its breaker need not wait any longer. */
function tryNow({ deliveries }: Engine, found: readonly PauseOf[]): void {
  for (const { tenant, kind, name } of found) {
    if (kind === 'target') deliveries.get(`${tenant}.${name}`)?.tryNow()
  }
}

const peopleRooms = (engine: Engine): PeopleRooms => ({
  store: engine.store,
  stands: standsOf(engine),
  look: async row => engine.deliveries.get(`${row.intent.tenant}.${row.intent.target}`)?.look(row),
})
