// What a folder of sample messages tells about their sender: types, versions, character sets,
// feeds, assigning authorities, Z-segments, and the codes that the base mappings do not know.
import { join } from 'node:path'
import { decode } from '../codecs/hl7v2/charset_text.ts'
import { type Message, readMessage, type Segment, type Value } from '../codecs/hl7v2/read.ts'
import { scanMsh } from '../codecs/hl7v2/scan.ts'
import type { Tables } from '../declare/room.ts'
import { filesBelow, readBytes } from '../kit/files.ts'
import { failureOf } from '../model/errors.ts'
import type { Finding } from '../model/event.ts'
import { BASE, basePlan } from './base_plan.ts'
import { type DryResult, openDryRun } from './dry_run.ts'
import { loneMessagesIn } from './map_input.ts'

export interface Sample {
  readonly file: string
  readonly bytes: Buffer
  /** `ADT^A01`. */
  readonly type: string
  readonly message: Message
  /** By the base mappings alone. */
  readonly result: DryResult
}

export interface Counted {
  readonly name: string
  readonly count: number
}

export interface Authority extends Counted {
  /** From its universal id (CX-4.2, -4.3), where one stands there. */
  readonly uri: string | undefined
  readonly fields: readonly string[]
}

export interface ZSegment extends Counted {
  readonly fields: readonly { readonly field: number; readonly count: number }[]
}

export interface UnmappedCodes {
  /** A slot of the base, or `observation` for local codes of OBX-3. */
  readonly slot: string
  readonly codes: readonly (Counted & { readonly text: string })[]
}

export interface Survey {
  readonly samples: readonly Sample[]
  /** Files that hold nothing that can be read as HL7 v2, each with the reason. */
  readonly unread: readonly { readonly file: string; readonly why: string }[]
  readonly mapped: readonly Counted[]
  readonly unmapped: readonly Counted[]
  readonly feeds: readonly Counted[]
  readonly versions: readonly Counted[]
  /** MSH-18 as written; '' where it is empty. */
  readonly charsets: readonly Counted[]
  /** For `charset:` of the channel, where MSH-18 is silent or wrong. */
  readonly charset: string | undefined
  /** How many messages have an MSH-7 without an offset. */
  readonly without_zone: number
  readonly authorities: readonly Authority[]
  readonly z_segments: readonly ZSegment[]
  readonly codes: readonly UnmappedCodes[]
}

/** At most so many messages are looked at: a folder of samples, not an archive. */
export const SAMPLES_MAX = 2_000

export async function survey(folder: string, tables: Tables): Promise<Survey> {
  const { read, unread } = await readSamples(folder)
  const dry = openDryRun(await basePlan(), tables)
  const results = await dry
    .runAll(
      BASE,
      read.map(({ bytes }) => ({ bytes })),
    )
    .finally(() => dry.close())
  const samples = read.map((one, i) => ({ ...one, result: results[i] as DryResult }))
  const isMapped = ({ result }: Sample) => result.dead?.code !== 'message_type_unmapped'
  const messages = samples.map(({ message }) => message)
  const header = (n: number) => samples.map(({ message }) => message.text(`MSH-${n}`) ?? '')
  return {
    samples,
    unread,
    mapped: counted(samples.filter(isMapped).map(({ type }) => type)),
    unmapped: counted(samples.filter(one => !isMapped(one)).map(({ type }) => type)),
    feeds: counted(samples.map(({ bytes }) => feedOf(bytes))),
    versions: counted(header(12)),
    charsets: counted(header(18)),
    charset: charsetOf(samples),
    without_zone: header(7).filter(time => time !== '' && !/[+-]\d{4}$/.test(time)).length,
    authorities: authoritiesOf(messages),
    z_segments: zSegmentsOf(messages),
    codes: codesOf(samples.filter(isMapped)),
  }
}

async function readSamples(folder: string) {
  const read: Omit<Sample, 'result'>[] = []
  const unread: { file: string; why: string }[] = []
  for (const file of await filesBelow(folder)) {
    const content = await readBytes(join(folder, file))
    for (const bytes of content === undefined ? [] : loneMessagesIn(content)) {
      if (read.length >= SAMPLES_MAX) {
        unread.push({ file, why: `more than ${SAMPLES_MAX} messages` })
        return { read, unread }
      }
      try {
        const message = readMessage(bytes)
        const type = `${message.text('MSH-9.1') ?? ''}^${message.text('MSH-9.2') ?? ''}`
        read.push({ file, bytes, type, message })
      } catch (cause) {
        const failure = failureOf(cause)
        if (failure === undefined) throw cause
        unread.push({ file, why: failure.code })
      }
    }
  }
  return { read, unread }
}

/** MSH-3 and MSH-4, as feeds are named. */
function feedOf(bytes: Buffer): string {
  const msh = scanMsh(bytes)
  return `${msh?.field(3) ?? ''}|${msh?.field(4) ?? ''}`
}

