// Words for people: tables, times, colours. Colours only on a terminal and never with NO_COLOR.

export interface Ink {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

export function inkOf(colours: boolean): Ink {
  const paint = (code: number) => (text: string) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text)
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) }
}

/**
 * Text of a sender, safe for a terminal: its control characters are shown, not obeyed. Line ends
 * and tabs stay.
 */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be shown.
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, character => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(
  head: readonly string[],
  cells: readonly (readonly (string | number)[])[],
): string {
  const rows = cells.map(row => row.map(cell => (typeof cell === 'number' ? cell : plain(cell))))
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map(row => String(row[i] ?? '').length)),
  )
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, i) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[i] ?? 0)
          : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}

export function ago(at_ms: number | undefined, now_ms: number): string {
  if (at_ms === undefined) return 'never'
  return `${duration(now_ms - at_ms)} ago`
}

/** `350 ms`, `12 s`, `5 min`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

export function bytesInWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
