// Every remark on a message can be explained, and nothing is explained that is never said.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { remarks } from '../../src/model/remarks.ts'

const root = join(import.meta.dirname, '../..')
const code = ['transforms/base', 'src/codecs/hl7v2']
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(join(root, folder, file), 'utf8')),
  )
  .join('\n')

test('what the base mappings and the codec report has its words', () => {
  const said = [
    ...code.matchAll(/(?:report|finding|[tT]ell|told|say)\(\s*'([a-z]+_[a-z_]+)'/g),
    ...code.matchAll(/#tell\(\{ code: '([a-z_]+)'/g),
  ].map(([, name = '']) => name)
  assert.ok(said.length > 20)
  assert.deepEqual(
    said.filter(name => !Object.hasOwn(remarks, name)),
    [],
  )
})

test('no words stand here for what is never reported, and all are sentences', () => {
  for (const [name, words] of Object.entries(remarks)) {
    assert.ok(code.includes(`'${name}'`), name)
    for (const text of words) assert.match(text, /^[A-Z].*[.]$/, name)
  }
})
