// Signals: one line each on standard error and nothing on standard output, where programs read;
// counters by their labels.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { openSignals } from '../../src/operate/signals.ts'

const module = new URL('../../src/operate/signals.ts', import.meta.url).href

/** Runs statements with `signals` open, in a process of its own, and says what it wrote where. */
function write(options: { level: string; format: string }, statements: string) {
  const script = `
    import { openSignals } from '${module}'
    const signals = openSignals(${JSON.stringify(options)})
    ${statements}`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8', timeout: 60_000 },
  )
  return { stdout, lines: stderr.split('\n').filter(line => line !== '') }
}

describe('say', () => {
  it('writes one JSON line for each signal to standard error', () => {
    const { stdout, lines } = write(
      { level: 'info', format: 'json' },
      `signals.say('warn', 'input refused', { code: 'frame_empty', repeats: 9 })
       signals.say('info', 'draining')`,
    )
    assert.equal(stdout, '')
    const [first, second] = lines.map(line => JSON.parse(line) as Record<string, unknown>)
    assert.match(String(first?.timestamp), /^\d{4}-\d{2}-\d{2}T/)
    assert.deepEqual(
      { ...first, timestamp: 0 },
      { level: 'warn', message: 'input refused', code: 'frame_empty', repeats: 9, timestamp: 0 },
    )
    assert.equal(second?.message, 'draining')
  })

  it('writes a line that people read where that was asked for', () => {
    const { lines } = write(
      { level: 'info', format: 'text' },
      `signals.say('error', 'unit begins again', { unit: 'route.harbor', code: 'log_closed' })`,
    )
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^\S+ error unit begins again unit=route\.harbor code=log_closed$/)
  })

  it('leaves out what is below the level', () => {
    const statements = ['error', 'warn', 'info', 'debug']
      .map(level => `signals.say('${level}', '${level}')`)
      .join('\n')
    const count = (level: string) => write({ level, format: 'json' }, statements).lines.length
    assert.deepEqual(['error', 'warn', 'info', 'debug'].map(count), [1, 2, 3, 4])
  })

  it('keeps its own words where a fact has the same name', () => {
    const { lines } = write(
      { level: 'info', format: 'json' },
      `signals.say('error', 'target paused', { level: 'debug', message: 'x', timestamp: 'y' })`,
    )
    const line = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>
    assert.equal(line.level, 'error')
    assert.equal(line.message, 'target paused')
    assert.match(String(line.timestamp), /^\d{4}-/)
  })
})

describe('count', () => {
  it('adds up by name and labels', () => {
    const signals = openSignals({ level: 'error', format: 'json' })
    signals.count('received', { tenant: 'harbor' })
    signals.count('received', { tenant: 'harbor' }, 4)
    signals.count('received', { tenant: 'north' })
    signals.count('stored', { tenant: 'harbor' })
    assert.deepEqual(
      signals.counters().map(({ name, labels, value }) => [name, labels.tenant, value]),
      [
        ['received', 'harbor', 5],
        ['received', 'north', 1],
        ['stored', 'harbor', 1],
      ],
    )
  })

  it('makes no counter of nothing', () => {
    const signals = openSignals({ level: 'error', format: 'json' })
    signals.count('received', { tenant: 'harbor' }, 0)
    assert.deepEqual(signals.counters(), [])
  })

  it('keeps labels apart that read alike when written behind each other', () => {
    const signals = openSignals({ level: 'error', format: 'json' })
    signals.count('x', { a: 'one two', b: 'three' })
    signals.count('x', { a: 'one', b: 'two three' })
    assert.equal(signals.counters().length, 2)
  })
})
