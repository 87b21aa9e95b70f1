// What the schema cannot say of these settings: templates that nobody could fill, values of the
// patient in URLs, bodies that no encoding is known for, requests that lack an id.
import {
  type Expression,
  elementAt,
  expressionsOf,
  fieldOf,
  isWayward,
  lintHttp,
  nearest,
  parseTemplate,
  parseWhen,
  plainFields,
  type RoomFinding,
  resourceTypes,
  type Template,
  templateFields,
  unknownElement,
  wholeFields,
} from '#sdk'
import { answerNames } from './answers.ts'
import type { HttpConfig } from './fields.ts'
import { isJson, placeOf } from './requests.ts'

export function lint(config: HttpConfig): readonly RoomFinding[] {
  const { request, update, retract, find, verify } = config
  const blocks = Object.entries({ request, update, retract, find, verify })
  return [
    ...lintHttp(config),
    ...blocks.flatMap(([name, block]) =>
      block === undefined ? [] : lintBlock({ base: `/${name}`, block, config, name }),
    ),
    ...config.outcomes.flatMap(({ when }, i) => lintWhen(when, `/outcomes/${i}/when`)),
    ...lintIds(config),
  ]
}

interface Block {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly patient_in_url: boolean
  readonly body?: unknown
  readonly where?: Readonly<Record<string, string>>
  readonly expect?: Readonly<Record<string, string>>
}

interface Linted {
  readonly base: string
  readonly name: string
  readonly block: Block
  readonly config: HttpConfig
}

function lintBlock(of: Linted): RoomFinding[] {
  const { base, block } = of
  const named = { ...block.where, ...block.expect }
  const under = block.where === undefined ? 'expect' : 'where'
  return [
    ...lintPath(of),
    ...Object.entries(block.headers).flatMap(([name, text]) => lintHeader(of, name, text)),
    ...lintBody(of),
    ...Object.entries(named).flatMap(
      ([path, text]) =>
        read(text, `${base}/${under}/${pointer(path)}`, { ...of, as: 'compared' }).findings,
    ),
    ...(block.where !== undefined && Object.keys(block.where).length === 0
      ? [error(`${base}/where`, 'Nothing tells ours from others.', MARK)]
      : []),
  ]
}

const MARK = 'Name what only ours has, for example external_id: "{intent_id}".'

function lintPath(of: Linted): RoomFinding[] {
  const { block, base } = of
  const where = `${base}/path`
  const { template, findings } = read(block.path, where, { ...of, as: 'text' })
  const plain = template.map(part => (typeof part === 'string' ? part : 'x')).join('')
  if (/[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/.test(plain) || isWayward(plain.replace(/\?.*/, ''))) {
    findings.push(error(where, 'This is no path below base_url.', ENCODE))
  }
  const [shown] = block.patient_in_url
    ? []
    : expressionsOf(template).filter(one => !plainFields.has(fieldOf(one) ?? ''))
  if (shown === undefined) return findings
  const what = `{${shown.path}} puts something of the patient into a URL, and URLs are written down.`
  const remedy = 'Put it into the body; or say `patient_in_url: true` where there is no other way.'
  return [...findings, { path: where, severity: 'warning', what, remedy, at: shown.at }]
}

const ENCODE = 'Write segments and a query such as /tickets?source=firth; encode what is special.'

/** They belong to the connection, or to settings of their own. */
const RESERVED =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive)$/i
const CREDENTIALS = /^(authorization|proxy-authorization|cookie|x-api-key|api-key)$/i

function lintHeader(of: Linted, name: string, text: string): RoomFinding[] {
  const where = `${of.base}/headers/${pointer(name)}`
  const { template, findings } = read(text, where, { ...of, as: 'text' })
  const say = (what: string, remedy: string) => findings.push(error(where, what, remedy))
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) say('This is no name of a header.', 'Rename it.')
  if (RESERVED.test(name)) say('This header belongs to the connection.', 'Leave it out.')
  if (CREDENTIALS.test(name)) say('Credentials in `headers` are shown.', 'Use `auth` instead.')
  if (name.toLowerCase() === of.config.idempotency_key?.toLowerCase()) {
    say('The header of idempotency_key is set here too.', 'Leave it out.')
  }
  if (template.some(part => typeof part === 'string' && !/^[\t\x20-\x7e]*$/.test(part))) {
    say('A header takes one line of ASCII.', 'Put it into the body.')
  }
  return findings
}

function lintBody(of: Linted): RoomFinding[] {
  const { block, base } = of
  const where = `${base}/body`
  const { body, headers } = block
  const [header, type = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  if (body === undefined) return []
  const findings: RoomFinding[] = []
  const say = (what: string, remedy: string) => findings.push(error(where, what, remedy))
  if (typeof body !== 'string' && header !== undefined && !isJson(type)) {
    say('A group or list becomes JSON, and the content-type says something else.', AS_TEXT)
  }
  if (typeof body === 'string' && header !== undefined && placeOf(type) === undefined) {
    say('It is not known how values are encoded in this content-type.', KNOWN_TYPES)
  }
  return [...findings, ...lintValue(body, where, of)]
}

const AS_TEXT = 'Write the body as a text, or leave the content-type out.'
const KNOWN_TYPES =
  'Known are JSON, XML, HTML, text/plain, text/markdown and application/x-www-form-urlencoded.'

function lintValue(value: unknown, where: string, of: Linted): RoomFinding[] {
  if (typeof value === 'string') {
    return read(value, where, {
      ...of,
      as: where === `${of.base}/body` ? 'text' : 'value',
    }).findings
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, held]) => {
    const below = `${where}/${pointer(key)}`
    // What YAML makes of {Patient.birthDate} without quotes.
    if (held === null && !Array.isArray(value) && PATH_LIKE.test(key)) {
      return [error(where, 'For YAML this brace begins a group of keys.', QUOTE)]
    }
    return lintValue(held, below, of)
  })
}

