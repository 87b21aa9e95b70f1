// The README of the model: every error code, outcome, state, move and kind of event, as tables that
// a person can search. The code reads the same tables.
import { catalogue, type Outcome } from '../model/errors.ts'
import { kinds } from '../model/event.ts'
import { OTHER, risks } from '../model/risk.ts'
import { type IntentState, moves, shown } from '../model/state.ts'
import { code, GENERATED, table } from './docs_markdown.ts'

/** What each outcome leads to (design: section 7). */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  ok: 'Committed; then it is read back.',
  already_applied: 'Committed: the target held it already.',
  fix: 'The record is wrong: it becomes a dead letter, for a person to mend and send again.',
  conflict: 'The target holds something else: a person decides.',
  denied: 'Not allowed: it stands in the exceptions until what forbade it has changed.',
  throttled: 'It waits as long as the target asks, and is tried again.',
  transient: 'It waits and is tried again; at the end of its time it becomes a dead letter.',
  missing_dependency:
    'It waits for what it refers to; at the end of its time it becomes a dead letter.',
  auth: 'The target pauses until its credentials are accepted; nothing expires meanwhile.',
  config: 'The target pauses until its settings are mended; nothing expires meanwhile.',
  target_down: 'The target pauses until it can be reached; nothing expires meanwhile.',
  unknown: 'The call may have landed: `on_unknown` of the target says who finds out, and how.',
}

export function modelReadme(): string {
  const errors = Object.entries(catalogue).map(([name, entry]) => [
    code(name),
    entry.message,
    code(entry.outcome),
    entry.ack,
    entry.hint,
  ])
  const states = Object.entries(moves).map(([state, to]) => [
    code(state),
    shown(state as IntentState),
    to.length === 0 ? 'it is an end' : to.map(code).join(', '),
  ])
  const parts = [
    GENERATED('the tables in this folder'),
    '# The model',
    'What everything is called. No behaviour lives here.',
    '## Error codes',
    'What a log line, a dead letter or a refused message names. `answer` is what a sender is told (HL7 table 0008); the enhanced codes CE and CR follow from it.',
    table(['code', 'what happened', 'outcome', 'answer', 'what to do'], errors),
    '## Outcomes',
    'The only vocabulary of failure: decisions read this word, never a text.',
    table(
      ['outcome', 'what follows'],
      Object.entries(outcomeWords).map(([word, text]) => [code(word), text]),
    ),
    '## States of a write',
    table(['state', 'a person sees', 'may move to'], states),
    '## Classes of risk',
    `What a policy speaks of. \`${OTHER}\` in a policy stands for every class that it does not name; where it names neither, the write is denied, and so is one of a type that has no class.`,
    table(
      ['class', 'what belongs to it'],
      Object.entries(risks).map(([name, text]) => [code(name), text]),
    ),
    '## Kinds of canonical events',
    kinds.map(kind => `- ${code(kind)}`).join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}
