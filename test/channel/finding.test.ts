// Findings as people read them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFinding, sortFindings, topOf } from '../../src/channel/finding.ts'
import type { ConfigFinding } from '../../src/model/plan.ts'

const one: ConfigFinding = {
  file: 'channels/lab.yaml',
  line: 4,
  column: 11,
  severity: 'error',
  rule: 'wrong_value',
  what: 'It is wrong.',
  remedy: 'Mend it.',
}

test('a finding is printed as file:line:column, severity, rule, what, and its remedy below', () => {
  const text = 'channels/lab.yaml:4:11 error wrong_value: It is wrong.\n  Mend it.\n'
  assert.equal(formatFinding(one, false), text)
})

test('colour adds escapes and changes no words', () => {
  const painted = formatFinding(one, true)
  assert.notEqual(painted, formatFinding(one, false))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for.
  assert.equal(painted.replace(/\x1b\[\d+m/g, ''), formatFinding(one, false))
})

test('the command line has no lines to name', () => {
  const text = formatFinding({ ...one, ...topOf('--set log.fast') }, false)
  assert.match(text, /^--set log\.fast error/)
})

test('findings are sorted by place as numbers, and each is said once', () => {
  const lines = [12, 4, 4, 100].map(line => ({ ...one, line }))
  assert.deepEqual(
    sortFindings(lines).map(({ line }) => line),
    [4, 12, 100],
  )
})
