// A message in a person's editor: what is not touched stays byte for byte, in every character set
// and with every kind of line end, and what cannot be written is said.
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { messageText, withText } from '../../../src/codecs/hl7v2/edit_text.ts'

const HEAD = 'MSH|^~\\&|HIS|H|F|F|20260105||ADT^A01|C1|P|2.5.1'
const latin = (text: string) => Buffer.from(text, 'latin1')
const edited = (bytes: Buffer, change: (text: string) => string) =>
  withText(bytes, change(messageText(bytes).text))

describe('a message as text', () => {
  it('has one segment a line, in its own character set', () => {
    const bytes = latin(`${HEAD}||||||8859/1\rPID|1||M1||M\xfcller\r`)
    const { text, charset, odd } = messageText(bytes)
    assert.equal(text, `${HEAD}||||||8859/1\nPID|1||M1||Müller\n`)
    assert.equal(charset, 'iso-8859-1')
    assert.equal(odd, 0)
  })

  it('gives the same bytes back where nothing was changed, whatever they are', () => {
    const piece = fc.oneof(
      fc.constantFrom('\r', '\n', '\r\n', '\r\r', '|', '^', 'é', 'PID|1', '\x1b$B', '\0'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom('latin1', 'utf8', 'utf16le'), (parts, set) => {
        const bytes = Buffer.from(`${HEAD}\r${parts.join('')}`, set)
        assert.deepEqual(withText(bytes, messageText(bytes).text), bytes)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), more => {
        const bytes = Buffer.concat([latin(`${HEAD}\rPID|`), Buffer.from(more)])
        assert.deepEqual(withText(bytes, messageText(bytes).text), bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('changes one field and no other byte, with mixed line ends and none at the end', () => {
    const bytes = latin(`${HEAD}\r\nPID|1||M1||A^B\n\rPV1|1|I`)
    const made = edited(bytes, text => text.replace('A^B', 'C^D'))
    assert.deepEqual(made, latin(`${HEAD}\r\nPID|1||M1||C^D\n\rPV1|1|I`))
  })

  it('keeps bytes that are no text of the set, also in a line that is changed', () => {
    const bytes = Buffer.concat([
      Buffer.from(`${HEAD}||||||UNICODE UTF-8\rPID|1||M1||Zoë`),
      Buffer.from([0xe9]),
      Buffer.from('^X\r'),
    ])
    const options = { charset: 'utf-8' } as const
    const { text, odd } = messageText(bytes, options)
    assert.equal(odd, 1)
    const made = withText(bytes, text.replace('^X', '^Xavier'), options)
    assert.equal(made.toString('latin1'), bytes.toString('latin1').replace('^X', '^Xavier'))
  })

  it('adds and removes segments with the line end of the message', () => {
    const bytes = latin(`${HEAD}\nPID|1||M1\nPV1|1|I`)
    assert.deepEqual(
      edited(bytes, text => text.replace('PV1', 'NK1|1\nPV1')),
      latin(`${HEAD}\nPID|1||M1\nNK1|1\nPV1|1|I`),
    )
    assert.deepEqual(
      edited(bytes, text => `${text}ZZZ|1\n`),
      latin(`${HEAD}\nPID|1||M1\nPV1|1|I\nZZZ|1`),
    )
    assert.deepEqual(
      edited(bytes, text => text.replace('PV1|1|I\n', '')),
      latin(`${HEAD}\nPID|1||M1\n`),
    )
  })

  it('takes what an editor of another system writes: CR LF, or no last line end', () => {
    const bytes = latin(`${HEAD}\rPID|1||M1\r`)
    const text = `${HEAD}\r\nPID|1||M2`
    assert.deepEqual(withText(bytes, text), latin(`${HEAD}\rPID|1||M2\r`))
  })

  it('says where the character set cannot hold a new character', () => {
    const bytes = latin(`${HEAD}||||||8859/1\rPID|1||M1||Amy\r`)
    assert.throws(() => edited(bytes, text => text.replace('Amy', '日本')), {
      code: 'value_unencodable',
      facts: { place: 'line 2', charset: 'iso-8859-1' },
    })
    assert.throws(() => edited(latin(`${HEAD}\rPID|1||Amy\r`), text => text.replace('Amy', 'ü')), {
      code: 'value_unencodable',
    })
  })

  it('lets a message of plain ASCII be given a set and characters of it in one go', () => {
    const made = edited(latin(`${HEAD}\rPID|1||Amy\r`), text =>
      text.replace('2.5.1', '2.5.1||||||UNICODE UTF-8').replace('Amy', 'Ämy'),
    )
    assert.equal(made.toString('utf8'), `${HEAD}||||||UNICODE UTF-8\rPID|1||Ämy\r`)
  })

  it('edits Japanese with its switches, line by line', () => {
    const kanji = Buffer.from([0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42])
    const line = (name: string) =>
      Buffer.concat([latin(`PID|1||${name}||`), kanji, latin('\rPV1|1|I\r')])
    const head = latin(`${HEAD}||||||ISO IR87\r`)
    const bytes = Buffer.concat([head, line('M1')])
    const made = edited(bytes, text => text.replace('M1', 'M2'))
    assert.deepEqual(made, Buffer.concat([head, line('M2')]))
  })
})
