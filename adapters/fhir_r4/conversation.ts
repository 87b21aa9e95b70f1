// Step functions written as conversations: a generator yields a call and is handed its answer. It
// is run anew for each step over the answers so far, so it must be pure and keep nothing outside
// itself.
import {
  assert,
  type HttpAnswer,
  type HttpCall,
  type Step,
  type StepInput,
  type Verdict,
} from '#sdk'

/** Asks until it can judge. */
export type Conversation<T = Verdict> = Generator<HttpCall, T, HttpAnswer>

export function nextStep(conversation: Conversation, answers: StepInput['answers']): Step {
  let going = conversation.next()
  for (const { answer } of answers) {
    if (going.done) break
    assert(answer.kind !== 'ack' && answer.kind !== 'file', 'an answer to an HTTP call')
    going = conversation.next(answer)
  }
  return going.done ? { verdict: going.value } : { call: going.value }
}