/** By how often, then by name. */
function counted(names: readonly string[]): readonly Counted[] {
  return [...Map.groupBy(names, name => name)]
    .map(([name, all]) => ({ name, count: all.length }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}

const WRONG_SET = new Set(['charset_guessed', 'charset_unknown', 'charset_contradicted'])

/** 0x80 to 0x9f are letters and quotes in windows-1252, and nothing in ISO 8859-1. */
function charsetOf(samples: readonly Sample[]): string | undefined {
  const wrong = samples.filter(({ message }) =>
    message.findings.some(({ code }) => WRONG_SET.has(code)),
  )
  if (wrong.length === 0) return undefined
  const bytes = wrong.flatMap(({ bytes }) => [...bytes.filter(byte => byte > 0x7f)])
  if (bytes.length === 0) return undefined
  const utf8 = wrong.every(({ bytes }) => !decode(bytes, 'utf-8').includes('\ufffd'))
  if (utf8) return 'UTF-8'
  return bytes.some(byte => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : '8859/1'
}

/** Fields of CX with an assigning authority (HL7 v2.5.1 chapters 3 and 6). */
const CX_FIELDS = ['PID-3', 'PID-2', 'PID-4', 'PID-18', 'PV1-19', 'PV1-50', 'MRG-1', 'PV1-5']

/** Named ones; an id without a name needs no table. MSH-4 may tell the OID of its own name. */
function authoritiesOf(messages: readonly Message[]): readonly Authority[] {
  const met = messages.flatMap(message => [
    ...CX_FIELDS.flatMap(field => authoritiesIn(message, field)),
    ...hdOf(message.segment('MSH')?.field(4), ''),
  ])
  return [...Map.groupBy(met, ({ name }) => name)]
    .map(([name, all]) => ({
      name,
      count: all.filter(one => one.field !== '').length,
      uri: all.find(one => one.uri !== undefined)?.uri,
      fields: [...new Set(all.map(one => one.field))].filter(field => field !== ''),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}

function authoritiesIn(message: Message, field: string) {
  const [segment = '', n = ''] = field.split('-')
  const all = message.all(segment).flatMap(one => one.repetitions(Number(n)))
  return all.flatMap(cx => hdOf(cx.part(4), field))
}

function hdOf(hd: Value | undefined, field: string) {
  const name = hd?.text(1)
  return name === undefined ? [] : [{ name, field, uri: uriOf(hd?.text(2), hd?.text(3)) }]
}

function uriOf(id: string | undefined, type: string | undefined): string | undefined {
  if (id === undefined) return undefined
  if (type === 'ISO' && /^[0-2](\.\d+){2,}$/.test(id)) return `urn:oid:${id}`
  return type === 'URI' && /^[a-z][a-z0-9+.-]*:\S+$/i.test(id) ? id : undefined
}

function zSegmentsOf(messages: readonly Message[]): readonly ZSegment[] {
  const all = messages.flatMap(({ segments }) =>
    segments.filter(({ name }) => /^Z[A-Z0-9]{2}$/.test(name)),
  )
  return [...Map.groupBy(all, ({ name }) => name)].map(([name, segments]) => ({
    name,
    count: segments.length,
    fields: valuedFields(segments),
  }))
}

const FIELDS_MAX = 60

function valuedFields(segments: readonly Segment[]) {
  const fields = Array.from({ length: FIELDS_MAX }, (_, i) => i + 1)
  return fields
    .map(field => ({ field, count: segments.filter(one => one.field(field).valued).length }))
    .filter(({ count }) => count > 0)
}

/** Which component holds the code, where it is not the first. */
const CODE_COMPONENT: Readonly<Record<string, number>> = {
  nameUse: 7,
  addressUse: 7,
  addressType: 7,
  telecomUse: 2,
  telecomSystem: 3,
}

/** Only where the finding can mean one code alone; the others stay findings. */
function codesOf(samples: readonly Sample[]): readonly UnmappedCodes[] {
  const found = samples.flatMap(({ message, result }) =>
    result.findings.flatMap(finding => missed(message, finding)),
  )
  const own = [...Map.groupBy(found, ({ slot }) => slot)].map(([slot, all]) => ({
    slot,
    codes: codesIn(all),
  }))
  const local = samples.flatMap(({ message }) => message.all('OBX').flatMap(localCode))
  return local.length === 0 ? own : [...own, { slot: 'observation', codes: codesIn(local) }]
}

interface Met {
  readonly slot: string
  readonly code: string
  readonly text: string
}

function codesIn(met: readonly Met[]) {
  const texts = new Map(met.map(({ code, text }) => [code, text]))
  return counted(met.map(({ code }) => code)).map(one => {
    return { ...one, text: texts.get(one.name) ?? '' }
  })
}

function missed(message: Message, { code, place, slot }: Finding): readonly Met[] {
  if (code !== 'code_unmapped' || slot === undefined) return []
  const [, name = '', ordinal = '1', field = ''] =
    /^([A-Z0-9]{3})(?:\[(\d+)\])?-(\d+)$/.exec(place) ?? []
  const segment = message.segment(name, Number(ordinal))
  const component = CODE_COMPONENT[slot] ?? 1
  const values = segment?.repetitions(Number(field)) ?? []
  const codes = [...new Set(values.flatMap(value => value.part(component).text(1) ?? []))]
  const [only] = codes
  if (only === undefined || codes.length > 1) return []
  return [{ slot, code: only, text: component === 1 ? (values[0]?.text(2) ?? '') : '' }]
}

/** OBX-3 in a system of the sender's own, and without another coding beside it. */
function localCode(obx: Segment): readonly Met[] {
  const code = obx.text(3, 1)
  const system = obx.text(3, 3) ?? ''
  if (code === undefined || obx.text(3, 4) !== undefined) return []
  return system === '' || /^(L|99.*)$/.test(system)
    ? [{ slot: 'observation', code, text: obx.text(3, 2) ?? '' }]
    : []
}
