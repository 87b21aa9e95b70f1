// Station 1: what can be stored is taken with its bytes unchanged; everything else is refused with
// the first reason that holds.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { scanMsh } from '../../src/codecs/hl7v2/scan.ts'
import { timeOfId } from '../../src/kit/ids.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Arrival, MshScan, Received, Refused } from '../../src/model/message.ts'
import { feedOf, messageTypeOf, receive } from '../../src/path/1_receive.ts'
import { message, START_MS } from './toy.ts'

const context = {
  clock: { now: () => START_MS, elapsed: () => 0, sleep: async () => {}, after: () => () => {} },
  random: seededRandom(1),
  record_bytes_max: 1_000,
}

const arrivalOf = (bytes: Buffer | string): Arrival => ({
  bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1'),
  peer: { address: '127.0.0.1', port: 40_000 },
  door: '2575',
  received_at_ms: START_MS + 7,
})

const taken = (bytes: Buffer | string): Received => {
  const result = receive(arrivalOf(bytes), context)
  assert.equal(result.kind, 'received')
  return result as Received
}

const refused = (bytes: Buffer | string): Refused => {
  const result = receive(arrivalOf(bytes), context)
  assert.equal(result.kind, 'refused')
  return result as Refused
}

const headerOf = (text: string): MshScan => {
  const msh = scanMsh(Buffer.from(text, 'latin1'))
  assert.ok(msh)
  return msh
}

describe('receive', () => {
  it('takes a message with the very bytes that came, and what the header says (G2)', () => {
    const bytes = message({ control_id: 'MSG1', type: 'ADT^A08^ADT_A01' })
    const received = taken(bytes)
    assert.equal(received.bytes, bytes)
    assert.equal(received.control_id, 'MSG1')
    assert.equal(received.message_type, 'ADT^A08')
    assert.equal(received.feed, '2575|HIS|HARBOR')
    assert.equal(received.received_at_ms, START_MS + 7)
    assert.deepEqual(received.peer, { address: '127.0.0.1', port: 40_000 })
  })

  it('draws a new raw_id for every message, also for the same bytes', () => {
    const [one, other] = [taken(message()), taken(message())]
    assert.notEqual(one.raw_id, other.raw_id)
    assert.equal(timeOfId(one.raw_id), START_MS)
  })

  it('takes a message behind a byte order mark and blank lines, and keeps them', () => {
    const bytes = Buffer.concat([Buffer.from('\xef\xbb\xbf\r\n', 'latin1'), message()])
    assert.equal(taken(bytes).bytes, bytes)
  })

  it('takes the header of a batch', () => {
    const batch = taken('FHS|^~\\&|HIS|HARBOR|||20260105||||B7\rBHS|^~\\&\r')
    assert.equal(batch.control_id, 'B7')
    assert.equal(batch.message_type, '')
  })

  it('takes a message that lacks everything but its delimiters: a person may mend it later', () => {
    const bare = taken('MSH|^~\\&\r')
    assert.equal(bare.control_id, '')
    assert.equal(bare.message_type, '')
    assert.equal(bare.feed, '2575||')
  })

  it('takes a record of exactly the limit and refuses one byte more, with its header to answer by', () => {
    const full = (bytes: number) => {
      const head = message()
      return Buffer.concat([head, Buffer.alloc(bytes - head.length, 0x41)])
    }
    assert.equal(taken(full(1_000)).bytes.length, 1_000)
    const large = refused(full(1_001))
    assert.equal(large.code, 'frame_too_large')
    assert.equal(large.msh?.field(10), 'C1')
    assert.equal(refused(Buffer.alloc(1_001, 0x41)).code, 'frame_too_large')
  })

  it('refuses what holds nothing but blanks', () => {
    for (const bytes of ['', '\r', '\r\n \n', ' '.repeat(2_000)]) {
      assert.equal(refused(bytes).code, 'frame_empty')
    }
  })

  it('refuses what is no HL7 v2', () => {
    const utf16 = Buffer.from('MSH|^~\\&|HIS', 'utf16le')
    for (const bytes of ['GET / HTTP/1.1\r\n', '{"a":1}', 'PID|1', 'MS', utf16, '\xff\x00']) {
      const { code, msh } = refused(bytes)
      assert.equal(code, 'frame_not_hl7')
      assert.equal(msh, undefined)
    }
  })

  it('says where a header is there but cannot be read', () => {
    const unusable = ['MSH', 'MSH|', 'MSHAAAAA', 'MSH||||', 'MSH|^^~\\&|x', 'BHS|', 'FHSx']
    for (const start of ['', '\xef\xbb\xbf', '\r\n', '\xef\xbb\xbf\r\n\r\n\r\n']) {
      for (const header of unusable) {
        assert.equal(refused(`${start}${header}\rPID|1`).code, 'msh_unreadable')
      }
    }
  })

  it('answers any bytes and leaves them as they were', () => {
    const header = fc.constantFrom('', 'MSH', 'MSH|^~\\&|', 'BHS|^~\\&', '\xef\xbb\xbfMSH|')
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (start, tail) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), tail])
        const copy = Buffer.from(bytes)
        const result = receive(arrivalOf(bytes), context)
        assert.equal(result.bytes, bytes)
        assert.deepEqual(bytes, copy)
        if (result.kind === 'received') assert.ok(scanMsh(bytes))
      }),
    )
  })
})

describe('feedOf', () => {
  it('tells senders of one door apart by MSH-3 and MSH-4, in bounded length', () => {
    assert.equal(feedOf('2575', headerOf('MSH|^~\\&|LAB|SOUTH\r')), '2575|LAB|SOUTH')
    const long = `MSH|^~\\&|${'x'.repeat(5_000)}|SOUTH\r`
    assert.equal(feedOf('2575', headerOf(long)).length, 120)
  })
})

describe('messageTypeOf', () => {
  it('reads code and event by the separator of the sender', () => {
    assert.equal(messageTypeOf(headerOf('MSH|^~\\&|||||||ORU^R01^ORU_R01\r')), 'ORU^R01')
    assert.equal(messageTypeOf(headerOf('MSH#*~\\&#######ORU*R01\r')), 'ORU^R01')
  })

  it('leaves an event out that is not there', () => {
    assert.equal(messageTypeOf(headerOf('MSH|^~\\&|||||||ACK\r')), 'ACK')
    assert.equal(messageTypeOf(headerOf('MSH|^~\\&|||||||ACK^\r')), 'ACK')
    assert.equal(messageTypeOf(headerOf('MSH|^~\\&|\r')), '')
  })
})
