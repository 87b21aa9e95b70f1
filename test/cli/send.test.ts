// firth send: files as they are, a summary of what came back, and an exit code that a script can
// trust.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { firth, freePorts } from '../harness/engine.ts'
import { listen } from '../operate/listener.ts'
import { folder } from '../path/rooms.ts'
import { message } from '../path/toy.ts'
import { lines, run } from './world.ts'

async function files(t: TestContext, named: Readonly<Record<string, Buffer | string>>) {
  const where = await folder(t)
  for (const [name, content] of Object.entries(named)) await writeFile(join(where, name), content)
  return where
}

describe('firth send', () => {
  it('sends a file byte for byte and ends with 0 where it was taken', async t => {
    const { port, messages } = await listen(t)
    const bytes = Buffer.concat([message(), Buffer.from([0xff, 0x00, 0x0d])])
    const cwd = await files(t, { 'one.hl7': bytes })
    const { code, out, err } = await run(['send', '--port', `${port}`, 'one.hl7'], { cwd })
    assert.equal(code, exit.ok)
    assert.equal(err, '')
    assert.deepEqual(messages, [bytes])
    assert.match(
      out,
      /^1 of 1 sent in [\d.]+ s, [\d.]+ a second\nanswers: AA 1\nlatency: half within /,
    )
  })

  it('sends the .hl7 files of a folder by name, and no others', async t => {
    const { port, messages } = await listen(t)
    const named = ['b.hl7', 'a.hl7'].map(name => [name, message({ control_id: name })] as const)
    const cwd = await files(t, { ...Object.fromEntries(named), 'notes.txt': 'x' })
    await mkdir(join(cwd, 'more.hl7'))
    const { code } = await run(['send', '--port', `${port}`, '.'], { cwd })
    assert.equal(code, exit.ok)
    assert.deepEqual(messages, [message({ control_id: 'a.hl7' }), message({ control_id: 'b.hl7' })])
  })

  it('ends lines with CR where asked, whatever the character set', async t => {
    const { port, messages } = await listen(t)
    const [head = '', note = ''] = message({ note: 'Ünïcödé' }).toString().split('\r')
    const edited = Buffer.from(`${head}\r\n${note}\nZZZ|\xff`, 'latin1')
    const cwd = await files(t, { 'one.hl7': edited })
    await run(['send', '--port', `${port}`, '--cr', 'one.hl7'], { cwd })
    assert.deepEqual(messages, [Buffer.from(`${head}\r${note}\rZZZ|\xff`, 'latin1')])
  })

  it('ends with 1 where a message was refused, and counts which answers came', async t => {
    const { port } = await listen(t, (_, n) => (n === 1 ? 'AR' : 'AA'))
    const cwd = await files(t, { 'one.hl7': message() })
    const words = ['send', '--port', `${port}`, '--repeat', '3', '--json', 'one.hl7']
    const { code, out } = await run(words, { cwd })
    assert.equal(code, exit.failed)
    const [summary] = lines(out)
    assert.deepEqual(summary?.answers, { AR: 1, AA: 2 })
    assert.equal(summary?.sent, 3)
    assert.deepEqual(Object.keys(summary?.latency_ms ?? {}), ['p50', 'p90', 'p99', 'max'])
  })

  it('ends with 1 and the reason where nobody listens', async t => {
    const [port] = await freePorts(1)
    const cwd = await files(t, { 'one.hl7': message() })
    const { code, out } = await run(['send', '--port', `${port}`, '--timeout', '1', 'one.hl7'], {
      cwd,
    })
    assert.equal(code, exit.failed)
    assert.match(out, /^0 of 1 sent in /)
    assert.match(out, /answers: not_sent 1/)
    assert.doesNotMatch(out, /latency/)
    assert.match(out, /count {2}reason/)
  })

  it('counts every message as a process of its own too, where it waits to connect again', async t => {
    const [port] = await freePorts(1)
    const cwd = await files(t, { 'one.hl7': message(), 'two.hl7': message() })
    const words = ['send', '--port', `${port}`, '--json', 'one.hl7', 'two.hl7']
    const { code, stdout } = await firth(words, { cwd })
    const [summary] = lines(stdout)
    assert.deepEqual(summary?.answers, { not_sent: 2 })
    assert.equal(code, exit.failed)
  })

  it('refuses a command line that it cannot follow, before anything is sent', async t => {
    const { port, messages } = await listen(t)
    const cwd = await files(t, { 'one.hl7': message() })
    await mkdir(join(cwd, 'empty'))
    const at = ['--port', `${port}`]
    const wrong: [string[], RegExp][] = [
      [['one.hl7'], /wants --port/],
      [['--port', '0', 'one.hl7'], /wants --port/],
      [['--port', '70000', 'one.hl7'], /wants --port/],
      [at, /wants at least one FILE/],
      [[...at, 'missing.hl7'], /There is no file \S*missing\.hl7/],
      [[...at, 'empty'], /There is no \.hl7 file in the folder/],
      [[...at, '--rate', '0', 'one.hl7'], /--rate wants a number above 0/],
      [[...at, '--repeat', '1.5', 'one.hl7'], /--repeat wants a whole number from 1/],
      [[...at, '--connections', '0', 'one.hl7'], /--connections wants a whole number from 1/],
      [[...at, '--tls-ca', 'missing.pem', 'one.hl7'], /There is no file \S*missing\.pem/],
    ]
    for (const [words, said] of wrong) {
      const { code, out, err } = await run(['send', ...words], { cwd })
      assert.equal(code, exit.usage, words.join(' '))
      assert.equal(out, '')
      assert.match(err, said)
    }
    assert.deepEqual(messages, [])
  })
})
