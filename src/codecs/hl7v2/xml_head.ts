// What a document says of itself before anything of it is read: whether bytes are XML rather than
// an ordinary message, and whether that XML is HL7 v2.xml.
import { utf16Of } from './charset.ts'
import { decode } from './charset_text.ts'

/** Whether bytes look like XML rather than a message: what comes first is `<`. */
export function isXml(bytes: Buffer): boolean {
  return /^\s*</.test(headOf(bytes, 256))
}

const HEAD_BYTES = 4096
/** `<ADT_A01 …`, `<v2:ACK>`; or any root that names the name space. */
const HL7_ROOT =
  /^\s*<(?:(?:[\w.-]+:)?(?:[A-Z]{3}_[A-Z\d]{3}|ACK)[\s/>]|[\w.:-]+\s[^>]*urn:hl7-org:v2xml)/

/**
 * By its root: a structure of the standard, or the name space of v2.xml. A document that says so
 * and is broken is a message that cannot be read, and no other file.
 */
export function isHl7Xml(bytes: Buffer): boolean {
  if (!isXml(bytes)) return false
  const head = headOf(bytes, HEAD_BYTES)
  return HL7_ROOT.test(head.replaceAll(/<\?[^>]*\?>|<!--[\s\S]*?-->/g, ''))
}

/** The first characters, without a byte order mark. */
function headOf(bytes: Buffer, length: number): string {
  const start = bytes.subarray(0, length)
  return decode(start, utf16Of(bytes) ?? xmlUtf16(bytes) ?? 'utf-8').replace(/^\ufeff/, '')
}

/** By the zeros around `<`, where no mark says it. */
export function xmlUtf16(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0x3c && bytes[1] === 0) return 'utf-16le'
  return bytes[0] === 0 && bytes[1] === 0x3c ? 'utf-16be' : undefined
}
