// Code tables: what is read of a CSV, and where a file that is none is wrong.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type CodeTable, codes, parseCodeTable } from '../../src/codecs/code_table.ts'
import { Failure } from '../../src/model/errors.ts'

function fault(text: string): string {
  try {
    parseCodeTable(text, './x.csv')
  } catch (thrown) {
    assert(thrown instanceof Failure)
    assert.equal(thrown.code, 'code_table_invalid')
    const { file, line, column, what } = thrown.facts
    return `${file}:${line}:${column} ${what}`
  }
  return 'none'
}

test('a row says what a code means, in the columns that the first line names', () => {
  const { rows } = parseCodeTable('target;code;comment\r\nIMP; I ;inpatient\r\n', './x.csv')
  assert.deepEqual(rows.get('I'), {
    file: './x.csv',
    code: 'I',
    target: 'IMP',
    system: undefined,
    display: undefined,
    line: 2,
    column: 1,
  })
})

test('a row without a target is a code that means nothing', () => {
  assert.equal(parseCodeTable('code,target\nX,\n', './x.csv').rows.get('X')?.target, '')
})

test('a row whose target is ? is a question that is still open: the code is in no table yet', () => {
  const { rows } = parseCodeTable('code,target\nX,?\nY,B\n', './x.csv')
  assert.deepEqual([...rows.keys()], ['Y'])
  assert.match(fault('code,target\nX,?\nX,B\n'), /:3:1 the code stands in line 2 already/)
})

test('says where a table is wrong, and what was meant', () => {
  assert.equal(fault(''), './x.csv:1:1 the table is empty')
  assert.equal(fault('code,taget\n'), './x.csv:1:6 unknown column; did you mean target?')
  assert.match(fault('code,zzzzzz\n'), /1:6 unknown column; the columns are code, target, system/)
  assert.equal(
    fault('code,system\n'),
    './x.csv:1:1 the first line must name the column target once',
  )
  assert.equal(
    fault('code,target\nA,1\nB,2\nA,3\n'),
    './x.csv:4:1 the code stands in line 2 already',
  )
  assert.equal(fault('code,target\n,1\n'), './x.csv:2:1 a row without a code')
  assert.equal(fault('code,target\nA,1,2\n'), './x.csv:2:5 more cells than columns')
  assert.equal(fault('code,target\nA,"1\n'), './x.csv:2:3 a quotation mark is never closed')
})

const folder = mkdtempSync(join(tmpdir(), 'firth-codes-'))
after(() => rmSync(folder, { recursive: true }))

test('a table stands beside the module that names it', async () => {
  writeFileSync(join(folder, 'ward.csv'), 'code,target\nW1,Ward one\n')
  const sdk = pathToFileURL(join(import.meta.dirname, '../../src/codecs/code_table.ts')).href
  const module = join(folder, 'wards.ts')
  const source = `import { codes } from '${sdk}'\nexport const table = codes('./ward.csv')\n`
  writeFileSync(module, source)
  const { table } = (await import(pathToFileURL(module).href)) as { table: CodeTable }
  assert.equal(table.file, './ward.csv')
  assert.equal(table.rows.get('W1')?.target, 'Ward one')
})

test('a table that is not there, or is named by no path of the module, is refused', () => {
  for (const file of ['./nowhere.csv', 'nowhere.csv', '/etc/passwd']) {
    assert.throws(() => codes(file), { code: 'code_table_missing' }, file)
  }
})
