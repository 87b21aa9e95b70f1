// The control socket: how commands reach a running engine. A Unix socket in the data folder; one
// JSON line asks, one JSON line answers. Only who may open the folder may ask.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { derivedId } from '../kit/ids.ts'
import { type Code, catalogue, type Facts, Failure, failureOf } from '../model/errors.ts'

export interface ControlRequest {
  readonly command: string
  readonly args: Readonly<Record<string, string>>
}
type ControlAnswer = { readonly ok: unknown } | { readonly code: Code; readonly facts: Facts }

const LINE_BYTES_MAX = 67_108_864
const ANSWER_MS_MAX = 60_000
/** Linux and macOS limit a socket's path to about 104 bytes. */
const PATH_BYTES_MAX = 100

export interface ControlServer {
  close(): Promise<void>
}

/** Rejects with `data_unusable` where there is no place for the socket. */
export async function serveControl(
  data: string,
  answer: (request: ControlRequest) => Promise<unknown>,
  onBug: (cause: unknown) => void,
): Promise<ControlServer> {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    converse(socket, answer).catch(onBug)
  })
  try {
    const path = await socketPath(data)
    await rm(path, { force: true })
    await listen(server, path)
    await chmod(path, 0o600)
    await writeFile(join(data, 'control.json'), JSON.stringify({ path, pid: process.pid }))
  } catch (cause) {
    server.close()
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    throw new Failure('data_unusable', { data, error: String(cause.code) }, cause)
  }
  return {
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(join(data, 'control.json'), { force: true })
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

/**
 * Beside the data where the path is short enough, else in a folder of our own for temporary files.
 */
async function socketPath(data: string): Promise<string> {
  const near = join(data, 'control.sock')
  if (Buffer.byteLength(near) <= PATH_BYTES_MAX) return near
  const folder = join(tmpdir(), `firth-${process.getuid?.() ?? 0}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return join(folder, `${derivedId(data)}.sock`)
}

async function converse(
  socket: Socket,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<void> {
  try {
    const ok = (await answer(requestOf(await readLine(socket)))) ?? null
    socket.end(`${JSON.stringify({ ok })}\n`)
  } catch (cause) {
    const failure = failureOf(cause)
    if (failure === undefined) {
      socket.destroy()
      throw cause
    }
    socket.end(`${JSON.stringify({ code: failure.code, facts: failure.facts })}\n`)
  }
}

/**
 * Whoever asks may be of another version, or no Firth at all: nothing is believed before it is
 * seen.
 */
function requestOf(line: string): ControlRequest {
  const { command, args } = parsed(line)
  const texts = typeof args === 'object' && args !== null && !Array.isArray(args)
  if (typeof command !== 'string' || !texts || Object.values(args).some(isNoText)) {
    throw new Failure('command_unknown')
  }
  return { command, args: args as ControlRequest['args'] }
}

const isNoText = (value: unknown) => typeof value !== 'string'

function parsed(line: string): { readonly command?: unknown; readonly args?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {}
  } catch (cause) {
    throw new Failure('command_unknown', {}, cause)
  }
}

/** Asks the engine of a data folder, for at most `wait_ms`; `engine_not_running` where none is. */
export async function askControl(
  data: string,
  request: ControlRequest,
  wait_ms: number = ANSWER_MS_MAX,
): Promise<unknown> {
  const socket = await reach(data)
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    const answer = JSON.parse(await readLine(socket, wait_ms)) as ControlAnswer
    if ('ok' in answer) return answer.ok
    throw new Failure(answer.code in catalogue ? answer.code : 'engine_not_running', answer.facts)
  } finally {
    socket.destroy()
  }
}

async function reach(data: string): Promise<Socket> {
  try {
    const { path } = JSON.parse(await readFile(join(data, 'control.json'), 'utf8')) as {
      path: string
    }
    return await new Promise<Socket>((resolve, reject) => {
      const socket = connect(path)
      socket.once('error', reject)
      socket.once('connect', () => resolve(socket))
    })
  } catch (cause) {
    throw new Failure('engine_not_running', { data }, cause)
  }
}

function readLine(socket: Socket, wait_ms: number = ANSWER_MS_MAX): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const failed = (cause?: unknown) => reject(new Failure('engine_not_running', {}, cause))
    socket.setTimeout(wait_ms, () => socket.destroy())
    socket.on('error', failed)
    socket.on('close', () => failed())
    socket.on('data', chunk => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > LINE_BYTES_MAX) socket.destroy()
      if (chunk.at(-1) === 0x0a) resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
}
