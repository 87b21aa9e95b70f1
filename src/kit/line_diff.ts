// Two texts side by side: which lines went and which came, with a few lines around them. For people
// who look at a change before they agree to it.

export type DiffLine = readonly [mark: ' ' | '-' | '+', line: string]

/** Texts that differ by more lines than this are shown as all gone and all new. */
const CELLS_MAX = 4_000_000

/** Longest common subsequence of the lines between the first and the last difference. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  const least = Math.min(a.length, b.length) - head
  while (tail < least && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const kept = (lines: readonly string[]) => lines.map(line => [' ', line] as const)
  return [
    ...kept(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...kept(a.slice(a.length - tail)),
  ]
}

function middle(gone: readonly string[], came: readonly string[]): readonly DiffLine[] {
  if (gone.length * came.length > CELLS_MAX) {
    return [...gone.map(line => ['-', line] as const), ...came.map(line => ['+', line] as const)]
  }
  const lengths = commonLengths(gone, came)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < gone.length || j < came.length) {
    const [old = '', fresh = ''] = [gone[i], came[j]]
    if (i < gone.length && j < came.length && old === fresh) {
      lines.push([' ', old])
      i++
      j++
    } else if (j >= came.length || (i < gone.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(['-', old])
      i++
    } else {
      lines.push(['+', fresh])
      j++
    }
  }
  return lines

  function at(row: number, column: number): number {
    return lengths[row]?.[column] ?? 0
  }
}

/** [i][j]: how many lines the rests from i and from j have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, next] = [rows[i] as Uint32Array, rows[i + 1] as Uint32Array]
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0)
    }
  }
  return rows
}

/** Changed lines with `around` lines of what stays; `…` stands for what is left out. */
export function excerpt(diff: readonly DiffLine[], around = 2): readonly string[] {
  const near = diff.map((_, i) =>
    diff.slice(Math.max(0, i - around), i + around + 1).some(([mark]) => mark !== ' '),
  )
  return diff.flatMap(([mark, line], i) => {
    if (near[i]) return [`${mark} ${line}`]
    return i > 0 && near[i - 1] ? ['…'] : []
  })
}