const PATH_LIKE = /^[A-Za-z_]\w*(\.\w+)+|^[a-z]+_id$/
const QUOTE = 'Put the template into quotes: "{Patient.birthDate}".'

interface Reading extends Linted {
  /**
   * `value`: one expression alone keeps its type, or is left out. `compared`: it may be left out.
   * `text`: neither.
   */
  readonly as: 'text' | 'value' | 'compared'
}

interface Read {
  readonly template: Template
  readonly findings: RoomFinding[]
}

function read(text: string, path: string, of: Reading): Read {
  const parsed = parseTemplate(text)
  if ('problem' in parsed) {
    return { template: [], findings: [{ path, severity: 'error', ...parsed.problem }] }
  }
  const { template } = parsed
  const alone = template.length === 1
  const findings = expressionsOf(template).flatMap((one): RoomFinding[] => {
    const omits = one.omits && !(alone && of.as !== 'text')
    const asText = !(alone && of.as === 'value') && !one.filters.some(({ is }) => is === 'json')
    const fault = omits ? OMIT : (faultOf(one, of) ?? (asText ? wholeFault(one) : undefined))
    return fault === undefined ? [] : [{ path, severity: 'error', at: one.at, ...fault }]
  })
  return { template, findings }
}

interface Fault {
  readonly what: string
  readonly remedy: string
}

const OMIT: Fault = {
  what: '`omit` leaves out a whole key or item, and here it is a part of a text.',
  remedy: 'Give a default instead: {path | ""}.',
}

function faultOf(expression: Expression, { name, config }: Reading): Fault | undefined {
  const { path, steps } = expression
  const field = fieldOf(expression)
  if (field === 'target_id' && (name === 'request' || name === 'find')) {
    const what = 'The id at the target is not known here.'
    return { what, remedy: '{target_id} is for update, retract and verify.' }
  }
  const wrong = config.takes === 'event' ? field === 'resource' : wholeFields.has(field ?? '')
  if (wrong) {
    const what = `{${path}} is not known where the target takes ${config.takes}s.`
    const instead = config.takes === 'event' ? 'Patient.id' : 'Encounter.identifier[0].value'
    return { what, remedy: `Name a resource, such as {${instead}}.` }
  }
  if (field !== undefined) return undefined
  if (config.takes === 'event' && expression.filters.some(({ is }) => is === 'target_id')) {
    const what = 'A target that takes events knows no ids of resources.'
    return { what, remedy: 'Say `takes: resource`, or leave the filter out.' }
  }
  const [type = ''] = steps
  if (resourceTypes.has(String(type))) return elementFault(expression)
  const meant =
    nearest(path, Object.keys(templateFields)) ?? nearest(String(type), [...resourceTypes])
  const what = `{${path}} names nothing of an event.`
  const known = `Write an element such as {Patient.birthDate}, or: ${Object.keys(templateFields).join(', ')}.`
  return { what, remedy: meant === undefined ? known : `Did you mean \`${meant}\`?` }
}

function elementFault({ path, steps }: Expression): Fault | undefined {
  const chosen = steps.flatMap((step, i) =>
    typeof step === 'object' ? (unknownElement([...steps.slice(0, i), step.name]) ?? []) : [],
  )
  const unknown = unknownElement(steps) ?? chosen[0]
  if (unknown === undefined) return undefined
  const { name, meant } = unknown
  const remedy =
    meant === undefined ? 'See FHIR R4 for its elements.' : `Did you mean \`${meant}\`?`
  return { what: `FHIR R4 has no element \`${name}\` in {${path}}.`, remedy }
}

/** A person's name, a list of codes: no text that anybody could mean. */
function wholeFault({ path, steps }: Expression): Fault | undefined {
  const [head = ''] = steps
  const found = resourceTypes.has(String(head)) ? elementAt(steps) : undefined
  if (found?.is !== 'whole') return undefined
  const remedy = `Name what is meant, such as {${path}.${found.value}}, or write {${path} | json}.`
  return { what: `{${path}} is no value: it has elements below it.`, remedy }
}

function lintWhen(text: string, path: string): RoomFinding[] {
  const parsed = parseWhen(text, answerNames)
  if (!('problem' in parsed)) return []
  const { at, what, remedy } = parsed.problem
  return [{ path, severity: 'error', what, remedy, at }]
}

function lintIds({ id, update, retract, find, verify, takes, request }: HttpConfig): RoomFinding[] {
  const findings: RoomFinding[] = []
  if (id === undefined) {
    for (const [name, block] of Object.entries({ update, retract, find, verify })) {
      if (block === undefined) continue
      findings.push(error(`/${name}`, `${NEEDS_ID} \`${name}\` never works.`, SAY_ID))
    }
  }
  if (
    id !== undefined &&
    update === undefined &&
    takes === 'resource' &&
    request.method !== 'PUT'
  ) {
    const what =
      'A second event of a resource is denied: it is there already, and nothing changes it.'
    const remedy = 'Say `update`, or leave `id` out where each event is a new thing there.'
    findings.push({ path: '/id', severity: 'warning', what, remedy })
  }
  return findings
}

const NEEDS_ID = 'Nothing says where an answer names the id of what was made, so'
const SAY_ID = 'Add `id: location`, or `id: body.<path>`.'

const pointer = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

const error = (path: string, what: string, remedy: string): RoomFinding => ({
  path,
  severity: 'error',
  what,
  remedy,
})
