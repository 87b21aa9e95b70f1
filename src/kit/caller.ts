// Who calls: the file of the function that called a given one. For files that stand beside a
// module, which only the module's own place can tell.
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Caller {
  /** Absolute path of the module. */
  readonly file: string
  /** A path as the module writes it, from its own folder. */
  resolve(path: string): string
}

/** The nearest caller above `callee`; undefined where that is no file. */
// biome-ignore lint/complexity/noBannedTypes: any function may be asked for its caller.
export function callerOf(callee: Function): Caller | undefined {
  const holder: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  Error.captureStackTrace(holder, callee)
  Error.stackTraceLimit = stackTraceLimit
  const url = /\(?(file:\/\/\/[^()]*?):\d+:\d+\)?$/.exec(holder.stack ?? '')?.[1]
  if (url === undefined) return undefined
  const file = fileURLToPath(url)
  return { file, resolve: path => resolve(dirname(file), path) }
}
