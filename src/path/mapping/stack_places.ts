// Places in the text of an error's stack, as Node 24 writes it: the frames, and the head that a
// syntax error has before them.
import { fileURLToPath } from 'node:url'

export interface Spot {
  /** Absolute path. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** Innermost first; frames of Node itself are left out. */
export function framesOf(stack: string): readonly Spot[] {
  return stack.split('\n').flatMap(line => {
    const match = /^ {4}at .*?(file:\/\/\/[^()\s]+?):(\d+):(\d+)\)?$/.exec(line)
    const [, url, at, column] = match ?? []
    if (url === undefined) return []
    return [{ file: fileURLToPath(url), line: Number(at), column: Number(column) }]
  })
}

/**
 * `/path/of/it.ts:3`, the lines of the source up to the third, and a line of `^` under the fault.
 */
export function headOf(stack: string): Spot | undefined {
  const match = /^(?:file:\/\/)?(\/?.*):(\d+)\n([\s\S]*?)(?:\n\n|\n\S*Error)/.exec(stack)
  if (match === null) return undefined
  const [, file = '', line, shown = ''] = match
  const mark = shown.split('\n').find(text => /^\s*\^+$/.test(text))
  return {
    file: decodeURI(file),
    line: Number(line),
    column: mark === undefined ? 1 : mark.indexOf('^') + 1,
  }
}
