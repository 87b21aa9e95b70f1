// What real senders do to a listener, as a list: each scenario drives a port and says what must
// stand stored, byte for byte, and what must have been answered. Any engine can be put behind the
// port.
import { END, frame, latin1, message, RawSender, VT } from '../peers/raw_sender.ts'

export interface Scenario {
  readonly name: string
  /** Sends, and resolves with the answers (`AA id`) in the order of each connection. */
  run(port: number): Promise<readonly string[]>
  /** Bytes that must stand stored: in this order, or in any where many connections send. */
  readonly stored: readonly Buffer[]
  readonly acks: readonly string[]
  /** Codes of what must have been refused, in order. */
  readonly refused?: readonly string[]
  readonly any_order?: true
}

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => prefix + i)
const all = (prefix: string, count: number) => ids(prefix, count).map(id => message(id))
const yes = (names: readonly string[]) => names.map(id => `AA ${id}`)

/** Writes the parts as reads of their own on one connection and waits for so many answers. */
const parts =
  (answers: number, ...bytes: (string | Buffer)[]) =>
  async (port: number): Promise<readonly string[]> => {
    const sender = await RawSender.open(port)
    await sender.writeParts(bytes)
    const acks = await sender.answered(answers)
    await sender.close()
    return acks
  }

/** One message in one frame, stored as it is and answered AA. */
function taken(name: string, bytes: Buffer, id: string): Scenario {
  return { name, run: parts(1, frame(bytes)), stored: [bytes], acks: [`AA ${id}`] }
}

async function lockstep(port: number, messages: readonly Buffer[]): Promise<readonly string[]> {
  const sender = await RawSender.open(port)
  for (const [i, one] of messages.entries()) {
    sender.write(frame(one))
    await sender.answered(i + 1)
  }
  await sender.close()
  return sender.acks
}

/** Segments of 1 to 4,000 bytes, never waiting for an answer. */
async function stream(port: number, messages: readonly Buffer[]): Promise<readonly string[]> {
  const sender = await RawSender.open(port)
  const bytes = Buffer.concat(messages.map(frame))
  for (let at = 0, step = 1; at < bytes.length; at += step) {
    step = 1 + ((step * 7919) % 4_000)
    sender.write(bytes.subarray(at, at + step))
    if (step % 5 === 0) await new Promise(setImmediate)
  }
  const acks = await sender.answered(messages.length)
  await sender.close()
  return acks
}

const M1 = message('M1')
const M2 = message('M2')
const obx = (value: string) => Buffer.concat([message('OBX'), latin1(`OBX|1|TX|||${value}\r`)])
const lines = (end: string) => latin1(message('EOL').toString('latin1').replaceAll('\r', end))
const bom = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), M1])
const utf8 = Buffer.concat([message('UTF'), Buffer.from('NTE|1||Zürich\r', 'utf8')])
const custom = latin1(
  message('CUSTOM')
    .toString('latin1')
    .replaceAll('|', '#')
    .replaceAll('^', '*')
    .replace('~\\&', '@!%'),
)
const batch = latin1(
  'FHS|^~\\&|SEND|FAC|RECV|HOSP|20261121||FILE||F1\rBHS|^~\\&|SEND|FAC||||||||B1\r' +
    `${M1.toString('latin1')}${M2.toString('latin1')}BTS|2\rFTS|1\r`,
)

