// Where two JSON values differ, by path. What stands in front of or behind a changed place of a
// list is recognised, so that one new element is one difference.

export interface JsonDifference {
  readonly path: readonly (string | number)[]
  /** Undefined: it is not there. */
  readonly before: unknown
  readonly after: unknown
}

/** In the order of the first value's elements, then what the second has beside them. */
export function jsonDiff(before: unknown, after: unknown): readonly JsonDifference[] {
  const found: JsonDifference[] = []
  walk(before, after, { path: [], found })
  return found
}

interface Walk {
  readonly path: readonly (string | number)[]
  readonly found: JsonDifference[]
}

function walk(before: unknown, after: unknown, at: Walk): void {
  if (Array.isArray(before) && Array.isArray(after)) {
    lists(before, after, at)
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      walk(before[key], after[key], { ...at, path: [...at.path, key] })
    }
  } else if (!isSame(before, after)) {
    at.found.push({ path: at.path, before, after })
  }
}

function lists(before: readonly unknown[], after: readonly unknown[], at: Walk): void {
  const least = Math.min(before.length, after.length)
  let head = 0
  while (head < least && isSame(before[head], after[head])) head++
  let tail = 0
  while (tail < least - head && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail++
  const changed = Math.max(before.length, after.length) - head - tail
  for (let i = head; i < head + changed; i++) {
    const a = i < before.length - tail ? before[i] : undefined
    const b = i < after.length - tail ? after[i] : undefined
    walk(a, b, { ...at, path: [...at.path, i] })
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members in another order make no difference. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, i) => isSame(one, b[i]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => isSame(a[key], b[key]))
}
