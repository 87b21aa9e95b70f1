// firth map, as another program calls it: output, summary and exit codes.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readMessage } from '../../src/codecs/hl7v2/read.ts'
import { toXml } from '../../src/codecs/hl7v2/xml_write.ts'
import { filesBelow } from '../../src/kit/files.ts'
import { sha256 } from '../../src/kit/ids.ts'
import { message } from '../path/mapping/tenant.ts'
import { folder } from '../path/rooms.ts'
import { exit, run } from './world.ts'

interface Entry {
  readonly fullUrl: string
  readonly resource: { readonly resourceType: string; readonly id: string }
}

async function files(t: TestContext, contents: Readonly<Record<string, Buffer>>) {
  const cwd = await folder(t)
  for (const [name, bytes] of Object.entries(contents)) {
    await mkdir(join(cwd, name, '..'), { recursive: true })
    await writeFile(join(cwd, name), bytes)
  }
  return cwd
}

test('prints the canonical events of a message, without a project', async t => {
  const cwd = await files(t, { 'a.hl7': message('C1') })
  const ran = await run(['map', 'a.hl7'], { cwd })
  assert.equal(ran.code, exit.ok, ran.err)
  const events = JSON.parse(ran.out)
  assert.equal(events.length, 1)
  assert.equal(events[0].kind, 'patient.admitted')
  assert.equal(events[0].source.raw_id, sha256(message('C1')))
  assert.equal(events[0].recorded_at, '2026-03-01T10:15:00.000Z')
})

test('explains a message in lines that fit a terminal of 80 columns', async t => {
  const cwd = await files(t, { 'a.hl7': message('C1') })
  const ran = await run(['map', '--explain', 'a.hl7'], { cwd })
  assert.equal(ran.code, exit.ok, ran.err)
  const lines = ran.out.split('\n')
  assert.deepEqual(
    lines.filter(line => line.length > 80),
    [],
  )
  const at = lines.indexOf('MSH-10  Message Control ID')
  assert.equal(lines[at + 1], '    → event.source.control_id')
  assert.match(lines[at + 2] ?? '', /^ {4}by transforms\/base\/\S+\.ts:\d+( ← |$)/)
})

test('prints one line for each file with --json, and a reason for one without events', async t => {
  const cwd = await files(t, { 'a.hl7': message('C1'), 'b.hl7': Buffer.from('no message') })
  const ran = await run(['map', '--json', 'a.hl7', 'b.hl7'], { cwd })
  assert.equal(ran.code, exit.failed)
  const [first, second, ...more] = ran.out.trimEnd().split('\n')
  assert.equal(JSON.parse(first ?? '').length, 1)
  assert.deepEqual(JSON.parse(second ?? ''), { file: 'b.hl7', code: 'frame_not_hl7', facts: {} })
  assert.deepEqual(more, [])
})

