// Which bytes are XML, and which XML is HL7 v2.xml.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHl7Xml, isXml, xmlUtf16 } from '../../../src/codecs/hl7v2/xml_head.ts'

test('bytes that begin with < are XML, in whatever width', () => {
  for (const text of ['<a/>', '\ufeff <a/>', '\n<a/>']) {
    assert.equal(isXml(Buffer.from(text)), true)
    assert.equal(isXml(Buffer.from(text.trim(), 'utf16le')), true)
  }
  assert.equal(isXml(Buffer.from('MSH|<')), false)
  assert.equal(xmlUtf16(Buffer.from('<a/>', 'utf16le')), 'utf-16le')
  assert.equal(xmlUtf16(Buffer.from('<a/>')), undefined)
})

test('a document says that it is HL7 v2.xml by its name space or its root', () => {
  const says = (text: string) => isHl7Xml(Buffer.from(text))
  assert.equal(says('<ORU_R01 xmlns="urn:hl7-org:v2xml">'), true)
  assert.equal(says('\ufeff<?xml version="1.0"?>\n<!-- <a/> -->\n<v:ADT_A01><MSH/>'), true)
  assert.equal(says('<ACK/>'), true)
  assert.equal(says('<Any x="1" xmlns="urn:hl7-org:v2xml"/>'), true)
  assert.equal(isHl7Xml(Buffer.from('\ufeff<ADT_A01/>', 'utf16le')), true)
  for (const other of [
    '<ClinicalDocument/>',
    '<!-- <ADT_A01/> --><html/>',
    '<a><b>urn:hl7-org:v2xml',
    'MSH|^~\\&|',
    '',
  ]) {
    assert.equal(says(other), false, other)
  }
})
