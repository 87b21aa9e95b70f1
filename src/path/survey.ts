// What a target says of itself, asked beside the work: nothing waits for it. Its remarks are shown
// to operators; a target that says it is another one than its adapter speaks to is sent nothing.
import { backoff } from '../kit/backoff.ts'
import type { Clock } from '../kit/clock.ts'
import type { Random } from '../kit/random.ts'
import { limits } from '../model/limits.ts'
import type { OpenTransport, Survey, Surveyed } from '../model/rooms.ts'
import type { Signals } from '../model/signals.ts'

export interface SurveyContext {
  readonly tenant: string
  readonly target: string
  readonly transport: OpenTransport
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  onBug(cause: unknown): void
}

export interface OpenSurvey {
  /** Carries calls, unless the target has said that it is another one. */
  readonly transport: OpenTransport
  /** What a person should know of the target, in sentences; empty before it has answered. */
  readonly remarks: readonly string[]
  /** Asks no more; the transport stays open. */
  close(): Promise<void>
}

/** A target that has answered is asked again: it may have been renewed. */
const AGAIN_MS = 86_400_000
/** Between two questions to one that has not, or that may not be written to. */
const UNANSWERED = { wait_ms_min: 60_000, wait_ms_max: 3_600_000 }

/** `survey` undefined: the adapter has no such question. */
export function openSurvey(survey: Survey | undefined, context: SurveyContext): OpenSurvey {
  const { transport } = context
  if (survey === undefined) return { transport, remarks: [], close: async () => {} }
  const rounds = new Rounds(survey, context)
  const ended = rounds.run().catch(context.onBug)
  return {
    get remarks() {
      return rounds.said?.remarks ?? []
    },
    transport: {
      close: () => transport.close(),
      async call(call, signal) {
        const refuses = rounds.said?.refuses
        return refuses === undefined
          ? transport.call(call, signal)
          : { kind: 'not_sent', ...refuses }
      },
    },
    async close() {
      rounds.stop.abort()
      await ended
    },
  }
}

class Rounds {
  said: Surveyed | undefined
  readonly stop = new AbortController()
  readonly #survey: Survey
  readonly #context: SurveyContext

  constructor(survey: Survey, context: SurveyContext) {
    this.#survey = survey
    this.#context = context
  }

  async run(): Promise<void> {
    const { clock, random } = this.#context
    for (let tries = 1; !this.stop.signal.aborted; tries++) {
      const said = await this.#ask()
      // What it said before stands until it says something else.
      if (said.answered) this.#keep(said)
      const settled = said.answered && said.refuses === undefined
      if (said.answered) tries = 1
      const wait_ms = settled ? AGAIN_MS : backoff(UNANSWERED, tries, random)
      await clock.sleep(wait_ms, this.stop.signal)
    }
  }

  async #ask(): Promise<Surveyed> {
    const { transport } = this.#context
    const patience = AbortSignal.any([this.stop.signal, AbortSignal.timeout(limits.call_ms_max)])
    return this.#survey.read(await transport.call(this.#survey.call, patience))
  }

  /** Said once, and again when it is something else. */
  #keep(said: Surveyed): void {
    const { signals, tenant, target } = this.#context
    const before = this.said?.remarks.join('\n') ?? ''
    this.said = said
    if (said.remarks.join('\n') === before) return
    const remarks = said.remarks.length
    signals.say('warn', 'what the target says of itself differs from what is written to it', {
      ...{ tenant, target, remarks, ...said.refuses?.facts },
    })
  }
}
