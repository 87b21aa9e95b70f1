// MLLP frames out of a stream of bytes, and into it (HL7 v2 "Minimal Lower Layer Protocol",
// transport specification MLLP release 1). A read is not a message: frames may be split and joined
// at any byte. Works in linear time, keeps content byte for byte, and loses nothing without saying
// so: whatever is not a whole frame comes out under the name of what is wrong with it.
import { headerAt } from '../codecs/hl7v2/scan.ts'

// A frame is   VT content FS CR.   Inside of it FS without CR is content, and so is VT, unless a
// header segment (MSH, FHS, BHS) follows it at once: then the frame before was never finished.
const VT = 0x0b
const FS = 0x1c
const CR = 0x0d
const LF = 0x0a
const NONE = Buffer.alloc(0)

export interface FramerLimits {
  /** Content of one frame. */
  readonly frame_bytes_max: number
  /** Between two frames; carriage return, line feed and zero bytes are free. */
  readonly outside_bytes_max: number
  /** How much is kept of what is no frame. */
  readonly kept_bytes_max: number
}

export type Oddity = 'abandoned' | 'cut_off' | 'too_large' | 'outside' | 'too_much_outside'

export type FrameItem =
  | { readonly kind: 'frame'; readonly bytes: Buffer }
  /** `bytes` is the beginning, at most `kept_bytes_max`; `length` is all that came of it. */
  | { readonly kind: Oddity; readonly bytes: Buffer; readonly length: number }

/**
 * Parts of one content, joined by one copy. Small parts share a slab, or each would cost an object.
 */
class Pieces {
  length = 0
  #parts: Buffer[] = []
  #slab = NONE
  #slab_used = 0

