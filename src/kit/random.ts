// Randomness, behind an interface: seeded in tests, the system's elsewhere.
import { randomBytes } from 'node:crypto'

export interface Random {
  bytes(count: number): Buffer
  /** Uniform in [0, 1). */
  fraction(): number
}

// Small requests are cut from a pool: asking the kernel each time costs more than an id does.
let pool = Buffer.alloc(0)
let used = 0

export const systemRandom: Random = {
  bytes(count) {
    if (used + count > pool.length) {
      pool = randomBytes(Math.max(count, 8192))
      used = 0
    }
    used += count
    return pool.subarray(used - count, used)
  },
  fraction: () => Math.random(),
}

/** A repeatable source (mulberry32) for tests, simulations and load generators. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    fraction: next,
    bytes(count) {
      const out = Buffer.alloc(count)
      for (let i = 0; i < count; i++) out[i] = Math.floor(next() * 256)
      return out
    },
  }
}
