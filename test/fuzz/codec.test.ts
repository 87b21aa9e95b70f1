// Mutants through the codec: nothing crashes or hangs, what is read can be put together again byte
// for byte, the XML says the same, and no value that is set moves anything else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAck } from '../../src/codecs/hl7v2/ack.ts'
import { splitBatch } from '../../src/codecs/hl7v2/batch.ts'
import { edit, writeMessage } from '../../src/codecs/hl7v2/edit.ts'
import { type Message, readMessage, type Segment, type Value } from '../../src/codecs/hl7v2/read.ts'
import { scanMsh } from '../../src/codecs/hl7v2/scan.ts'
import { hasSwitches } from '../../src/codecs/hl7v2/view.ts'
import { fromXml } from '../../src/codecs/hl7v2/xml.ts'
import { toXml } from '../../src/codecs/hl7v2/xml_write.ts'
import { Failure } from '../../src/model/errors.ts'
import { contentOf } from '../codecs/hl7v2/content.ts'
import { fuzz } from './run.ts'

const CASES_USUAL = 6_000

const paths = [
  ...['MSH-1', 'MSH-2', 'MSH-9.2', 'MSH-18[2]', 'PID-3[2].4.1', 'PID-5.1.2', 'OBX[*]-5[*].1'],
  ...[
    'OBR[2]/OBX[*]-5',
    'ORDER_OBSERVATION[2].OBX-3.1',
    'PATIENT[*].NTE[*]-3',
    'ZPI-4',
    'NTE[3]-3',
  ],
]

/** The raw text of a value put together again from its parts, down to the last. */
function rebuilt(value: Value, message: Message): string {
  const parts = value.parts()
  const [only] = parts
  value.text()
  if (only === undefined || (parts.length === 1 && only.level === value.level)) return value.raw
  const { component, subcomponent } = message.delimiters
  const separator = value.level === 1 ? component : subcomponent
  return parts.map(part => rebuilt(part, message)).join(separator)
}

function segmentRebuilt(segment: Segment, message: Message): string {
  const { field, repetition } = message.delimiters
  const isHeader = ['MSH', 'FHS', 'BHS'].includes(segment.name)
  const out = [segment.name]
  const count = segment.fieldCount
  for (let n = isHeader ? 2 : 1; n <= count; n++) {
    const whole = segment.whole(n)
    const values = segment.repetitions(n)
    out.push(values.map(value => rebuilt(value, message)).join(repetition))
    assert.equal(out.at(-1), whole.raw)
  }
  return out.join(field)
}

function readable(bytes: Buffer): Message | undefined {
  try {
    return readMessage(bytes)
  } catch (thrown) {
    assert(thrown instanceof Failure && thrown.code === 'message_unreadable', String(thrown))
    return undefined
  }
}

/** Refusals by name are answers; anything else is not. */
function unlessRefused<T>(codes: readonly string[], run: () => T): T | undefined {
  try {
    return run()
  } catch (thrown) {
    assert(thrown instanceof Failure && codes.includes(thrown.code), String(thrown))
    return undefined
  }
}

function checkXml(message: Message): void {
  // A name of controls, and a set that Unicode cannot give back, have no place in XML.
  const named = message.segments.every(({ name }) => /^[\x20-\x7e]+$/.test(name))
  // Of MSH-2 only the delimiters are carried, not a line that runs on behind them.
  const declared = message.text('MSH-2') ?? ''
  const switches = message.segments.some(({ name }) => hasSwitches(name, message.delimiters))
  if (!named || switches || declared.includes('\n')) return
  const back = unlessRefused(['message_unreadable'], () => fromXml(Buffer.from(toXml(message))))
  // Without an escape character a control cannot be written, and that is said.
  if (back === undefined && message.delimiters.escape === '') return
  assert(back !== undefined, 'what we write we read')
  const [told, said] = [contentOf(readMessage(back)), contentOf(message)]
  // Where its set cannot be had, the message says that it is in another.
  const isRenamed = JSON.stringify(told[0]).includes('UNICODE UTF-8')
  assert.deepEqual(isRenamed ? told.slice(1) : told, isRenamed ? said.slice(1) : said)
}

const values = ['plain', 'a|b^c~d&e\\f', '\rMSH|^~\\&|', '""', 'é', '山', null, undefined]

function checkEdit(message: Message, number: number): void {
  const value = values[number % values.length]
  const target = message.segments[number % message.segments.length]
  if (target === undefined || !/^[A-Z][A-Z0-9]{2}$/.test(target.name)) return
  const [field, repetition] = [3 + (number % 9), 1 + (number % 2)]
  const path = `${target.name}[${message.ordinalOf(target)}]-${field}[${repetition}]`
  const before = message.segments.map(segment => segment.raw)
  const changed = unlessRefused(['edit_refused', 'value_unencodable'], () =>
    edit(message).set(path, value).toBytes(),
  )
  if (changed === undefined) return
  const after = readable(changed)
  assert(after !== undefined)
  // Where nothing is declared, a set is guessed from all bytes, and so from those that are new.
  if (after.charset !== message.charset || after.base !== message.base) return
  assert.equal(after.segments.length, before.length)
  after.segments.forEach((segment, i) => {
    if (i !== number % before.length) assert.equal(segment.raw, before[i])
  })
  // A switch that nobody ends swallows what stands behind it.
  if (after.charset === 'iso-2022-jp') return
  if (typeof value === 'string' && path !== 'MSH[1]-18[1]') assert.equal(after.text(path), value)
}

test('mutants go through the codec without a crash or a difference', { timeout: 0 }, () => {
  const { said } = fuzz('codec', CASES_USUAL, (bytes, number) => {
    const scan = scanMsh(bytes)
    buildAck(scan, { code: 'AE', at_ms: 0, control_id: 'X', reason: 'message_unreadable' })
    const { messages } = splitBatch(bytes)
    assert(messages.reduce((sum, message) => sum + message.length, 0) <= bytes.length)
    const message = readable(messages[0] ?? bytes)
    if (message === undefined) return 'refused'
    assert(writeMessage(message).equals(message.raw), 'what is read and written again is what came')
    for (const segment of message.segments) {
      assert.equal(segmentRebuilt(segment, message), segment.raw)
    }
    for (const path of paths) {
      message.texts(path)
      message.text(path)
      message.presence(path)
    }
    assert(message.findings.length <= 200)
    if (number % 29 === 0) checkXml(message)
    if (number % 3 === 0) checkEdit(message, Math.floor(number / 3))
    return message.charset
  })
  if (process.env.FIRTH_FUZZ !== undefined) return
  assert((said.refused ?? 0) > 0 && (said['utf-8'] ?? 0) > 0, 'of every kind some')
})
