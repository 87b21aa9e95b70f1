// A JSON Patch (RFC 6902) that does nothing unless what it changes stands as it was read: before
// the first change it tests every member that it touches. The only file that knows rfc6902.
import { createPatch, type Operation as PatchOperation } from 'rfc6902'
import { isExact, sameNumber } from './exact.ts'

export type { PatchOperation }

type Members = Readonly<Record<string, unknown>>

/** Longer lists are replaced whole: finding the smallest change costs their product. */
const LIST_MAX = 50

/**
 * From `before`, as it was read, to `after`; empty where they are the same. `also` are members that
 * are tested although they do not change. What is absent in `before` cannot be tested as such.
 */
export function guardedPatch(
  before: Members,
  after: Members,
  also: readonly string[] = [],
): readonly PatchOperation[] {
  const changes = createPatch(before, after, given)
  if (changes.length === 0) return []
  const touched = changes.map(({ path }) => memberOf(path))
  const tested = [...new Set([...also, ...touched])].filter(name => Object.hasOwn(before, name))
  const tests = tested.map(name => testOf(`/${escaped(name)}`, before[name]))
  return [...tests, ...changes]
}

export const testOf = (path: string, value: unknown): PatchOperation => ({
  op: 'test',
  path,
  value,
})

/** What the library must not look into; undefined: it may. */
function given(before: unknown, after: unknown, at: { toString(): string }) {
  const whole = (): PatchOperation[] => [{ op: 'replace', path: at.toString(), value: after }]
  if (isExact(before) || isExact(after)) return sameNumber(before, after) ? [] : whole()
  const long = (list: unknown) => Array.isArray(list) && list.length > LIST_MAX
  if (!long(before) && !long(after)) return undefined
  return JSON.stringify(before) === JSON.stringify(after) ? [] : whole()
}

const memberOf = (path: string) =>
  (path.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
