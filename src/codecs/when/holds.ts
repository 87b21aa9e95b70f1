// Whether a condition holds, for what a reader finds. A question about a name holds where it holds
// for any text that stands there; where nothing stands, only `not` and `!=` hold. Text is compared
// exactly, case included; a number is compared as one, and a text that is no number never equals
// it.
import type { Comparison, Condition, ConditionReader, Literal } from '../../model/condition.ts'

export function holds(condition: Condition, read: ConditionReader): boolean {
  switch (condition.is) {
    case 'and':
      return condition.of.every(one => holds(one, read))
    case 'or':
      return condition.of.some(one => holds(one, read))
    case 'not':
      return !holds(condition.of, read)
    default:
      return read(condition.name).some(text => text !== '' && answers(condition, text))
  }
}

/** A condition that asks about one name. */
export type Question = Exclude<Condition, { readonly is: 'and' | 'or' | 'not' }>

function answers(question: Question, text: string): boolean {
  switch (question.is) {
    case 'exists':
      return true
    case 'in':
      return question.values.some(value => compare(text, '=', value))
    case 'matches':
      return matches(text, question.pattern)
    case 'compare':
      return compare(text, question.by, question.value)
  }
}

const DECIMAL = /^\s*[+-]?\d+(?:\.\d+)?\s*$/

function compare(text: string, by: Comparison, value: Literal): boolean {
  if (typeof value === 'string') return ordered(text < value ? -1 : text > value ? 1 : 0, by)
  return DECIMAL.test(text) && ordered(Number(text) - value, by)
}

function ordered(difference: number, by: Comparison): boolean {
  switch (by) {
    case '=':
      return difference === 0
    case '<':
      return difference < 0
    case '>':
      return difference > 0
    case '<=':
      return difference <= 0
    case '>=':
      return difference >= 0
  }
}

/**
 * `*` stands for any text, also none; `?` for one character; the pattern is of the whole text. When
 * a match fails, only the last `*` is tried further, so the time is bounded by the length of the
 * text times that of the pattern, whatever both hold.
 */
export function matches(text: string, pattern: string): boolean {
  let at = 0
  let wanted = 0
  let star = -1
  let tried = 0
  while (at < text.length) {
    if (pattern[wanted] === '*') {
      star = wanted
      tried = at
      wanted += 1
    } else if (pattern[wanted] === '?' || pattern[wanted] === text[at]) {
      at += 1
      wanted += 1
    } else if (star >= 0) {
      tried += 1
      at = tried
      wanted = star + 1
    } else return false
  }
  while (pattern[wanted] === '*') wanted += 1
  return wanted === pattern.length
}
