// A message as people write it in a test, one segment a line, as the bytes that a sender would
// send: segments ended by CR, characters in the set that the channel or MSH-18 names, else UTF-8.
import { charsetNamed } from '../codecs/hl7v2/charset.ts'
import { encode } from '../codecs/hl7v2/charset_text.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'

/** `charset`: the channel's override of MSH-18. Undefined where a character is not in the set. */
export function bytesOf(text: string, charset?: string): Buffer | undefined {
  const message = `${text
    .trim()
    .split(/\r\n|\r|\n/)
    .join('\r')}\r`
  const utf8 = Buffer.from(message)
  const msh = scanMsh(utf8)
  const [said = ''] = msh?.field(18).split(msh.delimiters.repetition ?? '~') ?? []
  return encode(message, charsetNamed(charset ?? said) ?? 'utf-8')
}
