// What crosses between the engine and the thread of the search index.
import type { Code, Facts } from '../../../model/errors.ts'
import type { Search } from '../../../model/search.ts'

export interface SearchOptions {
  /** Of the index itself. */
  readonly file: string
  /** The data folder whose log is followed. */
  readonly data: string
  /** URL of a module with `openReader(data): LogReader`. */
  readonly reader_module: string
}

type Asked = Omit<Search, 'close'>

/** Of every question, what the thread answers. */
export type SearchMethods = {
  readonly [M in keyof Asked]: (
    ...values: Parameters<Asked[M]>
  ) => Awaited<ReturnType<Asked[M]>> | ReturnType<Asked[M]>
}

export interface SearchCall {
  readonly id: number
  readonly method: keyof Asked
  readonly values: readonly unknown[]
}

export type SearchReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: { readonly code: Code; readonly facts: Facts } }
