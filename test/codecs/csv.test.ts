// CSV as spreadsheets of any system write it, and what is wrong with one that is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCsv } from '../../src/codecs/csv.ts'

const cells = (text: string) => readCsv(text).rows.map(row => row.map(cell => cell.text))

test('reads cells whatever the line end, with and without a last one', () => {
  const expected = [
    ['a', 'b'],
    ['1', '2'],
  ]
  for (const text of ['a,b\n1,2\n', 'a,b\r\n1,2\r\n', 'a,b\r1,2', 'a,b\n\n1,2\n\n']) {
    assert.deepEqual(cells(text), expected, JSON.stringify(text))
  }
})

test('passes over a byte order mark', () => {
  assert.deepEqual(cells('\uFEFFa,b\n'), [['a', 'b']])
})

test('separates by semicolon where the first line does', () => {
  assert.deepEqual(cells('a;b\n1,5;2\n'), [
    ['a', 'b'],
    ['1,5', '2'],
  ])
})

test('quoted cells hold separators, quotation marks and line ends', () => {
  assert.deepEqual(cells('a,b\n"x,""y""\nz",2\n'), [
    ['a', 'b'],
    ['x,"y"\nz', '2'],
  ])
})

test('knows where each cell stands, also behind a line end inside a cell', () => {
  const { rows } = readCsv('a,b\n"x\ny",2\n3,4')
  assert.deepEqual(
    rows.flat().map(({ line, column }) => [line, column]),
    [
      [1, 1],
      [1, 3],
      [2, 1],
      [3, 4],
      [4, 1],
      [4, 3],
    ],
  )
})

test('tells a quotation mark that is never closed, and text behind a closing one', () => {
  assert.deepEqual(readCsv('a,b\n1,"2').fault, {
    line: 2,
    column: 3,
    what: 'a quotation mark is never closed',
  })
  assert.deepEqual(readCsv('a,b\n"1"x,2').fault, {
    line: 2,
    column: 4,
    what: 'text stands behind a closing quotation mark',
  })
})

test('empty input has no rows', () => {
  assert.deepEqual(readCsv('').rows, [])
  assert.deepEqual(readCsv('\n\n').rows, [])
})
