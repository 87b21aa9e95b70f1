// What a command is: its words, its options, its help, and what it does. One file per command; the
// table is in cli/index.ts. Exit codes are few and the same for every command.
import type { Tables } from '../declare/room.ts'

export const exit = {
  ok: 0,
  /** It ran, and what it looked at is not well: a refused message, a dead letter, a finding. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The project's configuration has errors. */
  config: 3,
  /** What it needs is not there or in use: the data folder, a port, a running engine. */
  unavailable: 4,
  /** A bug of Firth. */
  bug: 70,
} as const

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly doc: string
  /** What stands for the value in help: `DIR`, `N`. */
  readonly value?: string
  readonly multiple?: true
}

export interface Args {
  readonly positionals: readonly string[]
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  flag(name: string): boolean
  /** A number at or above 0. UsageError for anything else. */
  number(name: string): number | undefined
}

export interface World {
  readonly tables: Tables
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly version: string
  /** Whether standard output is a terminal that takes colours. */
  readonly colours: boolean
  readonly terminal: boolean
  out(text: string): void
  /** For people, beside the output: standard error. */
  err(text: string): void
  /** Rewrites one line on a terminal; says nothing elsewhere. */
  progress(text: string): void
  /** Of the terminal, as it is at the moment; absent where there is none. */
  readonly size?: () => { readonly columns: number; readonly rows: number }
  /**
   * Every key as it is pressed, until the returned function is called; absent without a terminal.
   */
  readonly keys?: (onKey: (key: string) => void) => () => void
  /** One line from the person at the terminal; undefined where there is none to ask. */
  readonly ask?: (question: string) => Promise<string>
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

export interface Command {
  /** `run`, or two words: `log read`. */
  readonly name: string
  readonly arguments: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Paragraphs under the options, for the person who reads help. */
  readonly notes: readonly string[]
  readonly examples: readonly string[]
  run(args: Args, world: World): Promise<number>
}

/** The command line is wrong; the message is for the person who typed it. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A file that the person named and that cannot be read, in words. */
export function unreadable(name: string, cause: unknown): UsageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
  const words: Readonly<Record<string, string>> = {
    ENOENT: `There is no file ${name}.`,
    EISDIR: `${name} is a folder; name a file in it.`,
    EACCES: `${name} may not be read by this user.`,
  }
  return new UsageError(words[code] ?? `${name} cannot be read (${code}).`)
}

export const projectOption = {
  project: {
    type: 'string',
    value: 'DIR',
    doc: 'Folder with channels/ (default: this folder).',
  },
} as const satisfies Record<string, OptionSpec>

export const dataOption = {
  data: {
    type: 'string',
    value: 'DIR',
    doc: 'Folder of the log and the state (default: data/ in the project).',
  },
} as const satisfies Record<string, OptionSpec>

export const setOption = {
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    doc: 'Overrides a setting of firth.yaml, e.g. log.segment_bytes_max=1000000. May be repeated.',
  },
} as const satisfies Record<string, OptionSpec>

export const jsonOption = {
  json: { type: 'boolean', doc: 'Prints JSON for programs.' },
} as const satisfies Record<string, OptionSpec>
