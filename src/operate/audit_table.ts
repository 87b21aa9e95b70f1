// What an audit remembers of each record: one byte of state and four of its id, in pages, so that
// ten million records take 50 MB whatever they hold. Offsets that nobody asks for take nothing.

const PAGE_BITS = 16
const PAGE = 1 << PAGE_BITS

interface Page {
  readonly state: Uint8Array
  readonly id: Uint32Array
}

export class OffsetTable {
  readonly #pages = new Map<number, Page>()

  /** 0 where nothing was set. */
  state(offset: number): number {
    return this.#pages.get(Math.floor(offset / PAGE))?.state[offset % PAGE] ?? 0
  }

  set(offset: number, state: number): void {
    this.#page(offset).state[offset % PAGE] = state
  }

  /** Whether the record that stands there has this id, as far as 32 bits tell. */
  isOf(offset: number, id: string): boolean {
    return this.#pages.get(Math.floor(offset / PAGE))?.id[offset % PAGE] === fingerprint(id)
  }

  name(offset: number, id: string): void {
    this.#page(offset).id[offset % PAGE] = fingerprint(id)
  }

  #page(offset: number): Page {
    const n = Math.floor(offset / PAGE)
    const known = this.#pages.get(n)
    if (known !== undefined) return known
    const page = { state: new Uint8Array(PAGE), id: new Uint32Array(PAGE) }
    this.#pages.set(n, page)
    return page
  }
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
export function fingerprint(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
