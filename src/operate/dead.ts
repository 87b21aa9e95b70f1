// Dead letters as commands ask for them, beside a running engine and on the files without one: what
// there is and why, one letter whole with what became of it, the acts on few or many, and what the
// running deployment would make of a mended message. Everything crosses as text.
import { Failure, failureOf } from '../model/errors.ts'
import { askedObject } from './asked.ts'
import { type Acted, actOn, type DeadWord } from './dead_acts.ts'
import type { DeadDesk } from './dead_desk.ts'
import { type Jobs, openJobs } from './dead_jobs.ts'
import {
  findLetters,
  type LetterQuery,
  pageOfLetters,
  reasonsOf,
  recordOf,
} from './dead_letters.ts'
import { openOf, show, textOf, tryOf } from './dead_show.ts'

export interface OpenDead {
  answer(args: Texts): Promise<unknown>
  readonly jobs: Jobs
}

type Texts = Readonly<Record<string, string>>

/** Brings to its end what an earlier owner left under way. */
export function openDead(desk: DeadDesk): OpenDead {
  const failed = (cause: unknown) => {
    const failure = failureOf(cause)
    if (failure === undefined) throw cause
    desk.signals.say('error', 'dead letters wait', { code: failure.code, ...failure.facts })
  }
  const jobs = openJobs(desk, failed)
  const resumed = desk.outbox.flush().then(() => jobs.resumeAll())
  resumed.catch(failed)
  return { jobs, answer: args => answerDead(desk, jobs, args) }
}

/** The index trails the log; so long it is waited for. */
const CATCH_UP_MS_MAX = 2_000

export async function answerDead(desk: DeadDesk, jobs: Jobs, args: Texts): Promise<unknown> {
  if (args.ask !== 'job') await caughtUp(desk)
  const { ask = '', id = '', by = '', why = '', job = '', filter = '{}' } = args
  const query = queryOf(filter)
  switch (ask) {
    case 'list':
      return pageOfLetters(desk, query, { after: args.after ?? '', limit: Number(args.limit) })
    case 'reasons':
      return reasonsOf(desk, query)
    case 'show':
      return show(desk, id)
    case 'text':
      return textOf(desk, id)
    case 'try':
      return tryOf(desk, id, Buffer.from(args.bytes ?? '', 'base64'))
    case 'retry':
    case 'drop':
      return actOnIds(desk, (args.ids ?? '').split(' '), { word: ask, by, why })
    case 'edit': {
      const bytes = Buffer.from(args.bytes ?? '', 'base64')
      return actOnIds(desk, [id], { word: ask, by, why, bytes })
    }
    case 'bulk': {
      const word = args.word === 'drop' ? 'drop' : 'retry'
      return jobs.start({ word, filter: query, by, why, rate: Number(args.rate) || RATE })
    }
    case 'job':
      return jobs.progress(job)
    case 'stop':
      return jobs.stop(job)
    case 'resume':
      return jobs.resume(args.word === 'drop' ? 'drop' : 'retry')
    default:
      throw new Failure('command_unknown', { command: `dead ${ask}` })
  }
}

const queryOf = (text: string) => askedObject(text, 'dead') as LetterQuery

/** Letters a second of a bulk act, unless it says another one. */
export const RATE = 500

async function caughtUp({ search, clock }: DeadDesk): Promise<void> {
  const asked = search.caughtUp().catch(cause => {
    // Where there is no index, or it is in trouble, the topics are read.
    if (failureOf(cause) === undefined) throw cause
  })
  await Promise.race([asked, clock.sleep(CATCH_UP_MS_MAX)])
}

export interface ActedOn extends Omit<Acted, 'outcome' | 'id' | 'code'> {
  readonly asked: string
  readonly id: string | undefined
  readonly code: string | undefined
  /** `unknown`: no letter is so called. `ambiguous`: several are. */
  readonly outcome: Acted['outcome'] | 'unknown' | 'ambiguous'
}

async function actOnIds(
  desk: DeadDesk,
  asked: readonly string[],
  saying: { word: DeadWord; by: string; why: string; bytes?: Buffer },
): Promise<readonly ActedOn[]> {
  const answers: ActedOn[] = []
  for (const name of asked.filter(Boolean)) {
    const found = openOf(await findLetters(desk, name))
    const [one] = found
    const record = one && (await recordOf(desk.log, one))
    if (one === undefined || record === undefined || found.length > 1) {
      const outcome = found.length > 1 ? 'ambiguous' : 'unknown'
      answers.push({ ...NOBODY, asked: name, outcome })
      continue
    }
    const acted = await actOn([{ letter: one, record }], saying, desk)
    answers.push(...acted.map(said => ({ asked: name, ...said })))
  }
  return answers
}

const NOBODY = {
  id: undefined,
  code: undefined,
  why_not: undefined,
  raw_id: undefined,
  intent_id: undefined,
}
