// Our own invariants. A broken one is a bug of ours, never a sender's fault: it ends the process
// and the log resumes from what is durable (STYLE.md 15). What came from outside is never asserted.

/** A broken invariant of Firth itself. Nothing catches it to go on. */
export class Bug extends Error {
  override name = 'Bug'
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Bug(what)
}

/** For the end of an exhaustive switch: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${String(value)}`)
}

/** An indexed access that cannot miss, by an invariant that the caller names. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Bug(`missing: ${what}`)
  return value
}
