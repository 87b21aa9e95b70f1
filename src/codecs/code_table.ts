// A tenant's code table: a CSV file with the columns code,target[,system][,display][,comment]. Read
// once, when its module is loaded; a file that is not one is refused with line and column.
import { callerOf } from '../kit/caller.ts'
import { nearest } from '../kit/nearest.ts'
import { readTextNow } from '../kit/read_now.ts'
import { Failure } from '../model/errors.ts'
import { type Cell, readCsv } from './csv.ts'

export interface CodeRow {
  /** What the sender writes. */
  readonly code: string
  /** What it means; empty: the code is known and stands for nothing. */
  readonly target: string
  /** URI of the target's code system; undefined: the slot's own. */
  readonly system: string | undefined
  readonly display: string | undefined
  /** Of the table. */
  readonly file: string
  /** Where the target stands in the file, from 1. */
  readonly line: number
  readonly column: number
}

export interface CodeTable {
  /** As given to `codes`, e.g. `./patient_class.csv`. */
  readonly file: string
  readonly rows: ReadonlyMap<string, CodeRow>
}

/**
 * Reads a table that stands beside the module that calls. Throws Failure('code_table_missing' or
 * 'code_table_invalid') with `file`, `line`, `column` and `what`.
 */
export function codes(file: string): CodeTable {
  const path = /^\.\.?\//.test(file) ? callerOf(codes)?.resolve(file) : undefined
  if (path === undefined) {
    throw new Failure('code_table_missing', { file, what: 'is no path that begins with ./' })
  }
  const text = readTextNow(path)
  if (text === undefined) {
    throw new Failure('code_table_missing', { file, what: 'is not there or may not be read' })
  }
  const table = parseCodeTable(text, file)
  for (const row of table.rows.values()) paths.set(row, path)
  return table
}

/** Where the table of a row lies, for those who explain; a mapping sees no path of this machine. */
const paths = new WeakMap<CodeRow, string>()

/** Absolute; undefined for a row that `codes` did not read. */
export const pathOfRow = (row: CodeRow): string | undefined => paths.get(row)

/** The target of a code that nobody has said the meaning of yet: as if the row were not there. */
export const OPEN_QUESTION = '?'

const COLUMNS = ['code', 'target', 'system', 'display', 'comment'] as const
type Column = (typeof COLUMNS)[number]

/** `file` is for the faults. */
export function parseCodeTable(text: string, file: string): CodeTable {
  const { rows: lines, fault } = readCsv(text)
  if (fault !== undefined) refuse({ file, ...fault })
  const [header, ...body] = lines
  if (header === undefined) refuse({ file, line: 1, column: 1, what: 'the table is empty' })
  const columns = columnsOf(header, file)
  const rows = new Map<string, CodeRow>()
  const lineOf = new Map<string, number>()
  for (const line of body) {
    const row = rowOf(line, columns, file)
    const { line: at, column } = line[0] as Cell
    const twin = lineOf.get(row.code)
    if (twin !== undefined) {
      refuse({ file, line: at, column, what: `the code stands in line ${twin} already` })
    }
    lineOf.set(row.code, at)
    if (row.target !== OPEN_QUESTION) rows.set(row.code, row)
  }
  return { file, rows }
}

/** Throws; the faults of a table are all alike. */
export function refuse(fault: {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly what: string
}): never {
  throw new Failure('code_table_invalid', fault)
}

function columnsOf(header: readonly Cell[], file: string): readonly Column[] {
  const columns = header.map(({ text, line, column }) => {
    const name = text.trim().toLowerCase()
    const known = COLUMNS.find(one => one === name)
    if (known !== undefined) return known
    const meant = nearest(name, COLUMNS)
    const hint =
      meant === undefined ? `the columns are ${COLUMNS.join(', ')}` : `did you mean ${meant}?`
    return refuse({ file, line, column, what: `unknown column; ${hint}` })
  })
  for (const name of ['code', 'target'] as const) {
    if (columns.filter(one => one === name).length !== 1) {
      refuse({ file, line: 1, column: 1, what: `the first line must name the column ${name} once` })
    }
  }
  return columns
}

function rowOf(cells: readonly Cell[], columns: readonly Column[], file: string): CodeRow {
  const [first] = cells as readonly [Cell]
  const extra = cells.slice(columns.length).find(({ text }) => text.trim() !== '')
  if (extra !== undefined) {
    refuse({ file, line: extra.line, column: extra.column, what: 'more cells than columns' })
  }
  const cell = (column: Column) => cells[columns.indexOf(column)]
  const text = (column: Column) => cell(column)?.text.trim() ?? ''
  if (text('code') === '') {
    refuse({ file, line: first.line, column: first.column, what: 'a row without a code' })
  }
  const place = cell('target') ?? first
  return {
    code: text('code'),
    target: text('target'),
    system: text('system') || undefined,
    display: text('display') || undefined,
    file,
    line: place.line,
    column: place.column,
  }
}
