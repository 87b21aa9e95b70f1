// Questions as they may come: what is none is told so, and shown to nobody.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { askedObject } from '../../src/operate/asked.ts'

it('reads an object and the groups that it must have', () => {
  const text = '{"question":{"id":"C1"},"page":{"after":"","limit":1}}'
  assert.deepEqual(askedObject(text, 'search', 'question', 'page'), JSON.parse(text))
  assert.deepEqual(askedObject('{}', 'replay'), {})
})

it('refuses what is none, without quoting it (N09)', () => {
  for (const text of ['list', '', 'null', '[]', '7', '{"question":1,"page":{}}', '{}', '{']) {
    assert.throws(
      () => askedObject(text, 'search', 'question', 'page'),
      (cause: Error) => {
        const { code, facts } = cause as unknown as { code: string; facts: object }
        assert.deepEqual({ code, facts }, { code: 'command_unknown', facts: { command: 'search' } })
        assert.equal(cause.cause, undefined)
        return true
      },
    )
  }
})
