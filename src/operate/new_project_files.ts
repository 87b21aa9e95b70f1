// The files that `firth new` writes, as text: each says in comments where what stands in it comes
// from and what is left to do. Nothing of a patient is in them.
import { OPEN_QUESTION } from '../codecs/code_table.ts'
import type { Counted, Survey, UnmappedCodes, ZSegment } from './new_project_samples.ts'

export interface NewFile {
  /** From the project's folder. */
  readonly path: string
  readonly text: string
}

export const schemaLine = (name: string) => `# yaml-language-server: $schema=../${name}.schema.json`

const key = (text: string) => (/^[A-Za-z_][\w.-]*$/.test(text) ? text : JSON.stringify(text))

const said = (counts: readonly Counted[], empty = 'nothing') =>
  counts.map(({ name, count }) => `${name === '' ? empty : name} (${count})`).join(', ')

const times = (count: number) => (count === 1 ? 'once' : `${count} times`)

/** A comment of one line; text of a sender cannot leave it. */
const comment = (text: string) => `# ${text.replace(/[\r\n]+/g, ' ')}`

export const firthYaml = `# Settings of the engine. Every key has a default; these matter first.
# limits:
#   mapping_ms_max: 5000        # one mapping of one message
#   keep_ms: 2592000000         # how long records are kept once everyone has read them: 30 days
`

export const gitignore = `# The log and the state hold patients; they stay out of version control.
data/
`

export interface TenantText {
  readonly tenant: string
  readonly name: string
  readonly time_zone: string | undefined
  readonly survey: Survey | undefined
}

export function tenantYaml({ tenant, name, time_zone, survey }: TenantText): string {
  const variable = `${tenant.toUpperCase()}_FHIR_URL`
  const lines = [
    schemaLine('tenant'),
    `tenant: ${tenant}`,
    `name: ${JSON.stringify(name)}`,
    '# For times without an offset: an IANA zone, such as America/Chicago.',
    ...(survey === undefined
      ? []
      : [
          comment(`${survey.without_zone} of ${survey.samples.length} samples have none in MSH-7.`),
        ]),
    ...(time_zone === undefined ? ['# UTC is a guess: write the zone of the hospital.'] : []),
    `time_zone: ${time_zone ?? 'UTC'}`,
    '# production, test or development; a target of another environment is refused.',
    'environment: development',
    '',
    ...authorityLines(survey),
    'targets:',
    '  chart:',
    '    environment: development',
    '    fhir_r4:',
    `      base_url: \${${variable}:-http://127.0.0.1:8103/fhir}`,
    '',
  ]
  return lines.join('\n')
}

function authorityLines(survey: Survey | undefined): readonly string[] {
  const head =
    '# Who assigns identifiers, as the sender writes it (CX-4.1), and the URI that it stands for.'
  if (survey === undefined || survey.authorities.length === 0) {
    return [head, 'assigning_authorities: {}', '']
  }
  const rows = survey.authorities.flatMap(({ name, count, uri, fields }) => {
    const where = `${times(count)} in ${fields.join(', ')}`
    const made = `urn:id:${encodeURIComponent(name.trim())}`
    const why = uri === undefined ? '; no OID in the samples: ask the hospital for it' : ''
    return [
      `  ${comment(`${where[0]?.toUpperCase()}${where.slice(1)}${why}.`)}`,
      `  ${key(name)}: ${uri ?? made}`,
    ]
  })
  return [head, 'assigning_authorities:', ...rows, '']
}

export interface ChannelText {
  readonly tenant: string
  readonly channel: string
  readonly port: number
  /** `base`, or the tenant's own. */
  readonly transform: string
  readonly survey: Survey | undefined
}

export function channelYaml({ tenant, channel, port, transform, survey }: ChannelText): string {
  const lines = [
    schemaLine('channel'),
    `channel: ${channel}`,
    `tenant: ${tenant}`,
    `about: ${JSON.stringify(aboutOf(survey))}`,
    '',
    'source:',
    '  mllp:',
    '    # This machine only. For senders elsewhere write its address or 0.0.0.0, and add tls.',
    '    host: 127.0.0.1',
    `    port: ${port}`,
    '',
    ...(survey === undefined ? [] : [...charsetLines(survey), ...acceptLines(survey)]),
    `transform: ${transform}`,
    '',
    '# Every event goes to the chart. `when` asks for fields of the event, `write` narrows it:',
    '#   when: event in [patient.admitted, patient.discharged]',
    '#   write: { resource: Encounter }',
    'routes:',
    '  - name: chart',
    '    to: chart',
    '',
  ]
  return lines.join('\n')
}

function aboutOf(survey: Survey | undefined): string {
  const families = [...new Set(survey?.mapped.map(({ name }) => name.split('^')[0] ?? '') ?? [])]
  const [feed] = survey?.feeds ?? []
  const [application = '', facility = ''] = feed?.name.split('|') ?? []
  const from = [application, facility].map(text => text.split('^')[0]).filter(Boolean)
  const what = families.length === 0 ? 'Messages' : `${families.join(' and ')} messages`
  const others = (survey?.feeds.length ?? 0) - 1
  const more = others > 0 ? `, and of ${others} more feed${others === 1 ? '' : 's'}` : ''
  return from.length === 0 ? `${what}.` : `${what} from ${from.join(' at ')}${more}.`
}

