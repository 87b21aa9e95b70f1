// Runs a property over mutants, with progress where a person waits for it. FIRTH_FUZZ=10000000 runs
// so many instead of the fixed part; FIRTH_FUZZ_SEED begins elsewhere, e.g. at the seed that
// failed.
import { mutant } from './mutate.ts'
import { seeds } from './seeds.ts'

const PROGRESS_MS = 5_000

export interface FuzzResult {
  readonly cases: number
  /** How often the property said each word. */
  readonly said: Readonly<Record<string, number>>
}

/** `property` throws where the case fails, and says a word of what it saw. */
export function fuzz(
  name: string,
  cases_usual: number,
  property: (bytes: Buffer, number: number) => string,
): FuzzResult {
  const start = seeds()
  const wanted = Number(process.env.FIRTH_FUZZ ?? cases_usual)
  const first = Number(process.env.FIRTH_FUZZ_SEED ?? 1)
  const said: Record<string, number> = {}
  const began = performance.now()
  let shown = began
  process.stderr.write(
    `fuzz ${name}: ${wanted} cases from seed ${first}, ${start.length} messages\n`,
  )
  for (let number = first; number < first + wanted; number++) {
    const bytes = mutant(start, number)
    try {
      const word = property(bytes, number)
      said[word] = (said[word] ?? 0) + 1
    } catch (cause) {
      throw new Error(`fuzz ${name} fails: FIRTH_FUZZ=1 FIRTH_FUZZ_SEED=${number}`, { cause })
    }
    if (number % 256 === 0 && performance.now() - shown > PROGRESS_MS) {
      shown = performance.now()
      const done = number - first + 1
      const rate = (done / (shown - began)) * 1000
      const left_s = Math.round((wanted - done) / rate)
      process.stderr.write(
        `fuzz ${name}: ${done}/${wanted}, ${Math.round(rate)}/s, ${left_s} s left\n`,
      )
    }
  }
  return { cases: wanted, said }
}
