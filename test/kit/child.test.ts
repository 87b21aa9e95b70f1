// Child processes and the pipes to them, with a real child: it echoes what it is sent.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Child, type ChildEnd, startChild } from '../../src/kit/child.ts'

const pipe = join(import.meta.dirname, '../../src/kit/pipe.ts')

/** Frames of four bytes: each is sent back; `quit` ends it with code 3, `moan` writes to stderr. */
const echo = `
import { readExactly, writeAll } from ${JSON.stringify(pipe)}
for (;;) {
  const word = readExactly(0, 4)
  if (word === undefined) break
  const text = word.toString()
  if (text === 'quit') process.exit(3)
  if (text === 'envs') writeAll(3, Buffer.from(Object.keys(process.env).join()))
  else if (text === 'moan') process.stderr.write('moan')
  else writeAll(3, word)
}`

async function start(t: TestContext): Promise<{
  child: Child
  received: () => string
  until(done: (text: string) => boolean): Promise<void>
  ended: Promise<ChildEnd>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'firth_child_'))
  const entry = join(folder, 'echo.mjs')
  await writeFile(entry, echo)
  let text = ''
  let wake = () => {}
  const ended = Promise.withResolvers<ChildEnd>()
  const child = startChild(
    { entry, args: [], flags: ['--no-warnings'], env: { TZ: 'UTC' } },
    {
      data(bytes) {
        text += bytes.toString()
        wake()
      },
      end: ended.resolve,
    },
  )
  t.after(async () => {
    child.kill()
    await ended.promise
    await rm(folder, { recursive: true })
  })
  const until = async (done: (text: string) => boolean) => {
    while (!done(text)) await new Promise<void>(resolve => (wake = resolve))
  }
  return { child, received: () => text, until, ended: ended.promise }
}

test('carries bytes both ways, in order, also more than a pipe holds', async t => {
  const { child, received, until } = await start(t)
  const words = Array.from({ length: 50_000 }, (_, i) => String(10_000 + i).slice(-4)).join('')
  for (let at = 0; at < words.length; at += 7) child.write(Buffer.from(words.slice(at, at + 7)))
  await until(text => text.length >= words.length)
  assert.equal(received(), words)
})

test('the child inherits nothing of the environment', async t => {
  const { child, received, until } = await start(t)
  child.write(Buffer.from('envs'))
  await until(text => text !== '')
  assert.equal(received(), 'TZ')
})

test('tells its end: a code, a signal, how much it complained', async t => {
  const { child, ended } = await start(t)
  child.write(Buffer.from('moanquit'))
  assert.deepEqual(await ended, { code: 3, signal: null, stderr_bytes: 4 })
  const other = await start(t)
  other.child.kill()
  assert.deepEqual(await other.ended, { code: null, signal: 'SIGKILL', stderr_bytes: 0 })
})

test('knows how much memory a child holds', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async t => {
  const { child, until, ended } = await start(t)
  child.write(Buffer.from('word'))
  await until(text => text !== '')
  assert((child.memory() ?? 0) > 1_000_000)
  child.kill()
  await ended
  assert.equal(child.memory(), undefined)
})
