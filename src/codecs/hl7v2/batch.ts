// Files and batches of messages (FHS, BHS … BTS, FTS; HL7 v2.5.1 chapter 2.10.3): where each
// message begins and ends, and whether the counts are right. No byte is changed: each message is a
// stretch of the bytes that came, in its own delimiters. Linear.
import type { Finding } from '../../model/event.ts'
import { lineStarts, viewOfUtf16 } from './view.ts'

export interface Batch {
  /** A lone message is no batch, and its one message is the bytes themselves. */
  readonly isBatch: boolean
  /** In their order; none where a batch is empty. */
  readonly messages: readonly Buffer[]
  /** Of the frame around the messages: counts that disagree, ends that are missing, stray lines. */
  readonly findings: readonly Finding[]
}

/** MSH with delimiters that can be used, so that no free text is taken for a header. */
const header = /MSH([!-/:-@[-`{-~])[!-/:-@[-`{-~]{1,5}(?:\1|[\r\n]|$)/y
const envelope = /(FHS|BHS|BTS|FTS)(?:[!-/:-@[-`{-~]|[\r\n]|$)/y

export function splitBatch(bytes: Buffer): Batch {
  const utf16 = viewOfUtf16(bytes)
  const text = (utf16?.view ?? bytes).toString('latin1')
  const lone = { isBatch: false, messages: [bytes], findings: [] }
  if (isLone(text)) return lone
  const lines = new Lines(text)
  const starts = lineStarts(bytes, utf16?.charset ?? 'ascii')
  const frame = new Frame()
  const spans: { from: number; to: number }[] = []
  let open: { from: number; to: number } | undefined
  for (const [i, line] of lines.all.entries()) {
    const kind = lines.kindOf(line)
    const from = starts[i] ?? bytes.length
    if (kind === 'MSH') {
      open = { from, to: from }
      spans.push(open)
      frame.message()
    } else if (kind !== undefined) {
      open = undefined
      frame.envelope(kind, lines.countOf(line))
    }
    if (open !== undefined) open.to = starts[i + 1] ?? bytes.length
    else if (kind === undefined && !lines.isBlank(line)) frame.stray()
  }
  if (spans.length < 2 && !frame.seen) return lone
  return {
    isBatch: true,
    messages: spans.map(({ from, to }) => bytes.subarray(from, to)),
    findings: frame.close(),
  }
}

/** Whether there is nothing to split; asked of every message, so it looks for few bytes only. */
function isLone(text: string): boolean {
  const start = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  header.lastIndex = start
  if (!header.test(text)) return !/^[\r\n]*(?:FHS|BHS|MSH)/.test(text.slice(start, start + 64))
  return !/[\r\n](?:MSH|FHS|BHS|BTS|FTS)/.test(text)
}

/** The lines of a text, by where they begin: as many as `lineStarts` finds. */
class Lines {
  readonly all: readonly number[]
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    const all = [text.startsWith('\xef\xbb\xbf') ? 3 : 0]
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === 0x0d || code === 0x0a) all.push(at + 1)
    }
    this.all = all
  }

  kindOf(line: number): 'MSH' | EnvelopeName | undefined {
    header.lastIndex = line
    if (header.test(this.#text)) return 'MSH'
    envelope.lastIndex = line
    return envelope.exec(this.#text)?.[1] as EnvelopeName | undefined
  }

  isBlank(line: number): boolean {
    return line >= this.#text.length || /[\r\n]/.test(this.#text.charAt(line))
  }

  /** BTS-1 or FTS-1; undefined where it is no number. */
  countOf(line: number): number | undefined {
    const match = /^.{3}.(\d{1,9})(?!\d)/.exec(this.#text.slice(line, line + 16))
    return match === null ? undefined : Number(match[1])
  }
}

type EnvelopeName = 'FHS' | 'BHS' | 'BTS' | 'FTS'

/** Counts what the envelope says against what is there. */
class Frame {
  seen = false
  readonly #findings: Finding[] = []
  /** Messages since the last BHS or BTS; batches since FHS. */
  #messages = 0
  #batches = 0
  #batchOpen = false
  #fileOpen = false

  message(): void {
    this.#messages += 1
  }

  stray(): void {
    this.#say('batch_stray', 'BHS', 'Lines stand outside of any message.')
  }

  envelope(name: EnvelopeName, count: number | undefined): void {
    this.seen = true
    if (name === 'BHS' || name === 'FHS') this.#endBatch()
    if (name === 'FHS') this.#fileOpen = true
    if (name === 'BHS') {
      this.#batchOpen = true
      this.#batches += 1
    }
    if (name === 'BTS') {
      if (!this.#batchOpen) this.#batches += 1
      if (count !== undefined && count !== this.#messages) {
        this.#say(
          'batch_count',
          'BTS-1',
          'The batch holds another number of messages than it says.',
        )
      }
      this.#batchOpen = false
      this.#messages = 0
    }
    if (name === 'FTS') {
      this.#endBatch()
      if (count !== undefined && count !== this.#batches) {
        this.#say('batch_count', 'FTS-1', 'The file holds another number of batches than it says.')
      }
      this.#fileOpen = false
      this.#batches = 0
    }
  }

  close(): readonly Finding[] {
    this.#endBatch()
    if (this.#fileOpen) this.#say('batch_unclosed', 'FHS', 'A file ends without FTS.')
    return this.#findings
  }

  #endBatch(): void {
    if (this.#batchOpen) this.#say('batch_unclosed', 'BHS', 'A batch ends without BTS.')
    this.#batchOpen = false
    this.#messages = 0
  }

  #say(code: string, place: string, text: string): void {
    const known = this.#findings.some(one => one.code === code && one.place === place)
    if (!known) this.#findings.push({ code, place, text })
  }
}
