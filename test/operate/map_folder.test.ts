// Which files of a folder are taken for messages.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageFolder, outputName } from '../../src/operate/map_folder.ts'
import { folder } from '../path/rooms.ts'

test('takes .hl7 whatever it holds, XML that says it is HL7 v2, and counts the rest', async t => {
  const made = await folder(t)
  const files = {
    'a.hl7': '',
    'a.xml': '<ADT_A01/>',
    'b.xml': '<ACK/>',
    'c.xml': '<html/>',
    'd.txt': 'MSH|',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(made, name), text)
  const found = await messageFolder(made)
  assert.deepEqual(found, { names: ['a.hl7', 'b.xml'], beside: ['a.xml'], others: 2 })
})

test('names the output by the file', () => {
  assert.deepEqual(['x/a.hl7', 'b.xml'].map(outputName), ['x/a.json', 'b.json'])
})
