// What stands in a file of messages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loneMessagesIn, messagesIn } from '../../src/operate/map_input.ts'

const texts = (file: string) => messagesIn(Buffer.from(file, 'latin1')).map(String)

test('a file is one message as it stands, whatever its line ends and its byte order mark', () => {
  for (const file of [
    'MSH|^~\\&|A\rPID|1',
    '\xef\xbb\xbfMSH|^~\\&|A\nPID|1\n',
    'MSH|a\r\nPID|1\r\n',
  ])
    assert.deepEqual(messagesIn(Buffer.from(file, 'latin1')), [Buffer.from(file, 'latin1')])
})

test('messages that follow one another are told apart, and nothing of them is lost', () => {
  const file = 'MSH|^~\\&|A\rNTE|1|MSH|inside\r\nMSH|^~\\&|B\nPID|1\n\nMSH|^~\\&|C'
  const found = texts(file)
  assert.deepEqual(
    found.map(text => text[9]),
    ['A', 'B', 'C'],
  )
  assert.equal(found.join(''), file)
})

test('another separator begins no message', () => {
  assert.equal(texts('MSH#^~\\&#A\rMSH|x').length, 1)
})

test('MLLP frames are opened', () => {
  assert.deepEqual(texts('\x0bMSH|A\r\x1c\r'), ['MSH|A\r'])
  assert.deepEqual(texts('\x0bMSH|A\r\x1c\r\x0bMSH|B\r\x1c\r'), ['MSH|A\r', 'MSH|B\r'])
})

test('a start byte alone is of the content', () => {
  assert.deepEqual(texts('MSH|A\x0bB'), ['MSH|A\x0bB'])
})

test('a batch is one, as it came', () => {
  const batch = 'FHS|^~\\&\rBHS|^~\\&\rMSH|A\rMSH|B\rBTS|2\rFTS|1\r'
  assert.deepEqual(texts(batch), [batch])
})

test('a batch is opened for those who look at one message at a time', () => {
  const lone = (file: string) => loneMessagesIn(Buffer.from(file)).map(String)
  const messages = ['MSH|^~\\&|A\rPID|1\r', 'MSH|^~\\&|B\r']
  assert.deepEqual(lone(`FHS|^~\\&\rBHS|^~\\&\r${messages.join('')}BTS|2\rFTS|1\r`), messages)
  assert.deepEqual(lone(messages.join('')), messages)
  assert.deepEqual(lone('BHS|^~\\&\rBTS|0\r'), ['BHS|^~\\&\rBTS|0\r'])
  assert.deepEqual(lone(''), [''])
})

test('an empty file is one empty message', () => {
  assert.deepEqual(texts(''), [''])
})

test('XML and UTF-16 become the message that they say; what is no message stays', () => {
  const xml =
    '<ADT_A01><MSH><MSH.1>|</MSH.1><MSH.2>^~\\&amp;</MSH.2><MSH.3>A</MSH.3></MSH></ADT_A01>'
  assert.deepEqual(texts(xml), ['MSH|^~\\&|A\r'])
  const wide = Buffer.from('\ufeffMSH|^~\\&|A\rPID|1', 'utf16le')
  assert.deepEqual(messagesIn(wide).map(String), ['MSH|^~\\&|A\rPID|1'])
  assert.deepEqual(texts('<html></html>'), ['<html></html>'])
})
