// What a folder of samples tells.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { survey } from '../../src/operate/new_project_samples.ts'
import { tables } from '../cli/world.ts'

async function look(...messages: (string | Buffer)[]) {
  const folder = mkdtempSync(join(tmpdir(), 'firth-samples-'))
  for (const [i, message] of messages.entries()) writeFileSync(join(folder, `${i}.hl7`), message)
  try {
    return await survey(folder, tables)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const adt = (charset = '', name = 'Elm') =>
  [
    `MSH|^~\\&|HIS|RIV|FIRTH|FIRTH|20260301101500||ADT^A01|C1|P|2.3||||||${charset}`,
    'EVN|A01|20260301101500',
    `PID|1||M1^^^RIV^MR||${name}^Bo||19671204|F|||||555^QQQ^PH~556^PRN^PH`,
    'PV1|1|W|3W||||||||||||||||V1^^^RIV&2.999.1&ISO^VN',
  ].join('\r')

test('names a character set only where MSH-18 is silent or wrong', async () => {
  const latin = (charset: string, name: string) => Buffer.from(adt(charset, name), 'latin1')
  assert.equal((await look(adt())).charset, undefined)
  assert.equal((await look(latin('8859/1', 'S\xf8n'))).charset, undefined)
  assert.equal((await look(latin('', 'S\xf8n'))).charset, '8859/1')
  assert.equal((await look(latin('', 'S\xf8n\x92s'))).charset, 'windows-1252')
  assert.equal((await look(latin('ASCII', 'S\xc3\xb8n'))).charset, 'UTF-8')
})

test('takes the OID of an authority from wherever one stands', async () => {
  const { authorities } = await look(adt())
  assert.deepEqual(
    authorities.map(({ name, count }) => [name, count]),
    [['RIV', 2]],
  )
})

test('looks at each message of a batch', async () => {
  const { mapped, unread } = await look(`FHS|^~\\&\rBHS|^~\\&\r${adt()}\r${adt()}\rBTS|2\rFTS|1\r`)
  assert.deepEqual(mapped, [{ name: 'ADT^A01', count: 2 }])
  assert.deepEqual(unread, [])
})

test('counts a code only where it is certain which one was not mapped', async () => {
  const { codes } = await look(adt(), adt())
  const row = codes.find(({ slot }) => slot === 'patientClass')
  assert.deepEqual(
    row?.codes.map(({ name, count }) => [name, count]),
    [['W', 2]],
  )
  // Two numbers with two codes: which of them is meant, the finding does not say.
  assert.equal(
    codes.some(({ slot }) => slot === 'telecomUse'),
    false,
  )
})

test('says of a file why it was not read', async () => {
  const { samples, unread } = await look('hello', adt())
  assert.equal(samples.length, 1)
  assert.deepEqual(unread, [{ file: '0.hl7', why: 'message_unreadable' }])
})
