// A gate that is open or shut, for work that a person may halt: whoever passes waits for it to
// open, whoever works is told when it shuts. Open at first.

export class Gate {
  #isOpen = true
  #opened = Promise.withResolvers<void>()
  #shut = Promise.withResolvers<void>()

  constructor() {
    this.#opened.resolve()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Resolves when it shuts next; at once where it is shut. */
  get whenShut(): Promise<void> {
    return this.#shut.promise
  }

  /** Resolves when it is open, or when `signal` aborts. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    if (this.#isOpen || signal.aborted) return
    const aborted = Promise.withResolvers<void>()
    const abort = () => aborted.resolve()
    signal.addEventListener('abort', abort, { once: true })
    await Promise.race([this.#opened.promise, aborted.promise])
    signal.removeEventListener('abort', abort)
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#shut = Promise.withResolvers()
    this.#opened.resolve()
  }

  shut(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#opened = Promise.withResolvers()
    this.#shut.resolve()
  }
}
