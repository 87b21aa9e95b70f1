// A message as people write it in a test, one segment a line, as the bytes that a sender would
// send: segments ended by CR, characters in the set that MSH-18 names.
import { decideCharset, decode } from '../codecs/hl7v2/charset.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'

/** `charset`: the channel's override of MSH-18. Undefined where a character is not in the set. */
export function bytesOf(text: string, charset?: string): Buffer | undefined {
  const message = `${text
    .trim()
    .split(/\r\n|\r|\n/)
    .join('\r')}\r`
  const utf8 = Buffer.from(message)
  const said = charset ?? scanMsh(utf8)?.field(18) ?? ''
  if (said === '' || utf8.length === message.length) return utf8
  const named = decideCharset(LOUD, said.split('~')[0] ?? '').charset
  return named === 'utf-8' || named === 'ascii' ? utf8 : encoded(message, named)
}

/** Bytes that are no UTF-8, so that the decision is what was said. */
const LOUD = Buffer.from([0xe4])

function encoded(message: string, charset: Parameters<typeof decode>[1]): Buffer | undefined {
  const codes = new Map(
    Array.from({ length: 256 }, (_, byte) => [decode(Buffer.from([byte]), charset), byte]),
  )
  const bytes = [...message].map(character => codes.get(character))
  return bytes.includes(undefined) ? undefined : Buffer.from(bytes as number[])
}