const bytewise: Scenario = {
  name: 'a sender that writes one byte at a time',
  async run(port) {
    const sender = await RawSender.open(port)
    for (const byte of Buffer.concat(all('B', 3).map(frame))) {
      sender.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    const acks = await sender.answered(3)
    await sender.close()
    return acks
  },
  stored: all('B', 3),
  acks: yes(ids('B', 3)),
}

const many: readonly Scenario[] = [
  {
    name: '100 messages on one connection, each sent after the last one is acknowledged',
    run: port => lockstep(port, all('L', 100)),
    stored: all('L', 100),
    acks: yes(ids('L', 100)),
  },
  bytewise,
  {
    name: '1,000 messages pipelined in one write',
    run: parts(1_000, Buffer.concat(all('P', 1_000).map(frame))),
    stored: all('P', 1_000),
    acks: yes(ids('P', 1_000)),
  },
  {
    name: '10 connections that stream 200 messages each in segments of any size',
    run: async port =>
      (await Promise.all(ids('S', 10).map(id => stream(port, all(`${id}-`, 200))))).flat(),
    stored: ids('S', 10).flatMap(id => all(`${id}-`, 200)),
    acks: ids('S', 10).flatMap(id => yes(ids(`${id}-`, 200))),
    any_order: true,
  },
  {
    name: '500 connections with 10 messages each',
    run: async port =>
      (await Promise.all(ids('C', 500).map(id => lockstep(port, all(`${id}-`, 10))))).flat(),
    stored: ids('C', 500).flatMap(id => all(`${id}-`, 10)),
    acks: ids('C', 500).flatMap(id => yes(ids(`${id}-`, 10))),
    any_order: true,
  },
  {
    name: 'a connection for each message',
    run: async port => {
      const acks: string[] = []
      for (const one of all('N', 20)) acks.push(...(await lockstep(port, [one])))
      return acks
    },
    stored: all('N', 20),
    acks: yes(ids('N', 20)),
  },
]

const framing: readonly Scenario[] = [
  {
    name: 'one read with a whole frame and half of the next, the rest later',
    run: parts(2, Buffer.concat([frame(M1), frame(M2).subarray(0, 40)]), frame(M2).subarray(40)),
    stored: [M1, M2],
    acks: ['AA M1', 'AA M2'],
  },
  {
    name: 'an end block split over two reads',
    run: parts(1, `${VT}${M1.toString('latin1')}\x1c`, '\r'),
    stored: [M1],
    acks: ['AA M1'],
  },
  {
    name: 'a lone end block byte in OBX-5, at the end of a read',
    run: parts(
      1,
      frame(obx('a\x1cb')).subarray(0, obx('a\x1c').length),
      frame(obx('a\x1cb')).subarray(obx('a\x1c').length),
    ),
    stored: [obx('a\x1cb')],
    acks: ['AA OBX'],
  },
  taken('a start block byte in the content', obx('a\x0bb'), 'OBX'),
  {
    name: 'line ends and zero bytes between frames',
    run: parts(
      2,
      Buffer.concat([latin1('\0\r\n'), frame(M1), latin1('\r\n\0\0'), frame(M2), latin1('\n')]),
    ),
    stored: [M1, M2],
    acks: ['AA M1', 'AA M2'],
  },
  {
    name: 'other bytes between frames',
    run: parts(2, Buffer.concat([frame(M1), latin1('stray'), frame(M2)])),
    stored: [M1, M2],
    acks: ['AA M1', 'AA M2'],
    refused: ['bytes_outside_frame'],
  },
  {
    name: 'a frame that is not HL7, then a good one on the same connection',
    run: parts(2, frame('<ClinicalDocument/>'), frame(M1)),
    stored: [M1],
    acks: ['AR ', 'AA M1'],
    refused: ['frame_not_hl7'],
  },
  {
    name: 'a frame without its end, then a good one',
    run: parts(1, `${VT}${message('CUT').toString('latin1')}`, frame(M1)),
    stored: [M1],
    acks: ['AA M1'],
    refused: ['frame_abandoned'],
  },
  {
    name: 'an end block without carriage return, then a good frame',
    run: parts(1, `${VT}${message('CUT').toString('latin1')}\x1c`, frame(M1)),
    stored: [M1],
    acks: ['AA M1'],
    refused: ['frame_abandoned'],
  },
  {
    name: 'a message without a start block, then a good frame',
    run: parts(1, `${message('BARE').toString('latin1')}${END}`, frame(M1)),
    stored: [M1],
    acks: ['AA M1'],
    refused: ['bytes_outside_frame'],
  },
  {
    name: 'a frame that the end of the connection cuts off',
    run: parts(1, frame(M1), frame(M2).subarray(0, -1)),
    stored: [M1],
    acks: ['AA M1'],
    refused: ['frame_cut_off'],
  },
  {
    name: 'empty frames, and frames of line ends only',
    run: parts(3, frame(''), frame('\r'), frame(M1)),
    stored: [M1],
    acks: ['AR ', 'AR ', 'AA M1'],
    refused: ['frame_empty', 'frame_empty'],
  },
]

const content: readonly Scenario[] = [
  taken('a document of 15 MB in one OBX', obx('QUJD'.repeat(3_900_000)), 'OBX'),
  taken('a batch with FHS and BHS, which is one frame and is answered once', batch, 'F1'),
  taken('two MSH in one frame', Buffer.concat([M1, M2]), 'M1'),
  taken('`MSH|` quoted in a note', Buffer.concat([M1, latin1('NTE|1||see MSH|^~\\&|X\r')]), 'M1'),
  taken('line feeds for segment ends', lines('\n'), 'EOL'),
  taken('carriage return and line feed for segment ends', lines('\r\n'), 'EOL'),
  taken('delimiters of its own', custom, 'CUSTOM'),
  taken('bytes of ISO-8859-1 without MSH-18', obx('M\xfcller \x80'), 'OBX'),
  {
    name: 'a UTF-8 character split over two reads',
    run: parts(1, frame(utf8).subarray(0, -7), frame(utf8).subarray(-7)),
    stored: [utf8],
    acks: ['AA UTF'],
  },
  {
    name: 'UTF-16 with a byte order mark',
    run: parts(2, frame(Buffer.from('\ufeffMSH|^~\\&|A', 'utf16le')), frame(M1)),
    stored: [M1],
    acks: ['AR ', 'AA M1'],
    refused: ['frame_not_hl7'],
  },
  taken('a UTF-8 byte order mark', bom, 'M1'),
  taken('no MSH-10', message(''), ''),
  taken('no MSH-12', message('V0', { 12: '' }), 'V0'),
  taken('version 2.9', message('V9', { 12: '2.9' }), 'V9'),
  taken('no trigger event in MSH-9', message('T0', { 9: 'ACK' }), 'T0'),
  taken('an event of four characters', message('T4', { 9: 'ADT^A001' }), 'T4'),
  taken('blank lines between segments', lines('\r\r'), 'EOL'),
  taken('`&` in MSH-10', message('ESC&1~2'), 'ESC&1~2'),
  taken('a zero byte in a field', obx('a\0b'), 'OBX'),
  taken('MSH-2 with a truncation character', message('TR', { 2: '^~\\&#' }), 'TR'),
  taken('MSH-2 of two characters', message('SH', { 2: '^~' }), 'SH'),
]

export const scenarios: readonly Scenario[] = [...many, ...framing, ...content]
