// One conversation with a target: the adapter says the next call, the transport carries it, until
// the adapter comes to a verdict. Both are pure of each other; the limits are here.
import { Bug } from '../kit/assert.ts'
import type { Clock } from '../kit/clock.ts'
import type { Facts, Outcome } from '../model/errors.ts'
import type { Answer, Call, Step, StepInput, Verdict, WriteIntent } from '../model/intent.ts'
import { limits } from '../model/limits.ts'
import type { AdapterSteps, OpenTransport } from '../model/rooms.ts'
import type { Store } from '../model/store.ts'
import { referencesOf } from './5_route.ts'

export interface CallContext {
  readonly steps: AdapterSteps
  readonly transport: OpenTransport
  readonly store: Pick<Store, 'known'>
  readonly clock: Pick<Clock, 'elapsed'>
  /** Told of each call before it is made, where the target's rate is limited. */
  readonly spend?: ((calls: number) => void) | undefined
}

export async function converse(
  given: WriteIntent,
  context: CallContext,
  next: (input: StepInput) => Step,
): Promise<Verdict> {
  const self = `${given.resource_type}/${given.resource_id}`
  const wanted = [...new Set([self, ...referencesOf(given.resource)])]
  const { ids: known, names } = await context.store.known(given, wanted)
  // Who went into another patient is looked for as that one.
  const intent = { ...given, refers_to: { ...given.refers_to, ...names } }
  const answers: { call: Call; answer: Answer }[] = []
  const end_ms = context.clock.elapsed() + limits.conversation_ms_max
  for (;;) {
    const step = judged(next, { intent, answers, known })
    if ('verdict' in step) return step.verdict
    const steps = answers.length
    if (steps >= limits.adapter_steps_max) return failed('fix', { steps })
    const left_ms = Math.round(end_ms - context.clock.elapsed())
    if (left_ms <= 0) return outOfTime(answers)
    const wait_ms = Math.min(limits.call_ms_max, left_ms)
    context.spend?.(1)
    const call = traced(step.call, intent)
    const answer = await context.transport.call(call, AbortSignal.timeout(wait_ms))
    answers.push({ call: step.call, answer })
  }
}

/** Where the call can carry it, the far end's own traces join ours (W3C Trace Context). */
function traced(call: Call, { traceparent }: WriteIntent): Call {
  if (call.kind !== 'http' || !traceparent.endsWith('-01')) return call
  return { ...call, headers: { traceparent, ...call.headers } }
}

/**
 * An adapter that throws costs its own intent and no other (G9). Our own invariants still end the
 * process.
 */
function judged(next: (input: StepInput) => Step, input: StepInput): Step {
  try {
    return next(input)
  } catch (cause) {
    if (cause instanceof Bug) throw cause
    const error = cause instanceof Error ? cause.name : typeof cause
    const facts = { error, steps: input.answers.length }
    return { verdict: failed(mayHaveLanded(input.answers) ? 'unknown' : 'fix', facts) }
  }
}

const failed = (outcome: Outcome, facts: Facts): Verdict => ({
  outcome,
  code: 'adapter_failed',
  facts,
})

/** No call is made that could not be waited for. */
function outOfTime(answers: StepInput['answers']): Verdict {
  const facts = { conversation_ms_max: limits.conversation_ms_max, steps: answers.length }
  return mayHaveLanded(answers)
    ? { outcome: 'unknown', code: 'target_answer_unknown', facts }
    : { outcome: 'transient', code: 'target_transient', facts }
}

const mayHaveLanded = (answers: StepInput['answers']) =>
  answers.some(({ call, answer }) => call.changes && answer.kind !== 'not_sent')