test('makes one Bundle of all messages of a file, whose references resolve', async t => {
  const both = Buffer.concat([message('C1'), Buffer.from('\r'), message('C2', 'ADT^A08')])
  const cwd = await files(t, { 'a.hl7': both })
  const ran = await run(['map', '--bundle', 'a.hl7'], { cwd })
  assert.equal(ran.code, exit.ok, ran.err)
  const bundle = JSON.parse(ran.out) as { type: string; entry: Entry[] }
  assert.equal(bundle.type, 'collection')
  const ids = bundle.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`)
  assert.equal(new Set(ids).size, ids.length)
  for (const [, reference] of ran.out.matchAll(/"reference": "([^"#]+)"/g))
    assert(ids.includes(reference ?? ''), reference)
})

test('reads standard input through the program itself', async () => {
  const { spawnSync } = await import('node:child_process')
  const firth = join(import.meta.dirname, '../../bin/firth')
  const ran = spawnSync(firth, ['map', '--bundle', '-'], { input: message('C1') })
  assert.equal(ran.status, 0, String(ran.stderr))
  assert.equal(JSON.parse(String(ran.stdout)).resourceType, 'Bundle')
})

test('maps a folder with its folders, and ends with what could not be mapped and why', async t => {
  const cwd = await files(t, {
    'in/a.hl7': message('C1'),
    'in/deep/er/b.hl7': message('C2'),
    'in/deep/bad.hl7': message('C3', 'ZZZ^Z99'),
    'in/other.txt': Buffer.from('x'),
    'out/deep/bad.json': Buffer.from('[] of an earlier run'),
  })
  const ran = await run(['map', '--bundle', '--dir', 'in', '--out', 'out'], { cwd })
  assert.equal(ran.code, exit.failed)
  assert.deepEqual(await filesBelow(join(cwd, 'out')), ['a.json', 'deep/er/b.json'])
  const bundle = JSON.parse(await readFile(join(cwd, 'out/a.json'), 'utf8'))
  assert.equal(bundle.resourceType, 'Bundle')
  assert.match(ran.out, /^2 of 3 messages in 3 files were mapped to 2 events/)
  assert.match(ran.out, /^1 other files were left aside\.$/m)
  assert.match(ran.out, /1 {2}message_type_unmapped {2}type: ZZZ\^Z99 {2}deep\/bad\.hl7/)
})

test('takes HL7 v2.xml of a folder like any message, but none beside a .hl7 of its name', async t => {
  const xml = Buffer.from(toXml(readMessage(message('C2'))))
  const cwd = await files(t, {
    'in/a.hl7': message('C1'),
    'in/a.xml': xml,
    'in/deep/b.xml': xml,
    'in/page.xml': Buffer.from('<?xml version="1.0"?><ClinicalDocument/>'),
  })
  const ran = await run(['map', '--json', '--dir', 'in', '--out', 'out'], { cwd })
  assert.equal(ran.code, exit.ok, ran.err)
  assert.deepEqual(await filesBelow(join(cwd, 'out')), ['a.json', 'deep/b.json'])
  const [event] = JSON.parse(await readFile(join(cwd, 'out/deep/b.json'), 'utf8'))
  assert.equal(event.source.control_id, 'C2')
  assert.match(ran.err, /^a\.xml is left aside: a \.hl7 of the same name stands beside it\.$/m)
  assert.equal(JSON.parse(ran.out).left_aside, 2)
})

test('sums up a folder for programs', async t => {
  const cwd = await files(t, { 'in/a.hl7': message('C1') })
  const ran = await run(['map', '--json', '--dir', 'in', '--out', 'out'], { cwd })
  assert.equal(ran.code, exit.ok)
  const { messages, mapped, not_mapped } = JSON.parse(ran.out)
  assert.deepEqual({ messages, mapped, not_mapped }, { messages: 1, mapped: 1, not_mapped: [] })
})

test('writes the same bytes at every run', async t => {
  const cwd = await files(t, { 'in/a.hl7': message('C1') })
  for (const out of ['one', 'two']) await run(['map', '--dir', 'in', '--out', out], { cwd })
  const [one, two] = await Promise.all(
    ['one', 'two'].map(out => readFile(join(cwd, out, 'a.json'), 'utf8')),
  )
  assert.equal(one, two)
})

test('refuses what contradicts itself', async t => {
  const cwd = await files(t, { 'a.hl7': message('C1') })
  const wrong = [
    ['map'],
    ['map', 'gone.hl7'],
    ['map', '--dir', '.'],
    ['map', '--out', '.', 'a.hl7'],
    ['map', '--dir', '.', '--out', '.', 'a.hl7'],
    ['map', '--channel', 'adt_in', 'a.hl7'],
  ]
  for (const words of wrong) {
    const ran = await run(words, { cwd })
    assert.equal(ran.code, exit.usage, words.join(' '))
    assert.equal(ran.out, '')
  }
})
