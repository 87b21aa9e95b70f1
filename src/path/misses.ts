// Codes that neither the tenant's table nor the official map knows, counted for each tenant,
// channel and slot, so that a gap in a table is seen without reading messages. The codes
// themselves are the message's and are not told.
import type { Signals } from '../model/signals.ts'
import type { Transformed } from './3_transform.ts'

const MISSES = {
  /**
   * Of one batch. A slot is a name of the base or of a tenant's table, and of these there are few.
   */
  slots_max: 64,
  /** What is longer or looks otherwise is no name but a mapping's own text. */
  form: /^[\w./-]{1,80}$/,
} as const

export function countMisses(
  batch: readonly Transformed[],
  labels: { readonly tenant: string; readonly channel: string },
  signals: Signals,
): void {
  const counts = new Map<string, number>()
  for (const item of batch) {
    if (item.fate !== 'mapped') continue
    for (const { slot } of item.findings) {
      if (slot === undefined || !MISSES.form.test(slot)) continue
      if (!counts.has(slot) && counts.size >= MISSES.slots_max) continue
      counts.set(slot, (counts.get(slot) ?? 0) + 1)
    }
  }
  for (const [slot, count] of counts) signals.count('codes_unmapped', { ...labels, slot }, count)
}
