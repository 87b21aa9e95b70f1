// The control socket: one line asks, one line answers, for whoever may open the data folder.
// Whatever comes in, the engine behind it goes on.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../../src/model/errors.ts'
import { askControl, type ControlRequest, serveControl } from '../../src/wire/control.ts'

const neverBug = (cause: unknown): unknown => assert.fail(String(cause))

async function folder(t: TestContext, ...below: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'firth-control-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const data = join(root, ...below)
  await mkdir(data, { recursive: true })
  return data
}

async function serve(
  t: TestContext,
  data: string,
  answer: (request: ControlRequest) => Promise<unknown> = async request => request,
  onBug = neverBug,
) {
  const server = await serveControl(data, answer, onBug)
  t.after(() => server.close())
  return server
}

const pathOf = async (data: string) =>
  (JSON.parse(await readFile(join(data, 'control.json'), 'utf8')) as { path: string }).path

/** Writes pieces to the socket and reads what comes back, as no client of ours would. */
async function raw(data: string, pieces: readonly string[]): Promise<string> {
  const socket = connect(await pathOf(data))
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString()
  })
  const closed = new Promise(resolve => socket.once('close', resolve))
  for (const piece of pieces) {
    socket.write(piece)
    await delay(1)
  }
  await closed
  return text
}

const ask = { command: 'status', args: { of: 'Ünïcödé \n "quoted"' } }

describe('the control socket', () => {
  it('carries a request to the engine and its answer back', async t => {
    const data = await folder(t)
    await serve(t, data)
    assert.deepEqual(await askControl(data, ask), ask)
  })

  it('answers many at once, each with its own', async t => {
    const data = await folder(t)
    await serve(t, data, async ({ args }) => {
      await delay(Number(args.n) % 3)
      return args.n
    })
    const numbers = Array.from({ length: 50 }, (_, n) => String(n))
    const answers = await Promise.all(
      numbers.map(n => askControl(data, { command: 'x', args: { n } })),
    )
    assert.deepEqual(answers, numbers)
  })

  it('carries large answers', async t => {
    const data = await folder(t)
    const large = 'x'.repeat(5_000_000)
    await serve(t, data, async () => ({ large }))
    assert.deepEqual(await askControl(data, ask), { large })
  })

  it('carries an answer that is nothing', async t => {
    const data = await folder(t)
    await serve(t, data, async () => undefined)
    assert.equal(await askControl(data, ask), null)
  })

  it('hands a failure on with its code and facts', async t => {
    const data = await folder(t)
    await serve(t, data, async ({ command }) => {
      throw new Failure('command_unknown', { command })
    })
    await assert.rejects(askControl(data, ask), {
      name: 'Failure',
      code: 'command_unknown',
      facts: { command: 'status' },
    })
  })

  it('hands a bug to the engine, and tells the asker no more than that nothing answers', async t => {
    const data = await folder(t)
    const bugs: unknown[] = []
    const bug = new TypeError('CANARY')
    await serve(
      t,
      data,
      () => Promise.reject(bug),
      cause => bugs.push(cause),
    )
    await assert.rejects(askControl(data, ask), { code: 'engine_not_running' })
    assert.deepEqual(bugs, [bug])
  })

  it('reads a request that comes byte by byte', async t => {
    const data = await folder(t)
    await serve(t, data)
    const answer = await raw(data, [...`${JSON.stringify(ask)}\n`])
    assert.deepEqual(JSON.parse(answer), { ok: ask })
  })

  it('refuses what is no request, and goes on', async t => {
    const data = await folder(t)
    await serve(t, data)
    const wrong = [
      'GET / HTTP/1.1',
      '{}',
      'null',
      '[]',
      '{"command":7,"args":{}}',
      '{"command":"status"}',
      '{"command":"status","args":{"id":7}}',
      '{"command":"status","args":[]}',
    ]
    for (const line of wrong) {
      const answer = await raw(data, [`${line}\n`])
      assert.equal((JSON.parse(answer) as { code: string }).code, 'command_unknown', line)
    }
    assert.deepEqual(await askControl(data, ask), ask)
  })

  it('outlives askers that leave in the middle', async t => {
    const data = await folder(t)
    await serve(t, data)
    for (const text of ['', '{"command":']) {
      const socket = connect(await pathOf(data))
      await new Promise(resolve => socket.once('connect', resolve))
      socket.write(text)
      socket.destroy()
    }
    assert.deepEqual(await askControl(data, ask), ask)
  })

  it('can be opened by its owner alone', async t => {
    const data = await folder(t)
    await serve(t, data)
    assert.equal((await stat(await pathOf(data))).mode & 0o777, 0o600)
  })
})

describe('where the engine is', () => {
  it('is said by nobody where none ran', async t => {
    const data = await folder(t)
    await assert.rejects(askControl(data, ask), { code: 'engine_not_running', facts: { data } })
    await assert.rejects(askControl(join(data, 'nowhere'), ask), { code: 'engine_not_running' })
  })

  it('is nowhere after it has closed, and its askers are let go', async t => {
    const data = await folder(t)
    const server = await serve(t, data, () => new Promise(() => {}))
    const asking = askControl(data, ask)
    asking.catch(() => {})
    await delay(20)
    await server.close()
    await assert.rejects(asking, { code: 'engine_not_running' })
    await assert.rejects(askControl(data, ask), { code: 'engine_not_running' })
  })

  it('is nowhere where one was killed, until the next takes its place', async t => {
    const data = await folder(t)
    // What a killed engine leaves: the file, and a socket that nobody listens on.
    const path = join(data, 'control.sock')
    const dead = createServer().listen(path)
    await new Promise(resolve => dead.once('listening', resolve))
    await new Promise(resolve => dead.close(resolve))
    await writeFile(path, '')
    await writeFile(join(data, 'control.json'), JSON.stringify({ path, pid: 1 }))
    await assert.rejects(askControl(data, ask), { code: 'engine_not_running' })
    await serve(t, data)
    assert.deepEqual(await askControl(data, ask), ask)
  })

  it('is found also in folders whose path is too long for a socket, each at its own', async t => {
    const long = 'a_folder_with_a_name_that_is_long_enough'.repeat(4)
    const folders = [await folder(t, long, long), await folder(t, long, long)]
    for (const data of folders) await serve(t, data, async () => data)
    for (const data of folders) {
      assert.ok(Buffer.byteLength(await pathOf(data)) <= 100)
      assert.equal(await askControl(data, ask), data)
    }
  })

  it('is refused in words where something else stands in its place', async t => {
    const data = await folder(t)
    await mkdir(join(data, 'control.sock', 'inner'), { recursive: true })
    await assert.rejects(serve(t, data), { code: 'data_unusable' })
    await rm(join(data, 'control.sock'), { recursive: true })
    await mkdir(join(data, 'control.json'))
    await assert.rejects(serve(t, data), { code: 'data_unusable' })
  })

  it('is found in folders with a name of any script', async t => {
    const data = await folder(t, 'Ünïcödé 東京 with blanks')
    await serve(t, data)
    assert.deepEqual(await askControl(data, ask), ask)
  })
})
