// The names of the numbers.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { COUNTERS, GAUGES } from '../../src/operate/metrics_names.ts'

it('are one for each gauge, as Prometheus takes them, and say what they mean', () => {
  const names = Object.values(GAUGES).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of [...names, ...Object.keys(COUNTERS)]) assert.match(name, /^[a-z][a-z_]+$/)
  const said = [...Object.values(GAUGES).map(({ help }) => help), ...Object.values(COUNTERS)]
  for (const help of said) assert.match(help, /^[A-Z0-9].*\.$/)
})
