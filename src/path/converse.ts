// One conversation with a target: the adapter says the next call, the transport carries it, until the
// adapter comes to a verdict. Both are pure of each other; the limits are here.

import type { Clock } from '../kit/clock.ts'
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
}

export async function converse(
  intent: WriteIntent,
  context: CallContext,
  next: (input: StepInput) => Step,
): Promise<Verdict> {
  const self = `${intent.resource_type}/${intent.resource_id}`
  const wanted = [...new Set([self, ...referencesOf(intent.resource)])]
  const known = await context.store.known(intent.tenant, intent.target, wanted)
  const answers: { call: Call; answer: Answer }[] = []
  const started_ms = context.clock.elapsed()
  while (answers.length < limits.adapter_steps_max) {
    const step = next({ intent, answers, known })
    if ('verdict' in step) return step.verdict
    const left_ms = started_ms + limits.conversation_ms_max - context.clock.elapsed()
    const wait_ms = Math.max(1, Math.round(Math.min(limits.call_ms_max, left_ms)))
    const answer = await context.transport.call(step.call, AbortSignal.timeout(wait_ms))
    answers.push({ call: step.call, answer })
  }
  return { outcome: 'fix', code: 'adapter_failed', facts: { steps: answers.length } }
}
