// The near end of appending_child.ts: starts it, reads what it acknowledged, and checks a data
// folder against that.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openEmbeddedReader } from '../../../src/logs/embedded/offline.ts'
import type { LogRecord } from '../../../src/model/log.ts'
import { eventually } from '../../contract/log.contract.ts'

export const topicsOfChild = ['raw.north.adt', 'canonical.north', 'outbound.north.chart'] as const

/**
 * Bytes that follow from the number alone, of varying length, so that each record can be checked.
 */
export function bodyOf(number: number): Buffer {
  const seed = createHash('sha256').update(`record ${number}`).digest()
  const length = 100 + ((number * 7919) % 1900)
  return Buffer.concat([Buffer.from(`<${number}>`), Buffer.alloc(length, seed)])
}

export interface Acknowledged {
  readonly topic: string
  readonly offset: number
  readonly number: number
}

export interface Child {
  readonly process: ChildProcess
  readonly acks: Acknowledged[]
  readonly naks: { readonly number: number; readonly code: string }[]
  /** Standard error, for the message of a failed test. */
  errors: string
  ready: boolean
  /** Resolves when the process has ended and all its output is read. */
  readonly ended: Promise<void>
}

export interface ChildOptions {
  readonly data: string
  readonly callers: number
  readonly first?: number
  readonly appends?: number
  readonly segment_bytes_max?: number
  readonly env?: NodeJS.ProcessEnv
  /** Command line in front of node's. */
  readonly under?: readonly string[]
}

export function startChild(options: ChildOptions): Child {
  const { data, callers, first = 0, appends = 0, segment_bytes_max = 268_435_456 } = options
  const [command = '', ...args] = [
    ...(options.under ?? []),
    process.execPath,
    join(import.meta.dirname, 'appending_child.ts'),
    data,
    ...[callers, first, appends, segment_bytes_max].map(String),
  ]
  const started = spawn(command, args, { env: { ...process.env, ...options.env } })
  const ended = Promise.withResolvers<void>()
  const child: Child = {
    process: started,
    acks: [],
    naks: [],
    errors: '',
    ready: false,
    ended: ended.promise,
  }
  let rest = ''
  started.stdout.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(child, line)
  })
  started.stderr.on('data', (bytes: Buffer) => {
    child.errors += bytes.toString()
  })
  started.on('close', () => ended.resolve())
  return child
}

function take(child: Child, line: string): void {
  const [word, ...rest] = line.split(' ')
  if (word === 'READY') child.ready = true
  else if (word === 'ACK') {
    const [topic = '', offset, number] = rest
    child.acks.push({ topic, offset: Number(offset), number: Number(number) })
  } else if (word === 'NAK') child.naks.push({ number: Number(rest[0]), code: rest[1] ?? '' })
}

/** Lets it acknowledge `count` more, then kills it as a power switch does. */
export async function killAfter(child: Child, count: number): Promise<void> {
  await eventually(
    () => child.acks.length >= count || child.process.exitCode !== null,
    `acknowledgements: ${child.errors}`,
  )
  child.process.kill('SIGKILL')
  await child.ended
}

/**
 * Everything that is in the log of a data folder, by topic, read by the reader of the command line.
 */
export async function contentOf(
  data: string,
  gaps = false,
): Promise<Map<string, Map<number, LogRecord>>> {
  const reader = openEmbeddedReader(data)
  const content = new Map<string, Map<number, LogRecord>>()
  for (const { topic, partition, first_offset, next_offset } of await reader.partitions()) {
    const records = new Map<number, LogRecord>()
    let offset = first_offset
    while (offset < next_offset) {
      const some = await reader.read(topic, partition, offset, {
        records_max: 5000,
        bytes_max: 8_000_000,
      })
      assert.ok(some.length > 0, 'reading goes on to the end')
      for (const record of some) {
        if (gaps) assert.ok(record.offset >= offset, 'offsets go up')
        else assert.equal(record.offset, offset, 'offsets have no gap')
        records.set(record.offset, record)
        offset = record.offset + 1
      }
    }
    content.set(topic, records)
  }
  await reader.close()
  return content
}

/** Every acknowledged record stands at its offset with its bytes; nothing stands there half. */
export async function checkAll(
  data: string,
  acks: readonly Acknowledged[],
  { gaps = false } = {},
): Promise<void> {
  const content = await contentOf(data, gaps)
  for (const records of content.values()) {
    for (const { headers, key, value } of records.values()) {
      assert.equal(headers.number, key)
      assert.ok(value.equals(bodyOf(Number(key))), 'the bytes are those that were appended')
    }
  }
  for (const { topic, offset, number } of acks) {
    const found = content.get(topic)?.get(offset)
    assert.equal(found?.key, String(number), `the acknowledged record ${number} is at its offset`)
  }
}
