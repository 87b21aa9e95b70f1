// What stands in a file of messages: as many as it holds, each as its source would hand it in. MLLP
// frames are opened; messages that follow one another are told apart by their MSH; a batch (FHS,
// BHS) is one, as it is in the raw topic. XML and UTF-16, which no frame carries, become the
// message that they say; other bytes are never changed: line ends are the reader's business.
import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { findMessageStart, headerAt } from '../codecs/hl7v2/scan.ts'
import { viewOfUtf16 } from '../codecs/hl7v2/view.ts'
import { fromXml } from '../codecs/hl7v2/xml.ts'
import { isXml } from '../codecs/hl7v2/xml_head.ts'
import { failureOf } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import { Framer } from '../wire/mllp_frame.ts'

/** At least one: a file of nothing is one empty message, which station 1 refuses by its name. */
export function messagesIn(file: Buffer): readonly Buffer[] {
  const content = wide(file)
  const contents = content.includes(VT) ? framesIn(content) : [content]
  return contents.flatMap(apart)
}

/** With batches opened, for those who look at one message at a time; an empty batch stays one. */
export function loneMessagesIn(file: Buffer): readonly Buffer[] {
  return messagesIn(file).flatMap(message => {
    const { messages } = splitBatch(message)
    return messages.length === 0 ? [message] : messages
  })
}

function wide(file: Buffer): Buffer {
  if (!isXml(file)) return viewOfUtf16(file)?.view ?? file
  try {
    return fromXml(file)
  } catch (cause) {
    // What is no message goes on as it is, for station 1 to refuse by its name.
    if (failureOf(cause) !== undefined) return file
    throw cause
  }
}

const VT = 0x0b
const CR = 0x0d
const LF = 0x0a

/** Whole frames; where there is none, the byte is of the content. */
function framesIn(file: Buffer): readonly Buffer[] {
  const framer = new Framer({
    frame_bytes_max: limits.record_bytes_max,
    outside_bytes_max: limits.record_bytes_max,
    kept_bytes_max: limits.record_bytes_max,
  })
  const items = [...framer.push(file), ...framer.end()]
  return items.some(({ kind }) => kind === 'frame') ? items.map(({ bytes }) => bytes) : [file]
}

/** Cut before each line that begins as the first one does: MSH and the same field separator. */
function apart(content: Buffer): readonly Buffer[] {
  const start = findMessageStart(content)
  if (headerAt(content, start) !== 'MSH') return [content]
  const header = content.subarray(start, start + 4)
  const found: Buffer[] = []
  let begin = 0
  for (let at = content.indexOf(header, start + 1); at > 0; at = content.indexOf(header, at + 1)) {
    const before = content[at - 1]
    if (before !== CR && before !== LF) continue
    found.push(content.subarray(begin, at))
    begin = at
  }
  return [...found, content.subarray(begin)]
}
