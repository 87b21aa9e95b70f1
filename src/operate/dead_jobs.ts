// Many dead letters at once: in the order in which they died, in portions, at a rate beside live
// traffic. A job stands in the store with how far it has come, so it goes on after a stop or a
// death; what was decided already is passed over, so nothing is done twice.

import { timeId } from '../kit/ids.ts'
import { openRate } from '../kit/rate.ts'
import type { DeadJob } from '../model/dead_store.ts'
import { Failure } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { LogRecord } from '../model/log.ts'
import { actOn, type DeadRooms } from './dead_acts.ts'
import { fits } from './dead_filter.ts'
import { type LetterQuery, letterOf, withStates } from './dead_letters.ts'

export interface JobRequest {
  readonly word: DeadJob['word']
  /** Only open ones are acted on, whatever it says. */
  readonly filter: LetterQuery
  readonly by: string
  readonly why: string
  /** Letters a second. */
  readonly rate: number
}

export interface JobProgress {
  readonly job: string
  readonly word: DeadJob['word']
  readonly state: DeadJob['state']
  /** Records of the dead topics, looked at and in all. */
  readonly looked: number
  readonly span: number
  /** By reason, then by outcome. */
  readonly counts: Counts
}

type Counts = Record<string, Record<string, number>>
/** By topic, the next offset to be looked at and where it ends. */
type Spans = Record<string, { from: number; next: number; end: number }>

/** Letters that are decided in one transaction. */
const PORTION = 100

export async function makeJob(request: JobRequest, rooms: DeadRooms): Promise<DeadJob> {
  const { filter, ...rest } = request
  const spans: Spans = {}
  for (const { topic, first_offset, next_offset } of await rooms.log.partitions()) {
    if (
      filter.tenant === undefined ? !topic.startsWith('dead.') : topic !== `dead.${filter.tenant}`
    )
      continue
    spans[topic] = { from: first_offset, next: first_offset, end: next_offset }
  }
  const job: DeadJob = {
    ...rest,
    job: timeId(rooms.clock, rooms.random),
    filter: JSON.stringify(filter),
    at_ms: rooms.clock.now(),
    state: 'running',
    spans: JSON.stringify(spans),
    counts: '{}',
  }
  await rooms.store.putDeadJob(job)
  return job
}

export function progressOf({ job, word, state, spans, counts }: DeadJob): JobProgress {
  const all = Object.values(JSON.parse(spans) as Spans)
  const looked = all.reduce((sum, { from, next }) => sum + next - from, 0)
  const span = all.reduce((sum, { from, end }) => sum + end - from, 0)
  return { job, word, state, looked, span, counts: JSON.parse(counts) as Counts }
}

export interface RunOptions {
  readonly signal: AbortSignal
  /** After each portion. */
  onStep?(progress: JobProgress): void
}

/** Goes on with a job until it is done, or `signal` stops it. */
export async function runJob(
  begun: DeadJob,
  rooms: DeadRooms,
  options: RunOptions,
): Promise<DeadJob> {
  const spans = JSON.parse(begun.spans) as Spans
  const counts = JSON.parse(begun.counts) as Counts
  const rate = openRate(begun.rate, rooms.clock)
  let job: DeadJob = { ...begun, state: 'running' }
  const step = async (state: DeadJob['state']) => {
    job = { ...job, state, spans: JSON.stringify(spans), counts: JSON.stringify(counts) }
    await rooms.store.putDeadJob(job)
    options.onStep?.(progressOf(job))
  }
  for (const [topic, span] of Object.entries(spans)) {
    while (span.next < span.end && !options.signal.aborted) {
      const records = await portionOf(topic, span, rooms)
      const acted = await actOnPortion(records, job, rooms)
      for (const { code, outcome, why_not } of acted) {
        counts[code] ??= {}
        const came = why_not ?? outcome
        counts[code][came] = (counts[code][came] ?? 0) + 1
      }
      span.next = records.at(-1) === undefined ? span.end : (records.at(-1)?.offset ?? 0) + 1
      await step('running')
      rate.spend(acted.length)
      await rooms.clock.sleep(rate.wait_ms(), options.signal)
    }
  }
  await step(options.signal.aborted ? 'stopped' : 'done')
  return job
}

async function portionOf(
  topic: string,
  { next, end }: Spans[string],
  { log }: DeadRooms,
): Promise<readonly LogRecord[]> {
  const bounds = { records_max: PORTION, bytes_max: limits.batch_bytes_max }
  const records = await log.read(topic, 0, next, bounds)
  return records.filter(({ offset }) => offset < end)
}

