// Where in a value a remark points: paths, and the JSON pointers of those who speak in them.

/** Keys from the root down; a list's positions are keys too. */
export type Path = readonly string[]

/** JSON pointer (RFC 6901) → path. */
export function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

export function startsWith(path: Path, head: Path): boolean {
  return head.length <= path.length && head.every((key, i) => key === path[i])
}

export const isSame = (a: Path, b: Path) => a.length === b.length && startsWith(a, b)
