// Replays over the control socket, where everything is text. A dry run is long work: it is begun,
// asked for by its number until it has ended, and given up when nobody asks any more.
import type { Tables } from '../declare/room.ts'
import type { Clock } from '../kit/clock.ts'
import { Failure, failureOf } from '../model/errors.ts'
import type { ReplayPlan } from '../model/replay_store.ts'
import type { Editions } from '../path/editions.ts'
import { askedObject } from './asked.ts'
import { type DryReplay, dryReplay, governanceIn } from './replay_dry.ts'
import { planReplay, type ReplayRequest } from './replay_plan.ts'
import {
  beginReplay,
  listReplays,
  openReplays,
  type ReplayRooms,
  type Replays,
  showReplay,
  turn,
} from './replays.ts'

type Texts = Readonly<Record<string, string>>

export interface DryLook {
  readonly id: string
  readonly done: number
  readonly of: number
  readonly report: DryReplay | undefined
}

export interface AnswerRooms extends ReplayRooms {
  readonly clock: Clock
  readonly tables: Tables
  editionsOf(tenant: string): Editions | undefined
  /** A bug in a dry run. */
  onBug(cause: unknown): void
}

/** A request as it crosses the socket. */
export function askedOfRequest(request: ReplayRequest): Texts {
  return { request: JSON.stringify(request) }
}

const requestIn = ({ request = '' }: Texts) => askedObject(request, 'replay') as ReplayRequest

export interface ReplayAnswers {
  answer(asked: Texts): Promise<unknown>
  close(): Promise<void>
}

/** `replays`: what is at work; undefined on files without an engine. */
export function openReplayAnswers(rooms: AnswerRooms, replays: Replays | undefined): ReplayAnswers {
  const dry = new DryRuns(rooms)
  return {
    close: () => dry.close(),
    async answer(asked) {
      const { do: wanted = '', name = '', by = '', why = '' } = asked
      switch (wanted) {
        case 'list':
          return listReplays(rooms.store, replays)
        case 'show':
          return showReplay(name, rooms, replays)
        case 'begin':
          await beginReplay(requestIn(asked), rooms)
          await replays?.refresh()
          return showReplay(requestIn(asked).name, rooms, replays)
        case 'pause':
        case 'resume':
        case 'cancel':
          await turn({ name, word: wanted, by, why }, rooms)
          await replays?.refresh()
          return showReplay(name, rooms, replays)
        case 'dry':
          return dry.begin(await planReplay(requestIn(asked), rooms))
        case 'dry_look':
          return dry.look(asked.id ?? '')
        default:
          throw new Failure('command_unknown', { command: `replay ${wanted}` })
      }
    },
  }
}

/** Dry runs at the same time: each has work for the mappings of its tenant. */
const DRY_MAX = 2
/** Nobody has asked for so long: whoever wanted it has gone. */
const FORGOTTEN_MS = 60_000

interface DryRun {
  readonly stop: AbortController
  readonly of: number
  readonly ended: Promise<void>
  done: number
  asked_ms: number
  report: DryReplay | undefined
  failure: Failure | undefined
}

class DryRuns {
  readonly #rooms: AnswerRooms
  readonly #runs = new Map<string, DryRun>()
  #made = 0

  constructor(rooms: AnswerRooms) {
    this.#rooms = rooms
  }

  begin(plan: ReplayPlan): DryLook {
    this.#forget()
    if (this.#runs.size >= DRY_MAX) throw new Failure('replay_too_many', { dry_runs_max: DRY_MAX })
    const id = String(++this.#made)
    const stop = new AbortController()
    const ended = Promise.withResolvers<void>()
    const run: DryRun = {
      stop,
      of: plan.to_offset - plan.from_offset,
      ended: ended.promise,
      done: 0,
      asked_ms: this.#rooms.clock.elapsed(),
      report: undefined,
      failure: undefined,
    }
    this.#runs.set(id, run)
    void this.#run(plan, run).catch(this.#rooms.onBug).finally(ended.resolve)
    return lookOf(id, run)
  }

  async #run(plan: ReplayPlan, run: DryRun): Promise<void> {
    const { clock } = this.#rooms
    try {
      run.report = await dryOver(plan, this.#rooms, {
        signal: run.stop.signal,
        onProgress: done => {
          run.done = done
          if (clock.elapsed() - run.asked_ms > FORGOTTEN_MS) run.stop.abort()
        },
      })
    } catch (cause) {
      run.failure = failureOf(cause)
      if (run.failure === undefined) throw cause
    }
  }

  look(id: string): DryLook {
    const run = this.#runs.get(id)
    if (run === undefined) throw new Failure('replay_unknown', { dry_run: id })
    run.asked_ms = this.#rooms.clock.elapsed()
    if (run.failure !== undefined || run.report !== undefined) this.#runs.delete(id)
    if (run.failure !== undefined) throw run.failure
    return lookOf(id, run)
  }

  async close(): Promise<void> {
    for (const { stop } of this.#runs.values()) stop.abort()
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended))
  }

  /** What has ended, or was given up, and nobody came for. */
  #forget(): void {
    const now_ms = this.#rooms.clock.elapsed()
    for (const [id, { asked_ms, stop }] of this.#runs) {
      if (now_ms - asked_ms <= FORGOTTEN_MS) continue
      stop.abort()
      this.#runs.delete(id)
    }
  }
}

const lookOf = (id: string, { done, of, report }: DryRun): DryLook => ({ id, done, of, report })

/** A dry run in rooms that are open. */
export async function dryOver(
  plan: ReplayPlan,
  rooms: AnswerRooms,
  work: { readonly signal: AbortSignal; onProgress(done: number): void },
): Promise<DryReplay> {
  const { log, store, tables, now } = rooms
  const current = rooms.tenant(plan.tenant)
  const editions = rooms.editionsOf(plan.tenant)
  if (current === undefined || editions === undefined) {
    throw new Failure('replay_topic_wrong', { topic: plan.topic })
  }
  return dryReplay(plan, { log, store, tables, now, current, editions, ...work })
}

export interface EngineReplays extends ReplayAnswers {
  /** The replay of this name, where it is at work. */
  at: Replays['at']
}

/** Goes on with what runs by the store, and answers for it. */
export async function openEngineReplays(
  context: Omit<AnswerRooms, 'now'> &
    Omit<Parameters<typeof openReplays>[0], 'log' | 'store' | 'governanceOf'>,
): Promise<EngineReplays> {
  const { clock } = context
  const governanceOf = (tenant: string, target: string) => {
    const plan = context.tenant(tenant)
    return plan && governanceIn(plan, context.tables)(target)
  }
  const replays = await openReplays({ ...context, governanceOf })
  const answers = openReplayAnswers({ ...context, now: () => clock.now() }, replays)
  return {
    at: replays.at,
    answer: answers.answer,
    async close() {
      await answers.close()
      await replays.close()
    },
  }
}
