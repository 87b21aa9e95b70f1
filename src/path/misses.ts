// Codes that neither the tenant's table nor the official map knows, counted for each tenant,
// channel and slot, so that a gap in a table is seen without reading messages. The codes
// themselves are the message's and are not told.
import type { Signals } from '../model/signals.ts'
import type { Transformed } from './3_transform.ts'

const MISSES = {
  /**
   * Of one channel, as long as it runs. A slot is a name of the base or of a tenant's table, and of
   * these there are few; what a mapping names beyond them is counted under one name.
   */
  slots_max: 64,
  /** What is longer or looks otherwise is no name but a mapping's own text. */
  form: /^[\w./-]{1,80}$/,
  others: '(others)',
} as const

/** Counts the misses of one channel, a batch at a time. */
export class Misses {
  readonly #labels: { readonly tenant: string; readonly channel: string }
  readonly #signals: Signals
  readonly #slots = new Set<string>()

  constructor(labels: { readonly tenant: string; readonly channel: string }, signals: Signals) {
    this.#labels = labels
    this.#signals = signals
  }

  count(batch: readonly Transformed[]): void {
    const counts = new Map<string, number>()
    for (const item of batch) {
      if (item.fate !== 'mapped') continue
      for (const finding of item.findings) {
        if (finding.slot === undefined) continue
        const slot = this.#nameOf(finding.slot)
        counts.set(slot, (counts.get(slot) ?? 0) + 1)
      }
    }
    for (const [slot, count] of counts) {
      this.#signals.count('codes_unmapped', { ...this.#labels, slot }, count)
    }
  }

  #nameOf(slot: string): string {
    if (this.#slots.has(slot)) return slot
    if (this.#slots.size >= MISSES.slots_max || !MISSES.form.test(slot)) return MISSES.others
    this.#slots.add(slot)
    return slot
  }
}
