// The examples of the README are sound: their shape, their templates, their rules.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { http } from '../../../adapters/http/http.ts'
import { notes } from '../../../adapters/http/notes.ts'
import { settingsOf, type Told } from './settings.ts'

describe('the written facts of http', () => {
  it('hold examples that a check finds nothing wrong with', () => {
    const blocks = [...notes.matchAll(/```yaml\n([\s\S]*?)\n```/g)].map(([, yaml = '']) => yaml)
    assert.equal(blocks.length, 3)
    for (const block of blocks) {
      const { targets } = parse(block) as { targets: Record<string, { http: Told }> }
      for (const [name, { http: told }] of Object.entries(targets)) {
        assert.deepEqual(http.lint?.(settingsOf(told)), [], name)
        assert.doesNotThrow(() => http.steps(settingsOf(told)))
      }
    }
  })
})
