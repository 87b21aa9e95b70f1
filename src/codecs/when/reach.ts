// Which conditions of a list can ever hold, found by trying every answer that a world could give.
// What holds one value has its possible values tried; of everything else each question is tried
// with yes and with no. So "never" is certain, and where there is too much to try nothing is said.
import type { Condition } from '../../model/condition.ts'
import { holds, type Question } from './holds.ts'

export interface World {
  /** Names that hold at most one value. */
  single(name: string): boolean
  /** All values that a name can have, where that is known. */
  values(name: string): readonly string[] | undefined
}

export interface Reach {
  /** Whether there is a world in which it holds. */
  readonly ever: boolean
  /** Whether it holds in every world. */
  readonly always: boolean
  /** Whether there is a world in which it holds and none before it does. */
  readonly first: boolean
}

const WORLDS_MAX = 16_384

/** Undefined conditions always hold. Undefined where there are more worlds than can be tried. */
export function reach(
  conditions: readonly (Condition | undefined)[],
  world: World,
): readonly Reach[] | undefined {
  const axes = axesOf(conditions, world)
  if (axes.reduce((product, axis) => product * axis.answers.length, 1) > WORLDS_MAX) return
  const results = conditions.map(() => ({ ever: false, always: true, first: false }))
  for (const answers of worldsOf(axes)) {
    let taken = false
    for (const [i, condition] of conditions.entries()) {
      const result = results[i]
      if (result === undefined) continue
      const held = condition === undefined || holdsIn(condition, answers)
      if (held) result.ever = true
      else result.always = false
      if (held && !taken) result.first = true
      taken ||= held
    }
  }
  return results
}

/** A name with its possible texts, or one question with its two answers. */
interface Axis {
  readonly key: string
  readonly answers: readonly (string | boolean | undefined)[]
}

type Answers = ReadonlyMap<string, string | boolean | undefined>

/** Stands for every text that no condition names. */
const OTHER = '\u0000other'

function axesOf(conditions: readonly (Condition | undefined)[], world: World): readonly Axis[] {
  const questions = conditions.flatMap(one => (one === undefined ? [] : questionsOf(one)))
  const axes = new Map<string, Axis>()
  for (const [name, asked] of Map.groupBy(questions, one => one.name)) {
    const answers = possible(name, asked, world)
    if (answers !== undefined) axes.set(name, { key: name, answers })
    else for (const one of asked) axes.set(keyOf(one), { key: keyOf(one), answers: [true, false] })
  }
  return [...axes.values()]
}

function possible(name: string, asked: readonly Question[], world: World) {
  const known = world.values(name)
  if (known !== undefined) return known
  const exact = asked.every(({ is, ...one }) => {
    return is === 'exists' || is === 'in' || ('by' in one && one.by === '=')
  })
  if (!world.single(name) || !exact) return undefined
  const named = asked.flatMap(one => {
    if (one.is === 'in') return one.values
    return one.is === 'compare' ? [one.value] : []
  })
  return [...new Set(named.map(String)), OTHER, undefined]
}

function questionsOf(condition: Condition): Question[] {
  switch (condition.is) {
    case 'and':
    case 'or':
      return condition.of.flatMap(questionsOf)
    case 'not':
      return questionsOf(condition.of)
    default:
      return [condition]
  }
}

const keyOf = (question: Question) => JSON.stringify(question)

function* worldsOf(axes: readonly Axis[]): Generator<Answers> {
  const count = axes.reduce((product, axis) => product * axis.answers.length, 1)
  for (let number = 0; number < count; number++) {
    let rest = number
    yield new Map(
      axes.map(({ key, answers }) => {
        const answer = answers[rest % answers.length]
        rest = Math.floor(rest / answers.length)
        return [key, answer]
      }),
    )
  }
}

function holdsIn(condition: Condition, answers: Answers): boolean {
  switch (condition.is) {
    case 'and':
      return condition.of.every(one => holdsIn(one, answers))
    case 'or':
      return condition.of.some(one => holdsIn(one, answers))
    case 'not':
      return !holdsIn(condition.of, answers)
    default: {
      if (!answers.has(condition.name)) return answers.get(keyOf(condition)) === true
      const text = answers.get(condition.name)
      return holds(condition, () => (typeof text === 'string' ? [text] : []))
    }
  }
}
