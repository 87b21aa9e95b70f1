// SIGKILL cannot show a missing fsync, because the kernel keeps what was written. So the system
// calls of the real process are traced: for every ACK on the wire there must stand, earlier, the
// write of that message's bytes to the log's file, and behind that write a completed sync of the
// same file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts, makeProject, plainChannel, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { requirePart } from '../peers/require.ts'

const strace = spawnSync('strace', ['-V']).status === 0
const skip = requirePart('strace', strace, "install the package 'strace'")

const CALLS = 'fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg'

/** Long enough that one page of the log's file is shown whole. */
const STRING_BYTES = 70_000

interface Call {
  readonly name: string
  /** What is between the parentheses, as strace prints it, with file names (-y). */
  readonly args: string
  readonly started: number
  readonly ended: number
  readonly ok: boolean
}

/** Calls with the numbers of the lines on which they began and ended. */
function callsOf(trace: string): Call[] {
  const open = new Map<string, { name: string; args: string; started: number }>()
  const calls: Call[] = []
  trace.split('\n').forEach((line, number) => {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>(.*) = (-?\d+)/.exec(rest)
    if (resumed) {
      const begun = open.get(pid)
      open.delete(pid)
      if (begun) calls.push({ ...begun, ended: number, ok: Number(resumed[3]) >= 0 })
      return
    }
    const begun = /^(\w+)\((.*)$/.exec(rest)
    if (!begun) return
    const [, name = '', args = ''] = begun
    if (args.endsWith('<unfinished ...>')) open.set(pid, { name, args, started: number })
    else {
      const result = / = (-?\d+)[^=]*$/.exec(args)
      calls.push({ name, args, started: number, ended: number, ok: Number(result?.[1] ?? -1) >= 0 })
    }
  })
  return calls
}

/** The ids whose ACK went out without a sync between the write of the message and the ACK. */
export function unsynced(trace: string, ids: readonly string[]): string[] {
  const calls = callsOf(trace)
  const writes = calls.filter(({ name, args }) => /write|send/.test(name) && !args.startsWith('1<'))
  const syncs = calls.filter(({ name, ok }) => /sync/.test(name) && ok)
  const toLog = writes.filter(({ args }) => /^\d+<[^>]*\/log\/[^>]*>/.test(args))
  const toWire = writes.filter(({ args }) => /^\d+<(TCP|socket|tcp)/i.test(args))
  return ids.filter(id => {
    const ack = toWire.find(({ args }) => args.includes(`MSA|AA|${id}`))
    assert.ok(ack, `the ACK of ${id} is not in the trace`)
    const written = toLog.find(({ args, ended }) => args.includes(id) && ended < ack.started)
    if (written === undefined) return true
    const file = /^\d+<([^>]*)>/.exec(written.args)?.[1] ?? ''
    return !syncs.some(
      sync =>
        sync.args.includes(`<${file}>`) && sync.started > written.ended && sync.ended < ack.started,
    )
  })
}

test('the check itself finds a missing and a late sync', () => {
  const write = '7 pwrite64(20</d/log/1.db-wal>, "..A1..", 9, 0) = 9'
  const sync = '7 fdatasync(20</d/log/1.db-wal>) = 0'
  const ack = '5 write(23<TCP:[1->2]>, "MSA|AA|A1\\r", 9) = 9'
  assert.deepEqual(unsynced([write, sync, ack].join('\n'), ['A1']), [])
  assert.deepEqual(unsynced([write, ack, sync].join('\n'), ['A1']), ['A1'])
  assert.deepEqual(unsynced([sync, write, ack].join('\n'), ['A1']), ['A1'])
  assert.deepEqual(unsynced([ack].join('\n'), ['A1']), ['A1'])
})

/** The tracer writes the end of the process last, a moment after it; its columns are padded. */
async function wholeTrace(file: string, pid: number): Promise<string> {
  const end = new RegExp(`^${pid} +\\+\\+\\+ exited`, 'm')
  for (let look = 0; look < 200; look++) {
    const trace = await readFile(file, 'latin1')
    if (end.test(trace)) return trace
    await delay(100)
  }
  throw new Error('the trace does not end with the process')
}

test('a sync of the log stands before every ACK', { skip }, async t => {
  const [port = 0] = await freePorts(1)
  const project = await makeProject({
    'channels/plain/feed.yaml': plainChannel({ tenant: 'plain', channel: 'feed', port }),
  })
  const output = join(project.project, 'trace')
  const wrap = [
    'strace',
    // The traced process is our own child, so that signals reach it and not the tracer.
    '-D',
    '-f',
    '-y',
    '-s',
    String(STRING_BYTES),
    '-e',
    `trace=${CALLS}`,
    '-o',
    output,
  ]
  const firth = await startFirth({ ...project, wrap })
  try {
    const ids: string[] = []
    const streams = [0, 1, 2, 3].map(sender =>
      Array.from({ length: 25 }, (_, n) => {
        const control_id = `SYNC${sender}X${n}X`
        ids.push(control_id)
        const at = '20260105080000+0000'
        const message = adt('A01', { control_id, patient: n, visit: n, at, revision: n })
        // Twice more, far apart, so that a page's border cannot cut every copy of the id in two.
        const note = `NTE|1||${control_id}|${'x'.repeat(40)}\rNTE|2||${control_id}\r`
        return Buffer.concat([message, Buffer.from(note)])
      }),
    )
    await Promise.all(streams.map(messages => sendAll(messages, { port })))
    assert.equal(await firth.stop(), 0)
    assert.deepEqual(unsynced(await wholeTrace(output, Number(firth.child.pid)), ids), [])
    t.diagnostic(
      `${ids.length} acknowledged messages, each behind a sync of its own or a shared one`,
    )
  } finally {
    await firth.kill()
    await project.remove()
  }
})
