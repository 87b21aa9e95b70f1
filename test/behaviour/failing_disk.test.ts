// A disk that is full, read-only or failing: no false ACK, nothing lost, the operator is told in
// words, and intake goes on by itself when there is room (design section 4; requirement S08).
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  bytesOf,
  firth as command,
  freePorts,
  makeProject,
  type Project,
  plainChannel,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt, framed } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { requirePart } from '../peers/require.ts'

const message = (n: number, padding = 0) => {
  const facts = {
    control_id: `D${n}`,
    patient: n,
    visit: n,
    at: '20260105080000+0000',
    revision: n,
  }
  return Buffer.concat([adt('A01', facts), Buffer.from(`NTE|1||${'y'.repeat(padding)}\r`)])
}

/**
 * One message over a connection of its own: MSA-1, or undefined where the connection only ended.
 */
function sendOnce(port: number, bytes: Buffer): Promise<string | undefined> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(framed(bytes)))
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(/\rMSA\|(\w\w)/.exec(text)?.[1])
    }
    const timer = setTimeout(end, 20_000)
    socket.on('error', end)
    socket.on('close', end)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (text.includes('\x1c\r')) end()
    })
  })
}

/** Sends until a refusal; answers what was acknowledged before it and with what it was refused. */
async function fill(port: number, options: { padding: number; most: number }) {
  const acked: Buffer[] = []
  for (let n = 0; n < options.most; n++) {
    const bytes = message(n, options.padding)
    const code = await sendOnce(port, bytes)
    if (code !== 'AA') return { acked, refused: code, next: n }
    acked.push(bytes)
  }
  return { acked, refused: 'never', next: options.most }
}

async function assertStored(project: Project, acked: readonly Buffer[]): Promise<void> {
  const stored = (await readTopic(project, 'raw.plain.feed')).map(record =>
    bytesOf(record).toString('latin1'),
  )
  const texts = new Set(stored)
  for (const bytes of acked) {
    assert.ok(texts.has(bytes.toString('latin1')), 'an acknowledged message is not in the log')
  }
}

const root = process.getuid?.() === 0
const mountable =
  root && spawnSync('sh', ['-c', 'command -v mount && command -v umount']).status === 0
const tmpfs = requirePart('tmpfs', mountable, 'run as root where file systems may be mounted')

async function mounted(size: string): Promise<{ folder: string; unmount(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'firth-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  return {
    folder,
    async unmount() {
      spawnSync('umount', ['-l', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const oneChannel = (port: number) =>
  makeProject({
    'channels/plain/feed.yaml': plainChannel({ tenant: 'plain', channel: 'feed', port }),
  })

test('a full disk refuses in words, and intake goes on by itself when there is room', {
  skip: tmpfs,
}, async () => {
  const [port = 0] = await freePorts(1)
  const disk = await mounted('24m')
  const made = await oneChannel(port)
  const project = { ...made, data: join(disk.folder, 'data') }
  const ballast = join(disk.folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(12 * 1024 * 1024))
  const firth = await startFirth(project)
  try {
    const { acked, refused, next } = await fill(port, { padding: 100_000, most: 400 })
    assert.ok(acked.length > 0, 'nothing fitted at all')
    assert.ok(refused === 'AE' || refused === undefined, `a full disk was answered ${refused}`)
    const status = await command(['status', '--data', project.data])
    assert.equal(status.code, 1)
    assert.match(status.stdout, /no room/i)
    await assertStored(project, acked)

    await rm(ballast)
    const more = Array.from({ length: 10 }, (_, i) => message(next + 1 + i, 1000))
    await sendAll(more, { port, patience_ms: 60_000 })
    assert.equal((await command(['status', '--data', project.data])).code, 0)
    assert.equal(await firth.stop(), 0)
    await assertStored(project, [...acked, ...more])
  } finally {
    await firth.kill()
    await disk.unmount()
    await made.remove()
  }
})

test('a limit on file sizes fails the commit, not the promise', async () => {
  const [port = 0] = await freePorts(1)
  const project = await oneChannel(port)
  // 4 MiB a file, in blocks of 512 bytes as POSIX counts them; the shell hands the limit on.
  const wrap = ['sh', '-c', 'ulimit -f 8192; exec "$@"', 'sh']
  const firth = await startFirth({ ...project, wrap })
  try {
    const { acked, refused } = await fill(port, { padding: 100_000, most: 400 })
    assert.ok(acked.length > 0)
    assert.ok(
      refused === 'AE' || refused === undefined || refused === 'never',
      `answered ${refused}`,
    )
    await firth.kill()
    await assertStored(project, acked)

    // Without the limit everything that was acknowledged is there and more is taken.
    const again = await startFirth(project)
    try {
      await sendAll([message(10_001)], { port })
      assert.equal(await again.stop(), 0)
    } finally {
      await again.kill()
    }
    await assertStored(project, [...acked, message(10_001)])
  } finally {
    await firth.kill()
    await project.remove()
  }
})

test('a data folder that cannot be written is said before anything listens', {
  skip: tmpfs,
}, async () => {
  const [port = 0] = await freePorts(1)
  const disk = await mounted('16m')
  const made = await oneChannel(port)
  try {
    execFileSync('mount', ['-o', 'remount,ro', disk.folder])
    const { code, stderr } = await command([
      'run',
      '--project',
      made.project,
      '--data',
      join(disk.folder, 'data'),
    ])
    assert.equal(code, 4)
    assert.match(stderr, /writ|read-only/i)
  } finally {
    await disk.unmount()
    await made.remove()
  }
})
