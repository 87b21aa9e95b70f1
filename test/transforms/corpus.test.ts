// Messages of other projects, where they are at hand beside the repository: each maps, or is
// refused by a code. Only counts are told.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventText } from '../../src/declare/event_text.ts'
import { catalogue, Failure } from '../../src/model/errors.ts'
import { canonical, mapped } from './base/mapped.ts'

const corpus = join(import.meta.dirname, '../../../shared/corpus')
const known = /^(?:\xef\xbb\xbf)?MSH[^\r\n]*?(ADT.A01|ADT.A03|ADT.A08|ORU.R01)/

test('every ADT A01, A03, A08 and ORU R01 of the corpus maps or fails by a code', {
  skip: !existsSync(corpus) && 'there is no ../shared/corpus',
  timeout: 300_000,
}, t => {
  let events = 0
  const counts: Record<string, number> = {}
  for (const name of readdirSync(corpus, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.hl7')) continue
    const raw = readFileSync(join(corpus, name))
    if (!known.test(raw.toString('latin1'))) continue
    const outcome = outcomeOf(raw)
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  function outcomeOf(raw: Buffer): string {
    try {
      for (const event of mapped(raw).events) {
        events += 1
        const { resources } = event
        const written = eventText({ ...canonical(event), resources })
        assert('text' in written, 'the canonical schema takes it')
      }
      return 'mapped'
    } catch (thrown) {
      assert(thrown instanceof Failure && Object.hasOwn(catalogue, thrown.code), 'a code')
      return thrown.code
    }
  }
  t.diagnostic(`${JSON.stringify(counts)}, ${events} events`)
  assert((counts.mapped ?? 0) > 0)
})
