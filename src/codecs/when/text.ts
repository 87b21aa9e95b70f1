// A compiled condition back in the words of its grammar, and the names that it asks for: to show a
// person why a message or an event was not taken.
import type { Condition, Literal } from '../../model/condition.ts'

export function conditionText(condition: Condition): string {
  switch (condition.is) {
    case 'and':
      return condition.of.map(one => within(one, one.is === 'or')).join(' and ')
    case 'or':
      return condition.of.map(conditionText).join(' or ')
    case 'not':
      return negated(condition.of)
    case 'exists':
      return `${condition.name} exists`
    case 'compare':
      return `${condition.name} ${condition.by} ${literal(condition.value)}`
    case 'in':
      return `${condition.name} in [${condition.values.map(literal).join(', ')}]`
    case 'matches':
      return `${condition.name} matches ${JSON.stringify(condition.pattern)}`
  }
}

/** As people write it: `!=` and `not in` where the grammar has them. */
function negated(condition: Condition): string {
  switch (condition.is) {
    case 'compare':
      if (condition.by === '=') return `${condition.name} != ${literal(condition.value)}`
      return `not ${conditionText(condition)}`
    case 'in':
      return `${condition.name} not in [${condition.values.map(literal).join(', ')}]`
    default:
      return `not ${within(condition, condition.is === 'and' || condition.is === 'or')}`
  }
}

const within = (condition: Condition, bracketed: boolean) =>
  bracketed ? `(${conditionText(condition)})` : conditionText(condition)

const literal = (value: Literal) => (typeof value === 'number' ? String(value) : quoted(value))

/** A plain word, such as a kind of event, stands as it is usually written. */
const quoted = (text: string) =>
  /^[A-Za-z][A-Za-z_]*(\.[a-z_]+)*$/.test(text) && !KEYWORD.test(text) ? text : JSON.stringify(text)

const KEYWORD = /^(and|or|not|in|exists|matches)$/i

/** Each once, in the order of their first mention. */
export function namesIn(condition: Condition): readonly string[] {
  return [...new Set(mentions(condition))]
}

function mentions(condition: Condition): readonly string[] {
  switch (condition.is) {
    case 'and':
    case 'or':
      return condition.of.flatMap(mentions)
    case 'not':
      return mentions(condition.of)
    default:
      return [condition.name]
  }
}
