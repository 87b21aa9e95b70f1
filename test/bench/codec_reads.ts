// What reading costs: ten fields of a 1 kB ADT out of its bytes, by the codec and by a scan written
// by hand for exactly these fields. Interleaved rounds, so that a busy machine burdens both alike;
// the ratio is what counts. Run: node test/bench/codec_reads.ts
import { pathToFileURL } from 'node:url'
import { readMessage } from '../../src/codecs/hl7v2/read.ts'

const lines = [
  'MSH|^~\\&|HIS|HARBOR^1.2.840.99.1^ISO|FIRTH|LAB|20260301101500||ADT^A01^ADT_A01|MSG00001|P|2.5.1|||AL|NE',
  'EVN|A01|20260301101400|||OPER^Synthetic^Clerk',
  'PID|1||4711^^^HARBOR^MR~900-11-0001^^^SSA^SS||SYNTHETIC^AVERY^Q^^DR^^L||19700115|F|||12 Example Road^^Springfield^IL^62701^USA^H~PO Box 1^^Springfield^IL^62702^USA^M||5550100^PRN^PH^^1^555^0100~avery@example.org^NET^Internet|5550101^WPN^PH|en|M|CHR|A0001^^^HARBOR^AN|900-11-0001',
  'NK1|1|SYNTHETIC^BLAKE|SPO^Spouse^HL70063|12 Example Road^^Springfield^IL^62701|5550102',
  'PV1|1|I|3W^301^A^HARBOR|R|||1001^Attending^Ada^^^DR^^^NPI|1002^Referring^Rob^^^DR^^^NPI||MED||||7|||1001^Attending^Ada^^^DR^^^NPI|INP|V0001^^^HARBOR^VN|||||||||||||||||||||||||20260301101000',
  'PV2|||CHESTPAIN^Chest pain^L|||||20260301|20260304',
  'OBX|1|NM|3141-9^Body weight^LN||71.5|kg^kilogram^UCUM|||||F',
  'AL1|1|DA|PEN^Penicillin^L|SV|Hives',
  'DG1|1||R07.9^Chest pain, unspecified^I10||20260301|A',
  'ZPI|1|BADGE|X',
]

export const adt = Buffer.from(`${lines.join('\r')}\r`, 'latin1')

export const paths = [
  'MSH-4.1',
  'MSH-9.2',
  'MSH-10',
  'PID-3.1',
  'PID-5.1',
  'PID-5.2',
  'PID-7',
  'PID-8',
  'PV1-2',
  'PV1-19.1',
] as const

export function byCodec(bytes: Buffer): readonly (string | undefined)[] {
  const message = readMessage(bytes)
  return paths.map(path => message.text(path))
}

const CR = 13
const FIELD = 124
const COMPONENT = 94
const REPETITION = 126

/** Segment, field and component of each path, as numbers, so that the scan compares bytes only. */
const wanted = paths.map(path => {
  const [, name = '', field, component] = /^(...)-(\d+)(?:\.(\d+))?$/.exec(path) ?? []
  const code = (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2)
  return {
    code,
    field: Number(field) - (name === 'MSH' ? 1 : 0),
    component: Number(component ?? 0),
  }
})

/**
 * A field reader of the plainest kind: walks bytes to the segment, to the field, to the component.
 */
export function byHand(bytes: Buffer): readonly (string | undefined)[] {
  return wanted.map(want => scanOne(bytes, want))
}

function scanOne(
  bytes: Buffer,
  want: { code: number; field: number; component: number },
): string | undefined {
  let at = 0
  while (at < bytes.length) {
    const code = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    const lineEnd = bytes.indexOf(CR, at)
    const end = lineEnd < 0 ? bytes.length : lineEnd
    if (code === want.code) return fieldOf(bytes, { at, end, ...want })
    at = end + 1
  }
  return undefined
}

function fieldOf(
  bytes: Buffer,
  want: { at: number; end: number; field: number; component: number },
): string | undefined {
  let at = want.at
  for (let field = 0; field < want.field; at++) {
    if (at >= want.end) return undefined
    if (bytes[at] === FIELD) field++
  }
  for (let component = 1; component < want.component; at++) {
    if (at >= want.end || bytes[at] === FIELD || bytes[at] === REPETITION) return undefined
    if (bytes[at] === COMPONENT) component++
  }
  let end = at
  while (end < want.end && bytes[end] !== FIELD && bytes[end] !== REPETITION) {
    if (want.component > 0 && bytes[end] === COMPONENT) break
    end++
  }
  return end > at ? bytes.toString('utf8', at, end) : undefined
}

export interface Comparison {
  readonly bytes: number
  /** Median messages a second. */
  readonly codec: number
  readonly hand: number
  /** codec / hand of each round, sorted. */
  readonly ratios: readonly number[]
}

export function compare(options: { rounds: number; messages: number }): Comparison {
  const codec: number[] = []
  const hand: number[] = []
  run(byCodec, options.messages)
  run(byHand, options.messages)
  for (let round = 0; round < options.rounds; round++) {
    codec.push(run(byCodec, options.messages))
    hand.push(run(byHand, options.messages))
  }
  const ratios = codec.map((rate, i) => rate / (hand[i] ?? rate))
  return { bytes: adt.length, codec: median(codec), hand: median(hand), ratios: sorted(ratios) }
}

function run(read: (bytes: Buffer) => readonly unknown[], messages: number): number {
  const from = performance.now()
  let seen = 0
  for (let i = 0; i < messages; i++) seen += read(adt).length
  if (seen !== messages * paths.length) throw new Error('a reader lost fields')
  return (messages / (performance.now() - from)) * 1000
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)
const median = (numbers: readonly number[]) => sorted(numbers)[Math.floor(numbers.length / 2)] ?? 0

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { bytes, codec, hand, ratios } = compare({ rounds: 15, messages: 20_000 })
  const [lowest = 0] = ratios
  const highest = ratios.at(-1) ?? 0
  process.stdout.write(
    `${bytes} bytes, ${paths.length} fields, medians of ${ratios.length} rounds\n` +
      `codec ${Math.round(codec)}/s, by hand ${Math.round(hand)}/s\n` +
      `codec / hand: ${median(ratios).toFixed(2)} (${lowest.toFixed(2)}-${highest.toFixed(2)})\n`,
  )
}
