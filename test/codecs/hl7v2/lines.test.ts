// A message as lines that can be put together again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesOf, toContent, toRaw } from '../../../src/codecs/hl7v2/lines.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { Failure } from '../../../src/model/errors.ts'

const joined = (bytes: Buffer) => {
  const { lines, prefix } = linesOf(readMessage(bytes))
  return Buffer.concat([prefix, ...lines.flatMap(line => [line.raw ?? Buffer.alloc(0), line.end])])
}

test('lines and what stands between them are the message', () => {
  const texts = ['MSH|^~\\&|\r', '\ufeffMSH|^~\\&|\r\n\r\nPID|1\n', 'MSH|^~\\&|\rZ\r\r\rA']
  for (const text of texts) {
    for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le')]) {
      assert(joined(bytes).equals(bytes), JSON.stringify(text))
    }
  }
})

test('a set whose bytes look like delimiters has UTF-8 for its content', () => {
  const gb = { charset: 'gb18030', base: 'gb18030' } as const
  const content = toContent('中', gb) ?? ''
  assert.equal(Buffer.from(content, 'latin1').toString(), '中')
  assert.equal(toRaw(content, gb).toString('hex'), 'd6d0')
  const latin = { charset: 'iso-8859-1', base: 'iso-8859-1' } as const
  assert.equal(toContent('ü', latin), '\xfc')
  assert.equal(toContent('中', latin), undefined)
  const big5 = { charset: 'big5', base: 'big5' } as const
  const lost = Buffer.from('\ufffd').toString('latin1')
  assert.throws(() => toRaw(lost, big5), Failure)
})

test('a switched text keeps its base set beside the other', () => {
  const both = { charset: 'iso-2022-jp', base: 'iso-8859-1' } as const
  const content = toContent('ü山', both) ?? ''
  assert.equal(toRaw(content, both).toString('latin1'), '\xfc\x1b$B;3\x1b(B')
  assert.equal(toContent('김', both), undefined)
})

test('ASCII may be given what it declares, and no more', () => {
  const of = (msh18: string) =>
    readMessage(Buffer.from(`MSH|^~\\&|${'|'.repeat(15)}${msh18}`)).written.charset
  assert.equal(of(''), 'ascii')
  assert.equal(of('UNICODE UTF-8'), 'utf-8')
  assert.equal(of('8859/2'), 'iso-8859-2')
  assert.equal(of('UNICODE UTF-16'), 'ascii')
})
