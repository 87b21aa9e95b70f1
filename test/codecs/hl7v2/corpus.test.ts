// Every message of the corpus of other projects' messages: read and written again byte for byte, or
// refused with the place.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { splitBatch } from '../../../src/codecs/hl7v2/batch.ts'
import { writeMessage } from '../../../src/codecs/hl7v2/edit.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'
import { fromXml } from '../../../src/codecs/hl7v2/xml.ts'
import { toXml } from '../../../src/codecs/hl7v2/xml_write.ts'
import { Failure } from '../../../src/model/errors.ts'
import { corpus, hasCorpus } from '../../fuzz/seeds.ts'
import { contentOf } from './content.ts'

const skip = !hasCorpus && 'there is no ../shared/corpus and no FIRTH_CORPUS'

function* files(): Generator<readonly [string, Buffer]> {
  for (const name of readdirSync(corpus, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.hl7')) yield [name, readFileSync(join(corpus, name))]
  }
}

test('every file of the corpus comes back byte for byte, or is refused by name', { skip }, () => {
  let read = 0
  for (const [name, bytes] of files()) {
    const { isBatch, messages } = splitBatch(bytes)
    if (!isBatch) assert.equal(messages[0], bytes, name)
    for (const message of messages) {
      try {
        assert(writeMessage(readMessage(message)).equals(message), name)
        read += 1
      } catch (thrown) {
        const refused = thrown instanceof Failure && thrown.code === 'message_unreadable'
        assert(refused && thrown.facts.place !== undefined, `${name}: ${thrown}`)
      }
    }
  }
  assert(read > 400)
})

test('every message of the corpus says the same after its way through XML', { skip }, () => {
  for (const [name, bytes] of files()) {
    for (const raw of splitBatch(bytes).messages) {
      if (!/^(?:\xef\xbb\xbf)?MSH[|#]\^/.test(raw.toString('latin1', 0, 10))) continue
      const message = readMessage(raw)
      const back = readMessage(fromXml(Buffer.from(toXml(message))))
      assert.deepEqual(contentOf(back), contentOf(message), name)
    }
  }
})
