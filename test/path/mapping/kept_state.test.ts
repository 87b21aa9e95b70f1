// State that outlives a message, found in the text of a module.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptState } from '../../../src/path/mapping/kept_state.ts'

const found = (text: string) =>
  keptState(text).map(({ name, line, column, written }) => {
    return `${line}:${column} ${name}${written ? ' written' : ''}`
  })

test('a variable outside of any function is told where it is declared', () => {
  assert.deepEqual(found("export let last = ''\nvar n = 0\n"), ['1:1 last', '2:1 n'])
  assert.deepEqual(found('const f = () => {\n  let inner = 1\n  return inner\n}\n'), [])
})

test('a collection is told where a function writes to it first', () => {
  for (const [declared, write] of [
    ['const seen = new Map()', 'seen.set(id, 1)'],
    ['const seen: Set<string> = new Set()', 'seen.add(id)'],
    ['export const seen: string[] = []', 'seen.push(id)'],
    ['const seen = { count: 0 }', 'seen.count += 1'],
    ['const seen = { count: 0 }', 'seen.count++'],
    ['const seen: Record<string, number> = {}', 'seen[id] = 1'],
    ['const seen: Record<string, number> = {}', 'delete seen[id]'],
    ['const seen: Record<string, string[]> = {}', 'seen[id]?.push(id)'],
    ['const seen = {}', 'Object.assign(seen, { id })'],
    ['const seen = Object.create(null)', 'seen[id] ??= 1'],
  ]) {
    for (const around of [
      (inner: string) =>
        `export default adt.extend({\n  patient(id, message) {\n${inner}\n  },\n})`,
      (inner: string) => `const note = (id: string) => {\n${inner}\n}`,
      (inner: string) => `export function note(id: string): void {\n${inner}\n}`,
    ]) {
      const text = `${declared}\n${around(`    ${write}`)}\n`
      const [one] = found(text)
      assert.match(one ?? 'nothing', /^\d+:\d+ seen written$/, text)
    }
  }
})

test('what is read only, or filled once at load, is no state', () => {
  for (const text of [
    "const known = new Set(['A', 'B'])\nexport const has = (x: string) => known.has(x)\n",
    'const table = new Map()\ntable.set(1, 2)\nfor (const x of [1, 2]) {\n  table.set(x, x)\n}\n',
    'const words = { a: 1 }\nexport const same = (x: string) => words[x] === 1\n',
    "const seen = []\n// seen.push(1) in a comment\nconst f = () => 'seen.push(1)'\n",
    'const seen = [1]\nconst f = (other: { seen: number[] }) => other.seen.push(2)\n',
    'const f = () => {\n  const seen = []\n  seen.push(1)\n  return seen\n}\n',
    'const order = { a: 1 }\nconst g = () => [order.a].map(order => order)\n',
  ]) {
    assert.deepEqual(found(text), [], text)
  }
})

test('a long text costs little, also one made to cost much', () => {
  const many = Array.from({ length: 2_000 }, (_, i) => `const f${i} = (x) => seen.get(x, ${i})`)
  assert.deepEqual(found(`const seen = new Map()\n${many.join('\n')}\n`), [])
  assert.deepEqual(found(`const a = []\n${'/*'.repeat(50_000)}`), [])
})
