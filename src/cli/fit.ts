// Fits what is shown to the width of a terminal: tables give up their least needed columns first,
// and what is still too long is cut, never wrapped.
import { table } from './terminal.ts'

export interface FitColumn {
  readonly title: string
  /** The highest goes first where there is no room; 0 stays. */
  readonly spare?: number
}

/** Without a width the whole table. */
export function fitTable(
  columns: readonly FitColumn[],
  rows: readonly (readonly (string | number)[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const shown = new Set(columns.keys())
  for (;;) {
    const kept = [...shown].sort((a, b) => a - b)
    const text = table(
      kept.map(i => columns[i]?.title ?? ''),
      rows.map(row => kept.map(i => row[i] ?? '')),
    )
    const [next] = kept.toSorted((a, b) => spareOf(columns[b]) - spareOf(columns[a]))
    const widest = Math.max(...text.split('\n').map(line => line.length))
    if (widest <= width || next === undefined || spareOf(columns[next]) === 0) return text
    shown.delete(next)
  }
}

const spareOf = (column: FitColumn | undefined) => column?.spare ?? 0

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour text.
const COLOUR = /\x1b\[\d+m/y

/** A line of at most so many columns, its colours ended; a cut one ends with `…`. */
export function cut(line: string, columns: number): string {
  let [shown, at, coloured] = [0, 0, false]
  while (at < line.length) {
    COLOUR.lastIndex = at
    const colour = COLOUR.exec(line)?.[0]
    if (colour !== undefined) {
      coloured = colour !== '\x1b[0m'
      at += colour.length
      continue
    }
    if (shown === columns - 1 && restOf(line, at) > 1) {
      return `${line.slice(0, at)}…${coloured ? '\x1b[0m' : ''}`
    }
    shown += 1
    at += 1
  }
  return line
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour text.
const restOf = (line: string, at: number) => line.slice(at).replace(/\x1b\[\d+m/g, '').length
