// From words to a command and its arguments.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Command, UsageError, unreadable } from '../../src/cli/command.ts'
import { findCommand, helpOf, parse } from '../../src/cli/parse.ts'

const command: Command = {
  name: 'log read',
  arguments: 'TOPIC',
  summary: 'Reads.',
  options: {
    limit: { type: 'string', value: 'N', doc: 'At most so many.' },
    set: { type: 'string', value: 'NAME=VALUE', multiple: true, doc: 'Sets.' },
    json: { type: 'boolean', doc: 'Prints JSON.' },
  },
  notes: ['A note.'],
  examples: ['firth log read x'],
  run: async () => 0,
}
const log: Command = { ...command, name: 'log' }

describe('findCommand', () => {
  it('takes two words before one, and leaves the rest', () => {
    const words = ['log', 'read', 'topic', '--json']
    assert.deepEqual(findCommand([log, command], words), { command, rest: ['topic', '--json'] })
    assert.deepEqual(findCommand([log, command], ['log', 'topic']), {
      command: log,
      rest: ['topic'],
    })
    assert.equal(findCommand([command], ['log']), undefined)
    assert.equal(findCommand([command], []), undefined)
  })
})

describe('parse', () => {
  it('reads arguments, texts, flags and numbers wherever they stand', () => {
    const args = parse(command, ['--set', 'a=1', 'topic', '--limit=7', '--json', '--set=b=2'])
    assert.deepEqual(args.positionals, ['topic'])
    assert.equal(args.text('limit'), '7')
    assert.equal(args.number('limit'), 7)
    assert.deepEqual(args.texts('set'), ['a=1', 'b=2'])
    assert.equal(args.flag('json'), true)
  })

  it('knows what was not given', () => {
    const args = parse(command, [])
    assert.equal(args.text('limit'), undefined)
    assert.equal(args.number('limit'), undefined)
    assert.deepEqual(args.texts('set'), [])
    assert.equal(args.flag('json'), false)
  })

  it('takes everything behind -- for arguments', () => {
    assert.deepEqual(parse(command, ['--', '--json']).positionals, ['--json'])
  })

  it('refuses what is no number', () => {
    for (const text of ['x', '', ' ', '-1', 'NaN', 'Infinity', '1h']) {
      const args = parse(command, [`--limit=${text}`])
      assert.throws(() => args.number('limit'), UsageError, text)
    }
  })

  it('refuses arguments where a command takes none', () => {
    const none = { ...command, arguments: '' }
    assert.throws(() => parse(none, ['x']), /firth log read takes no argument: "x"\./)
    assert.deepEqual(parse(none, []).positionals, [])
  })

  it('names the option that was meant, also for a short one', () => {
    assert.throws(() => parse(command, ['--limti=3']), UsageError)
    assert.throws(() => parse(command, ['--jsn']), /Did you mean --json\?/)
    assert.throws(() => parse(command, ['-x']), /There is no option -x\./)
  })
})

describe('helpOf', () => {
  it('is the whole of what there is to know, in order', () => {
    assert.equal(
      helpOf(command),
      [
        'firth log read TOPIC',
        '',
        'Reads.',
        '',
        'Options:',
        '  --limit N         At most so many.',
        '  --set NAME=VALUE  Sets.',
        '  --json            Prints JSON.',
        '  --help            Shows this help.',
        '',
        'A note.',
        '',
        'Examples:',
        '  firth log read x',
        '',
      ].join('\n'),
    )
  })

  it('stays within 80 columns and keeps every word, whatever it is given', () => {
    const long = 'word '.repeat(60).trim()
    const options = { file: { type: 'string', value: 'FILE', doc: long } } as const
    const help = helpOf({ ...command, options, notes: [long, 'x'.repeat(120)] })
    const lines = help.split('\n').filter(line => line.length > 80)
    assert.deepEqual(lines, ['x'.repeat(120)])
    assert.equal(help.match(/word/g)?.length, 120)
  })
})

describe('unreadable', () => {
  it('says of a file that was named what is wrong with it, in words', () => {
    const of = (code: string) => unreadable('a.hl7', Object.assign(new Error(), { code })).message
    assert.equal(of('ENOENT'), 'There is no file a.hl7.')
    assert.equal(of('EISDIR'), 'a.hl7 is a folder; name a file in it.')
    assert.equal(of('EACCES'), 'a.hl7 may not be read by this user.')
    assert.equal(of('EIO'), 'a.hl7 cannot be read (EIO).')
    assert.equal(unreadable('a.hl7', 'x').message, 'a.hl7 cannot be read (unreadable).')
  })
})