/** Of a letter that was written again the portion may hold both: the newest speaks. */
async function actOnPortion(records: readonly LogRecord[], job: DeadJob, rooms: DeadRooms) {
  const query = JSON.parse(job.filter) as LetterQuery
  const newest = new Map(records.map(record => [letterOf(record).id, record]))
  const wanted = [...newest.values()].filter(record => fits(letterOf(record), record, query))
  const standing = await withStates(wanted.map(letterOf), rooms.store)
  const open = standing.flatMap((letter, i) => {
    const record = wanted[i]
    return letter.state === 'open' && record !== undefined ? [{ letter, record }] : []
  })
  return open.length === 0 ? [] : actOn(open, { word: job.word, by: job.by, why: job.why }, rooms)
}

/** Jobs that an engine runs, one after the other. */
export interface Jobs {
  start(request: JobRequest): Promise<JobProgress>
  progress(job: string): Promise<JobProgress>
  stop(job: string): Promise<JobProgress>
  /** Goes on with what was stopped; answers the one that goes on first. */
  resume(word: DeadJob['word']): Promise<JobProgress>
  /** Goes on with what was running when its process ended. */
  resumeAll(): Promise<void>
}

/** How many jobs are remembered for whoever asks. */
const JOBS_SHOWN_MAX = 100

export function openJobs(rooms: DeadRooms, failed: (cause: unknown) => void): Jobs {
  const running = new Map<string, AbortController>()
  let last: Promise<unknown> = Promise.resolve()
  const run = (job: DeadJob) => {
    const stop = new AbortController()
    running.set(job.job, stop)
    last = last
      .then(() => runJob(job, rooms, { signal: stop.signal }))
      .catch(async cause => {
        failed(cause)
        await rooms.store.putDeadJob({ ...(await find(job.job)), state: 'stopped' })
      })
      // Where the store cannot say so either, the job goes on at the next start.
      .catch(failed)
      .finally(() => running.delete(job.job))
  }
  const find = async (name: string): Promise<DeadJob> => {
    const found = (await rooms.store.deadJobs(JOBS_SHOWN_MAX)).find(({ job }) => job === name)
    if (found === undefined) throw new Failure('letter_job_unknown')
    return found
  }
  return {
    async start(request) {
      const job = await makeJob(request, rooms)
      run(job)
      return progressOf(job)
    },
    progress: async name => progressOf(await find(name)),
    async stop(name) {
      running.get(name)?.abort()
      return progressOf(await find(name))
    },
    async resume(word) {
      const all = (await rooms.store.deadJobs(JOBS_SHOWN_MAX)).toReversed()
      const idle = all.filter(one => one.word === word && one.state !== 'done')
      const [first, ...others] = idle.filter(({ job }) => !running.has(job))
      if (first === undefined) throw new Failure('letter_job_unknown')
      const begun = [first, ...others].map((one): DeadJob => ({ ...one, state: 'running' }))
      for (const one of begun) {
        await rooms.store.putDeadJob(one)
        run(one)
      }
      return progressOf({ ...first, state: 'running' })
    },
    async resumeAll() {
      const all = (await rooms.store.deadJobs(JOBS_SHOWN_MAX)).toReversed()
      for (const job of all) if (job.state === 'running' && !running.has(job.job)) run(job)
    },
  }
}

/** Jobs on files that no engine owns: each runs while its command waits. */
export function inlineJobs(rooms: DeadRooms, options: RunOptions): Jobs {
  const all = () => rooms.store.deadJobs(JOBS_SHOWN_MAX)
  const progress = async (name: string) => {
    const found = (await all()).find(({ job }) => job === name)
    if (found === undefined) throw new Failure('letter_job_unknown')
    const { state, ...rest } = progressOf(found)
    // Nobody runs it: its engine has ended, and the next one goes on with it.
    return { ...rest, state: state === 'running' ? ('stopped' as const) : state }
  }
  return {
    start: async request => progressOf(await runJob(await makeJob(request, rooms), rooms, options)),
    progress,
    stop: progress,
    async resume(word) {
      const idle = (await all()).filter(one => one.word === word && one.state !== 'done')
      const [last, ...others] = idle
      if (last === undefined) throw new Failure('letter_job_unknown')
      for (const job of others.toReversed()) await runJob(job, rooms, options)
      return progressOf(await runJob(last, rooms, options))
    },
    resumeAll: async () => {},
  }
}