  add(part: Buffer): void {
    this.length += part.length
    if (part.length >= SMALL_BYTES) {
      this.#seal()
      this.#parts.push(part)
      return
    }
    if (this.#slab_used + part.length > this.#slab.length) {
      this.#seal()
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#slab_used = 0
    }
    part.copy(this.#slab, this.#slab_used)
    this.#slab_used += part.length
  }

  /** All of it with `last` behind, and forgets it. */
  take(last: Buffer): Buffer {
    if (this.length === 0) return last
    this.#seal()
    const whole = Buffer.concat([...this.#parts, last])
    this.clear()
    return whole
  }

  /** A copy of the first `count` bytes. */
  head(count: number): Buffer {
    this.#seal()
    return Buffer.concat(this.#parts, Math.min(count, this.length))
  }

  clear(): void {
    this.length = 0
    this.#parts = []
    this.#slab = NONE
    this.#slab_used = 0
  }

  /** What the slab holds becomes a part; its rest is used further. */
  #seal(): void {
    if (this.#slab_used === 0) return
    this.#parts.push(this.#slab.subarray(0, this.#slab_used))
    this.#slab = this.#slab.subarray(this.#slab_used)
    this.#slab_used = 0
  }
}

const SMALL_BYTES = 4_096
const SLAB_BYTES = 65_536

export class Framer {
  readonly #limits: FramerLimits
  readonly #content = new Pieces()
  readonly #outside = new Pieces()
  /** The end of the last read, while it may still turn out to be the beginning of a mark. */
  #undecided = NONE
  #inside = false
  #over = false
  #items: FrameItem[] = []

  constructor(limits: FramerLimits) {
    this.#limits = limits
  }

  /** A frame has begun and not ended. */
  get mid_frame(): boolean {
    return this.#inside
  }

  /** Bytes held of a frame that is not whole yet. */
  get pending_bytes(): number {
    return this.#content.length
  }

  /** What these bytes complete, in order. After `too_large` or `too_much_outside` nothing comes. */
  push(read: Buffer): readonly FrameItem[] {
    const bytes = this.#undecided.length > 0 ? Buffer.concat([this.#undecided, read]) : read
    this.#undecided = NONE
    let at = 0
    while (at < bytes.length && !this.#over) {
      at = this.#inside ? this.#readContent(bytes, at) : this.#readBetween(bytes, at)
    }
    return this.#drain()
  }

  /** The stream has ended: what was begun is cut off. */
  end(): readonly FrameItem[] {
    this.#content.add(this.#undecided)
    this.#undecided = NONE
    if (this.#inside && this.#content.length > 0) this.#report('cut_off', this.#content)
    else this.#endOutside()
    this.#content.clear()
    this.#inside = false
    this.#over = true
    return this.#drain()
  }

  #drain(): readonly FrameItem[] {
    const items = this.#items
    this.#items = []
    return items
  }

  /** Reads up to the next start block; answers where to go on. */
  #readBetween(bytes: Buffer, at: number): number {
    const start = bytes.indexOf(VT, at)
    const end = start < 0 ? bytes.length : start
    // From the first stray byte on all of it is kept, so that a person sees what was sent.
    const stray = this.#outside.length > 0 ? at : firstStray(bytes, at, end)
    const kept = Math.min(end, stray + this.#limits.outside_bytes_max + 1)
    if (stray < kept) this.#outside.add(bytes.subarray(stray, kept))
    if (this.#outside.length > this.#limits.outside_bytes_max) {
      this.#report('too_much_outside', this.#outside)
      this.#over = true
    }
    if (start < 0) return bytes.length
    this.#endOutside()
    this.#inside = true
    return start + 1
  }

  #endOutside(): void {
    if (this.#outside.length > 0) this.#report('outside', this.#outside)
  }

  /** Reads up to the end of the frame, or of the bytes; answers where to go on. */
  #readContent(bytes: Buffer, begin: number): number {
    let end_mark = begin - 1
    let start_mark = begin - 1
    for (let at = begin; ; at = Math.min(end_mark, start_mark) + 1) {
      // Each search goes on where it stopped, so that every byte is looked at once by each.
      if (end_mark < at) end_mark = find(bytes, FS, at)
      if (start_mark < at) start_mark = find(bytes, VT, at)
      const mark = Math.min(end_mark, start_mark)
      if (mark === bytes.length) {
        this.#keep(bytes.subarray(begin))
        return bytes.length
      }
      const verdict = mark === end_mark ? endsHere(bytes, mark) : beginsHere(bytes, mark)
      if (verdict === 'no') continue
      if (verdict === 'too_early') {
        this.#undecided = Buffer.from(bytes.subarray(mark))
        this.#keep(bytes.subarray(begin, mark))
        return bytes.length
      }
      this.#finish(bytes.subarray(begin, mark), mark === end_mark ? 'frame' : 'abandoned')
      return mark + (mark === end_mark ? 2 : 1)
    }
  }

  /** Content that goes on in the next read. */
  #keep(part: Buffer): void {
    if (part.length > 0) this.#content.add(part)
    if (this.#content.length > this.#limits.frame_bytes_max) this.#tooLarge()
  }

  #finish(last: Buffer, kind: 'frame' | 'abandoned'): void {
    if (this.#content.length + last.length > this.#limits.frame_bytes_max) {
      this.#content.add(last)
      this.#tooLarge()
    } else if (kind === 'frame') {
      this.#items.push({ kind, bytes: this.#content.take(last) })
      this.#inside = false
    } else {
      this.#content.add(last)
      if (this.#content.length > 0) this.#report('abandoned', this.#content)
    }
  }

  #tooLarge(): void {
    this.#report('too_large', this.#content)
    this.#inside = false
    this.#over = true
  }

  #report(kind: Oddity, pieces: Pieces): void {
    const { length } = pieces
    this.#items.push({ kind, bytes: pieces.head(this.#limits.kept_bytes_max), length })
    pieces.clear()
  }
}

/** The first byte that may not stand between two frames. */
function firstStray(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] === CR || bytes[at] === LF || bytes[at] === 0)) at++
  return at
}

/** Where the next such byte is; the end where there is none. */
function find(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from)
  return at < 0 ? bytes.length : at
}

type Verdict = 'yes' | 'no' | 'too_early'

function endsHere(bytes: Buffer, mark: number): Verdict {
  if (mark + 1 === bytes.length) return 'too_early'
  return bytes[mark + 1] === CR ? 'yes' : 'no'
}

/**
 * Whether the VT here begins another frame; `too_early` while what follows could still be a header.
 */
function beginsHere(bytes: Buffer, mark: number): Verdict {
  const next = bytes.subarray(mark + 1, mark + 4)
  if (next.length === 3) return headerAt(next, 0) === undefined ? 'no' : 'yes'
  const begun = next.toString('latin1')
  return ['MSH', 'FHS', 'BHS'].some(name => name.startsWith(begun)) ? 'too_early' : 'no'
}

/** The contents as frames, one behind the other, in one buffer. */
export function framed(contents: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(contents.reduce((sum, content) => sum + content.length + 3, 0))
  let at = 0
  for (const content of contents) {
    bytes[at] = VT
    at += 1 + content.copy(bytes, at + 1)
    bytes[at] = FS
    bytes[at + 1] = CR
    at += 2
  }
  return bytes
}

/** Whether a receiver would read this content as one frame with exactly these bytes. */
export function fitsFrame(content: Buffer): boolean {
  const framer = new Framer({
    frame_bytes_max: content.length,
    outside_bytes_max: 0,
    kept_bytes_max: 0,
  })
  const [item, ...more] = framer.push(framed([content]))
  return more.length === 0 && item?.kind === 'frame' && item.bytes.length === content.length
}
