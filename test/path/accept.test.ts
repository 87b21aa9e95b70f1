// What a channel lets in, by type and by its condition.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conditionOf } from '../../src/channel/conditions.ts'
import { accepts } from '../../src/path/accept.ts'
import { message, rawRecord } from './toy.ts'

const record = (type: string, value = message({ type })) => rawRecord({ type, value })
const asks = (messages: readonly string[] | undefined, when?: string) => ({
  accept: { messages, when: conditionOf(when, 'message') },
})

describe('accepts', () => {
  it('lets everything in where the channel names nothing', () => {
    for (const accept of [undefined, { messages: undefined, when: undefined }]) {
      for (const type of ['ADT^A01', '']) assert.ok(accepts({ accept }, record(type)))
    }
  })

  it('lets nothing in where the channel names an empty list', () => {
    assert.equal(accepts(asks([]), record('ADT^A01')), false)
  })

  it('reads a code as all of its events, and never as the beginning of another code', () => {
    assert.ok(accepts(asks(['ADT']), record('ADT^A01')))
    assert.ok(accepts(asks(['ADT']), record('ADT')))
    assert.equal(accepts(asks(['AD']), record('ADT^A01')), false)
    assert.equal(accepts(asks(['ADT^A0']), record('ADT^A01')), false)
  })

  it('asks the fields of the message where there is a condition, after its type', () => {
    const bytes = Buffer.from(
      'MSH|^~\\&|HIS|RIV|F|F|20240501||ADT^A01|1|P|2.5.1\rPID|1||A^^^X~B^^^Y',
    )
    const one = record('ADT^A01', bytes)
    assert.ok(accepts(asks(undefined, 'MSH-4 = "RIV" and PID-3.4 = "Y"'), one))
    assert.ok(!accepts(asks(undefined, 'MSH-4 = "OTHER"'), one))
    assert.ok(!accepts(asks(['ORU'], 'MSH-4 = "RIV"'), one))
  })

  it('reads the fields in the character set that the channel names', () => {
    const bytes = Buffer.from('MSH|^~\\&|HIS|K\xf6ln|F|F|20240501||ADT^A01|1|P|2.5.1', 'latin1')
    const when = asks(undefined, 'MSH-4 = "Köln"')
    assert.ok(accepts({ ...when, charset: '8859/1' }, record('ADT^A01', bytes)))
    assert.ok(!accepts({ ...when, charset: 'KS X 1001' }, record('ADT^A01', bytes)))
  })

  it('lets in what cannot be read, so that its dead letter says why', () => {
    assert.ok(accepts(asks(undefined, 'MSH-4 = "RIV"'), record('ADT^A01', Buffer.from('MSH|'))))
  })
})
