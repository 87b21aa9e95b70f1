// CSV as spreadsheets write it (RFC 4180): quoted cells, line ends of any system, a byte order
// mark, and the semicolon that spreadsheets of Europe put in the comma's place. Linear in the
// text. Says where each cell stands, so that a fault can be found.

export interface Cell {
  readonly text: string
  /** From 1, in the file. */
  readonly line: number
  readonly column: number
}

export interface CsvTable {
  readonly rows: readonly (readonly Cell[])[]
  /** What is wrong with the quoting; the rows before it are read. */
  readonly fault:
    | { readonly line: number; readonly column: number; readonly what: string }
    | undefined
}

/** Empty lines are left out. Cells keep their blanks; the caller decides. */
export function readCsv(source: string): CsvTable {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const separator = separatorOf(text)
  const rows: Cell[][] = []
  let row: Cell[] = []
  let line = 1
  let lineStart = 0
  let at = 0
  while (at <= text.length) {
    const column = at - lineStart + 1
    const cell = text[at] === '"' ? quoted(text, at) : plain(text, at, separator)
    if (cell === undefined) return { rows, fault: { line, column, what: OPEN } }
    row.push({ text: cell.text, line, column })
    line += cell.lines
    if (cell.lines > 0) lineStart = text.lastIndexOf('\n', cell.end) + 1
    at = cell.end
    if (text[at] === separator) {
      at += 1
      continue
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
      return { rows, fault: { line, column: at - lineStart + 1, what: TRAILING } }
    }
    if (row.length > 1 || row[0]?.text !== '') rows.push(row)
    row = []
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1
    line += 1
    lineStart = at
  }
  return { rows, fault: undefined }
}

const OPEN = 'a quotation mark is never closed'
const TRAILING = 'text stands behind a closing quotation mark'

interface Read {
  readonly text: string
  readonly end: number
  /** Line ends inside. */
  readonly lines: number
}

function plain(text: string, start: number, separator: string): Read {
  let end = start
  while (end < text.length) {
    const character = text[end]
    if (character === separator || character === '\n' || character === '\r') break
    end += 1
  }
  return { text: text.slice(start, end), end, lines: 0 }
}

function quoted(text: string, start: number): Read | undefined {
  let end = text.indexOf('"', start + 1)
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
  if (end < 0) return undefined
  const inner = text.slice(start + 1, end)
  const lines = inner.split('\n').length - 1
  return { text: inner.replaceAll('""', '"'), end: end + 1, lines }
}

/** What the first line separates by. */
function separatorOf(text: string): string {
  const end = text.search(/[\r\n]/)
  const first = end < 0 ? text : text.slice(0, end)
  const count = (character: string) => first.split(character).length
  return count(';') > count(',') ? ';' : ','
}
