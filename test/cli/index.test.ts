// The command line as a whole: help for everything, near misses named, and few exit codes that mean
// the same everywhere.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/index.ts'
import { dataWith, run } from './world.ts'

/** Help is broken into lines where they would be too wide. */
const flat = (text: string) => text.replace(/\s+/g, ' ')
/** What a shell makes of lines that end with a backslash. */
const typed = (help: string) => help.replaceAll(/ \\\n +/g, ' ')

describe('help', () => {
  it('lists every command with what it does, for firth alone, --help, -h and help', async () => {
    for (const words of [[], ['--help'], ['-h'], ['help']]) {
      const { code, out, err } = await run(words)
      assert.equal(code, exit.ok)
      assert.equal(err, '')
      for (const { name, summary } of commands) {
        assert.ok(out.includes(`  ${name} `), name)
        assert.ok(flat(out).includes(summary), name)
      }
    }
  })

  it('tells of each command its words, options, notes and examples', async () => {
    for (const command of commands) {
      const { code, out } = await run([...command.name.split(' '), '--help'])
      assert.equal(code, exit.ok)
      assert.ok(out.startsWith(`firth ${command.name}`), command.name)
      assert.ok(flat(out).includes(command.summary))
      for (const [name, { doc }] of Object.entries(command.options)) {
        assert.ok(out.includes(`--${name}`) && flat(out).includes(doc), `${command.name} --${name}`)
      }
      assert.ok(flat(out).includes(command.notes.join(' ')))
      for (const example of command.examples) assert.ok(typed(out).includes(example), example)
      assert.deepEqual(await run(['help', ...command.name.split(' ')]), { code: 0, out, err: '' })
      assert.deepEqual(await run([...command.name.split(' '), '-h']), { code: 0, out, err: '' })
    }
  })

  it('speaks in sentences, shows examples that begin with the command, and fits a terminal', async () => {
    for (const command of commands) {
      assert.match(command.summary, /^[A-Z].*\.$/, command.name)
      for (const { doc } of Object.values(command.options)) assert.match(doc, /^[A-Z].*\.$/, doc)
      for (const example of command.examples) {
        assert.ok(example.startsWith(`firth ${command.name}`), example)
      }
      const { out } = await run(['help', ...command.name.split(' ')])
      for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
    }
  })

  it('shows what a command line was for where it went wrong: nothing is done', async () => {
    const { code, out, err } = await run(['log', 'read', '--help', '--data', '/nowhere'])
    assert.equal(code, exit.ok)
    assert.match(out, /^firth log read TOPIC/)
    assert.equal(err, '')
  })

  it('names the version', async () => {
    assert.deepEqual(await run(['--version']), { code: 0, out: 'firth 0.0.0\n', err: '' })
  })
})

describe('a wrong command line', () => {
  it('names the nearest command', async () => {
    for (const [words, meant] of [
      [['statsu'], undefined],
      [['staus'], 'status'],
      [['rum'], 'run'],
      [['sned'], undefined],
      [['tracee'], 'trace'],
      [['log', 'reed'], 'log read'],
      [['dead', 'lst'], 'dead list'],
    ] as const) {
      const { code, out, err } = await run(words)
      assert.equal(code, exit.usage)
      assert.equal(out, '')
      assert.ok(err.includes(`There is no command ${words.join(' ')}.`), err)
      if (meant !== undefined) assert.ok(err.includes(`Did you mean ${meant}?`), err)
      assert.ok(err.includes('See: firth --help'))
    }
  })

  it('names the nearest option', async () => {
    const { code, err } = await run(['log', 'read', 'x', '--folow'])
    assert.equal(code, exit.usage)
    assert.match(
      err,
      /^There is no option --folow\. Did you mean --follow\?\nSee: firth log read --help\n$/,
    )
    assert.match((await run(['status', '--banana'])).err, /^There is no option --banana\.\n/)
  })

  it('lists a family of commands where only its first word was given', async () => {
    const { code, out, err } = await run(['log'])
    assert.equal(code, exit.ok)
    assert.equal(err, '')
    assert.ok(out.includes('log read') && out.includes('log topics'))
    assert.ok(!out.includes('dead list'))
  })

  it('is refused where arguments are missing or too many: none is ignored', async () => {
    const wrong = [
      ['run', 'extra'],
      ['status', 'extra'],
      ['log', 'topics', 'extra'],
      ['dead', 'list', 'extra'],
      ['generate', 'extra'],
      ['log', 'read'],
      ['log', 'read', 'one', 'two'],
      ['dead', 'show'],
      ['dead', 'show', 'one', 'two'],
      ['trace'],
      ['trace', 'one', 'two'],
      ['log', 'read', 'x', '--from'],
      ['log', 'read', 'x', '--json=yes'],
    ]
    for (const words of wrong) {
      const { code, out, err } = await run(words)
      assert.equal(code, exit.usage, words.join(' '))
      assert.equal(out, '')
      assert.match(err, /\nSee: firth .* --help\n$/)
    }
  })
})

describe('the exit code', () => {
  it('is 4 where what a command needs is not there, with the code and what helps', async t => {
    const data = await dataWith(t, { 'raw.harbor.adt_in': [] })
    const unknown = await run(['log', 'read', 'raw.harbor.adt', '--data', data])
    assert.equal(unknown.code, exit.unavailable)
    assert.match(
      unknown.err,
      /^topic_unknown: There is no such topic\. \(topic: raw\.harbor\.adt\)\n/,
    )
    const silent = await run(['status', '--data', data])
    assert.equal(silent.code, exit.unavailable)
    assert.match(silent.err, /^engine_not_running: /)
    assert.match(silent.err, /firth run/)
  })

  it('is 4 where the disk refuses a path, with the path and what is the matter', async t => {
    const data = await dataWith(t, { 'raw.harbor.adt_in': [] })
    const file = join(data, 'plain')
    writeFileSync(file, '')
    const { code, out, err } = await run(['new', 'project', join(file, 'inner')])
    assert.deepEqual({ code, out }, { code: exit.unavailable, out: '' })
    assert.match(err, /plain\/inner\S* cannot be: .* is a file and no folder \(ENOTDIR\)\.\n$/)
  })

  it('is no number of ours for a bug: it rejects, and main.ts ends the process with 70', async () => {
    await assert.rejects(run(['log', 'topics', '--data', '\0']))
  })
})
