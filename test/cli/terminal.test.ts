// Words for people: tables, times, sizes, colours.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ago, bytesInWords, duration, inkOf, table } from '../../src/cli/terminal.ts'

describe('table', () => {
  it('makes columns as wide as their widest cell, numbers to the right, no blanks at line ends', () => {
    const rows = [
      ['raw.harbor.adt_in', 7, 'x'],
      ['dead', 12_345, ''],
    ]
    assert.equal(
      table(['topic', 'records', 'note'], rows),
      [
        'topic              records  note',
        'raw.harbor.adt_in        7  x',
        'dead                 12345',
      ].join('\n'),
    )
  })

  it('is its head where there are no rows', () => {
    assert.equal(table(['a', 'b'], []), 'a  b')
  })
})

describe('duration', () => {
  it('speaks in the unit that people would take', () => {
    const spoken = [
      [-5, '0 ms'],
      [0, '0 ms'],
      [350, '350 ms'],
      [1_000, '1 s'],
      [119_000, '119 s'],
      [120_000, '2 min'],
      [7_200_000, '2 h'],
      [172_800_000, '2 d'],
    ] as const
    for (const [ms, words] of spoken) assert.equal(duration(ms), words)
  })
})

describe('ago', () => {
  it('is never where it never was', () => {
    assert.equal(ago(undefined, 5), 'never')
    assert.equal(ago(1_000, 13_000), '12 s ago')
  })
})

describe('bytesInWords', () => {
  it('speaks in powers of 1024', () => {
    const spoken = [
      [0, '0 B'],
      [1_023, '1023 B'],
      [1_024, '1.0 KiB'],
      [1_536, '1.5 KiB'],
      [268_435_456, '256.0 MiB'],
      [3 * 1024 ** 4, '3.0 TiB'],
      [5_000 * 1024 ** 4, '5000.0 TiB'],
    ] as const
    for (const [bytes, words] of spoken) assert.equal(bytesInWords(bytes), words)
  })
})

describe('ink', () => {
  it('colours where colours are wanted, and leaves the text alone elsewhere', () => {
    assert.equal(inkOf(true).red('x'), '\x1b[31mx\x1b[0m')
    for (const paint of Object.values(inkOf(false))) assert.equal(paint('x'), 'x')
  })
})
