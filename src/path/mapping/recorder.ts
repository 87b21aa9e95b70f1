// In an explaining process: what a mapping reads, and from which of its lines. Every read of a
// value and every row of a code table that is found leaves a note; for messages of work there is
// none of this.
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'
import { type CodeRow, pathOfRow } from '../../codecs/code_table.ts'
import { Value } from '../../codecs/hl7v2/value.ts'
import type { MappingRead } from '../../model/event.ts'
import type { Fences } from './sandbox.ts'

/** Different reads of one message that are kept. */
const READS_MAX = 50_000
/** How far up it is looked for the line of a mapping. */
const FRAMES_MAX = 12

export class Recorder {
  readonly #fences: Fences
  readonly #reads = new Map<string, MappingRead>()
  /** By text: the read that gave it last. */
  #last: Record<string, MappingRead> = Object.create(null)
  /** By the address of a script: what is shown of it; '' for the engine's own code. */
  readonly #scripts: Record<string, string> = Object.create(null)

  constructor(fences: Fences) {
    this.#fences = fences
  }

  /** Notes from here on what anyone in this process reads. */
  listen(): void {
    const { text } = Value.prototype
    const read = Object.getOwnPropertyDescriptor(Value.prototype, 'raw')?.get ?? (() => '')
    const note = (value: Value, found: string | undefined) => this.#note(value, found)
    Value.prototype.text = function (this: Value, part = 0) {
      const found = text.call(this, part)
      note(this, found)
      return found
    }
    Object.defineProperty(Value.prototype, 'raw', {
      get(this: Value) {
        const found: string = read.call(this)
        note(this, found)
        return found
      },
    })
    const { get } = Map.prototype
    const noteRow = (row: unknown, key: unknown) => this.#noteRow(row, key)
    Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
      const row: unknown = get.call(this, key)
      noteRow(row, key)
      return row
    }
  }

  /** What was read since it was asked for last, in the order of the first reads. */
  take(): readonly MappingRead[] {
    const reads = [...this.#reads.values()]
    this.#reads.clear()
    this.#last = Object.create(null)
    return reads
  }

  #note(value: Value, text: string | undefined): void {
    if (text === undefined || text === '') return
    const rule = this.#rule()
    if (rule !== undefined) this.#keep({ rule, place: value.place, text })
  }

  /** A row of a code table, or what a slot holds of it; its code was read before. */
  #noteRow(found: unknown, key: unknown): void {
    const last = typeof key === 'string' ? this.#last[key] : undefined
    if (last === undefined || typeof found !== 'object' || found === null) return
    const row = ('row' in found ? found.row : found) as Partial<CodeRow>
    const { file, line, target } = row
    if (file === undefined || line === undefined || target === undefined) return
    const path = pathOfRow(row as CodeRow)
    const shown = path && this.#shown(path)
    this.#keep({ ...last, rule: `${shown ?? file.replace(/^\.\//, '')}:${line}` })
  }

  #keep(read: MappingRead): void {
    const { rule, place, text } = read
    this.#last[text] = read
    if (this.#reads.size < READS_MAX) this.#reads.set(`${rule} ${place} ${text}`, read)
  }

  /** `transforms/base/datatypes/person.ts:42 ← transforms/base/segments/pid.ts:31`. */
  #rule(): string | undefined {
    const lines: { readonly file: string; readonly line: number }[] = []
    for (const { scriptName, lineNumber } of getCallSites(FRAMES_MAX)) {
      this.#scripts[scriptName] ??= this.#shownScript(scriptName) ?? ''
      const file = this.#scripts[scriptName]
      if (file === '' || lines[0]?.file === file) continue
      lines.push({ file, line: lineNumber })
      if (lines.length === 2) break
    }
    return lines.length === 0
      ? undefined
      : lines.map(({ file, line }) => `${file}:${line}`).join(' ← ')
  }

  /** From the folder that holds the tenants' modules; undefined for the engine's own code. */
  #shownScript(script: string): string | undefined {
    return script.startsWith('file:') ? this.#shown(fileURLToPath(script)) : undefined
  }

  #shown(path: string): string | undefined {
    const { base, tenant } = this.#fences
    if (path.startsWith(base)) return `transforms/base/${path.slice(base.length)}`
    if (tenant === undefined || !path.startsWith(tenant)) return undefined
    const name = tenant.slice(tenant.lastIndexOf('/', tenant.length - 2) + 1)
    return `transforms/${name}${path.slice(tenant.length)}`
  }
}