function charsetLines({ charset, charsets }: Survey): readonly string[] {
  if (charset === undefined) return []
  return [
    comment(
      `MSH-18 says ${said(charsets)}, and the bytes say otherwise. Ask the sender to mend it.`,
    ),
    `charset: ${charset}`,
    '',
  ]
}

function acceptLines({ mapped, unmapped, feeds, samples }: Survey): readonly string[] {
  const known = mapped.filter(({ name }) => MESSAGE.test(name))
  const left = [...unmapped, ...mapped.filter(({ name }) => !MESSAGE.test(name))]
  return [
    comment(`${samples.length} samples; feeds (MSH-3|MSH-4): ${said(feeds)}.`),
    '# What is not let in is acknowledged and recorded as filtered.',
    ...(left.length > 0
      ? [comment(`Left out, since no mapping knows them: ${said(left, 'no type')}.`)]
      : []),
    ...(known.length === 0 ? [] : ['accept:', '  messages:']),
    ...known.map(({ name, count }) => `    - ${name} # ${count}`),
    ...(feeds.length > 1 ? ['  # One feed only: when: MSH-4 = "…"'] : []),
    '',
  ]
}

const MESSAGE = /^[A-Z][A-Z0-9]{2}\^[A-Z0-9]{3}$/

/** Whether there is anything that a mapping of the tenant's own would be for. */
export const needsTransform = ({ z_segments, codes }: Survey) =>
  z_segments.length > 0 || codes.length > 0

/** `patientClass` → `patient_class.csv`. */
export const tableFile = (slot: string) =>
  `${slot.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}.csv`

/** RFC 4180, as spreadsheets read and write it. */
export function tableCsv({ codes }: UnmappedCodes): string {
  const rows = codes.map(({ name, count, text }) => {
    const remark = `${times(count)} in the samples`
    return [name, OPEN_QUESTION, '', text, remark].map(cell).join(',')
  })
  return `${['code,target,system,display,comment', ...rows].join('\r\n')}\r\n`
}

const cell = (text: string) => (/[",\r\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

export interface TransformText {
  readonly tenant: string
  readonly name: string
  readonly survey: Survey | undefined
  /** Slot → file of its table. */
  readonly tables: ReadonlyMap<string, string>
}

export function transformTs({ tenant, name, survey, tables }: TransformText): string {
  const { base, from } = baseOf(survey)
  const slots = [...tables].filter(([slot]) => slot !== 'observation')
  const observation = tables.get('observation')
  const parts = [
    `// The mapping ${tenant}/${name}: the base mappings, and what ${tenant} does otherwise. Each step`,
    '// may change what the base made of the message; `firth explain steps` lists them.',
    `import ${base} from '${from}'`,
    ...(tables.size > 0 ? ["import { codes } from '#sdk'"] : []),
    '',
    ...ownFields(survey?.z_segments ?? [], tenant),
    ...(observation === undefined
      ? []
      : [
          '/** What local codes of OBX-3 mean; a target of ? is an open question. */',
          `const observations = codes('./${observation}')`,
          '',
        ]),
    `export default ${base.replace(/[{} ]/g, '')}.extend({`,
    ...(slots.length > 0
      ? ['  codes: {', ...slots.map(([slot, file]) => `    ${slot}: codes('./${file}'),`), '  },']
      : []),
    ...(survey !== undefined && survey.z_segments.length > 0 ? PATIENT_STEP : []),
    ...(observation === undefined ? [] : OBSERVATION_STEP),
    '})',
    '',
  ]
  return parts.join('\n')
}

function baseOf(survey: Survey | undefined) {
  const families = new Set(survey?.mapped.map(({ name }) => name.slice(0, 3)))
  if (families.size === 1 && families.has('ADT')) return { base: '{ adt }', from: '#base/adt' }
  if (families.size === 1 && families.has('ORU')) return { base: '{ oru }', from: '#base/oru' }
  return { base: 'base', from: '#base' }
}

function ownFields(segments: readonly ZSegment[], tenant: string): readonly string[] {
  if (segments.length === 0) return []
  const rows = segments.flatMap(({ name, count, fields }) =>
    fields.map(({ field, count: valued }) => {
      const url = `urn:id:${tenant}:${name.toLowerCase()}-${field}`
      return `  '${name}-${field}': '${url}', // valued in ${valued} of ${count}`
    }),
  )
  return [
    '/** Fields of the segments that are not of the standard, and the extension that each becomes. */',
    'const own = {',
    ...rows,
    '}',
    '',
  ]
}

const PATIENT_STEP = [
  '  patient(patient, message) {',
  '    // Nothing is lost meanwhile. Give each its own element once you know what it means.',
  '    for (const [path, url] of Object.entries(own)) {',
  '      const valueString = message.text(path)',
  '      if (valueString !== undefined) patient.extension.push({ url, valueString })',
  '    }',
  '  },',
]

const OBSERVATION_STEP = [
  '  observation(observation, _message, at) {',
  '    const code = at.segment?.field(3)',
  "    if (code === undefined || !/^(L|99.*)?$/.test(code.text(3) ?? '')) return",
  '    const row = at.lookup(observations, code)',
  "    if (row === undefined || row.target === '') return",
  "    const system = row.system ?? 'http://loinc.org'",
  '    const coding = { system, code: row.target, display: row.display }',
  '    observation.code = { ...observation.code, coding: [coding, ...(observation.code?.coding ?? [])] }',
  '  },',
]
