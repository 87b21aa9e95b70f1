// What firth try shows a person: the stations in their order, each with what it saw and decided.
import type { Call, HttpCall } from '../model/intent.ts'
import { sawText, type Tried, type TriedRoute, type TriedWrite } from '../operate/try.ts'
import { bytesInWords, type Ink, inkOf, plain } from './terminal.ts'

const WIDTH = 14
const BODY_CHARACTERS_MAX = 400

export function stationsText(tried: Tried, colours: boolean): string {
  const ink = inkOf(colours)
  const station = (name: string, lines: readonly string[]) =>
    lines.map((line, i) => `${i === 0 ? ink.bold(name.padEnd(WIDTH)) : ' '.repeat(WIDTH)}${line}`)
  const lines = [
    `${ink.bold(`${tried.tenant}/${tried.channel}`)} (${tried.source}, ${tried.file})`,
    '',
    ...station('1 receive', received(tried, ink)),
    ...(tried.refused === undefined ? station('2 append', appended(tried, ink)) : []),
    ...(tried.refused === undefined ? station('3 transform', transformed(tried, ink)) : []),
    ...(tried.events.length > 0 ? station('4 canonical', tried.events.flatMap(eventLines)) : []),
    ...eventStations(tried, ink, station),
    ...(tried.dead === undefined ? [] : station('dead letter', [deadText(tried, ink)])),
    '',
    ink.dim('Nothing was stored, nothing was sent.'),
  ]
  return `${lines.map(safe).join('\n')}\n`
}

/** What a message holds is shown, not obeyed; our own colours stay. */
const safe = (line: string) =>
  line
    .split(COLOUR)
    .map((part, i) => (i % 2 === 0 ? plain(part) : part))
    .join('')

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is how a terminal is told a colour.
const COLOUR = /(\x1b\[\d{1,2}m)/

function received({ header, refused, ack }: Tried, ink: Ink): readonly string[] {
  if (refused !== undefined) {
    return [`${ink.red('refused')}: ${ack.text}`, `answered ${ack.code ?? 'nothing'}`]
  }
  const { control_id, hl7_version, charset, sender, segments } = header
  return [
    `${header.message_type || 'no type'}, ${bytesInWords(header.bytes)}, ${segments.length} segments: ${counted(segments)}`,
    `control id ${control_id || 'none'}, version ${hl7_version || 'none'}, character set ${charset || 'not said'}, sender ${sender}`,
  ]
}

const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** `MSH, PID, OBX ×3`. */
function counted(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, name => name)]
  return groups.map(([name, all]) => (all.length > 1 ? `${name} ×${all.length}` : name)).join(', ')
}

function appended({ topic, ack }: Tried, ink: Ink): readonly string[] {
  const answer =
    ack.code === undefined ? 'no answer was asked for' : `answered ${ink.green(ack.code)}`
  return [`durable in ${topic}, and only then ${answer}`]
}

function transformed(tried: Tried, ink: Ink): readonly string[] {
  const { accept, transform, findings, events, fate } = tried
  if (!accept.accepted) return [`${ink.yellow('filtered')}: ${accept.why}`]
  if (transform === undefined) return [`let in: ${accept.why}`, 'the channel maps nothing']
  const outcome = fate === 'dead' ? ink.red('dead letter') : countOf(events.length, 'event')
  return [
    `let in: ${accept.why}`,
    `${transform} → ${outcome}`,
    ...findings.map(({ code, place, text }) => ink.yellow(`${code} ${place}: ${text}`)),
  ]
}

function eventLines({ event }: Tried['events'][number]): readonly string[] {
  const id = (one: { system: string; value: string } | null) =>
    one === null ? 'none' : `${one.system}|${one.value}`
  const types = event.resources.entry.map(({ resource }) => resource.resourceType)
  return [
    `${event.kind} at ${event.occurred_at}`,
    `  patient ${id(event.patient)}, visit ${id(event.visit)}`,
    `  ${counted(types)}`,
  ]
}

type Station = (name: string, lines: readonly string[]) => readonly string[]

function eventStations({ events }: Tried, ink: Ink, station: Station): readonly string[] {
  return events.flatMap(({ event, routes }) => {
    const writes = routes.flatMap(one => one.writes)
    const routed =
      routes.length === 0 ? ['the channel has no route'] : routes.map(one => routeText(one, ink))
    return [
      ...(events.length > 1 ? [`${event.kind}:`] : []),
      ...station('5 route', routed),
      ...(writes.length > 0
        ? station(
            '6 govern',
            writes.map(one => governText(one, ink)),
          )
        : []),
      ...(writes.length > 0
        ? station(
            '7 deliver',
            writes.flatMap(one => callLines(one, ink)),
          )
        : []),
    ]
  })
}

const WHY = {
  taken: '',
  when_false: 'its condition does not hold',
  earlier_route: 'match: first, and an earlier route took it',
  nothing_to_write: 'the event holds nothing that it writes',
} as const

function routeText(route: TriedRoute, ink: Ink): string {
  const { when, saw, decision, writes } = route
  const condition = when === undefined ? '' : `: ${when}${sawText(saw)}`
  const way = `${route.route} → ${route.to}`
  if (decision === 'taken')
    return `${ink.green(way)}, ${countOf(writes.length, 'write')}${condition}`
  return `${way} ${ink.yellow('not taken')}, ${WHY[decision]}${condition}`
}

function governText(write: TriedWrite, ink: Ink): string {
  const { operation, resource, risk, approval, state, reason } = write
  const paint = state === 'accepted' ? ink.green : state === 'denied' ? ink.red : ink.yellow
  const why = reason === undefined ? '' : `: ${reason}`
  return `${operation} ${resource}, risk ${risk ?? 'none'}, ${approval}: ${paint(state)}${why}`
}

function callLines({ operation, resource, first }: TriedWrite, ink: Ink): readonly string[] {
  if (first === undefined) return [`${operation} ${resource}: not sent`]
  if ('verdict' in first) {
    const { outcome, code, facts } = first.verdict
    const why = [code ?? '', ...Object.entries(facts).map(([name, fact]) => `${name}: ${fact}`)]
    return [`${operation} ${resource}: ${ink.red(outcome)} ${why.join(' ')}`.trimEnd()]
  }
  return callText(first.call)
}

function callText(call: Call): readonly string[] {
  if (call.kind === 'http') return httpText(call)
  const text = Buffer.from(call.bytes).toString('latin1')
  const lines = cutText(text).split(/\r\n|\r|\n/)
  const how = call.kind === 'mllp' ? 'over MLLP' : `as ${call.name}`
  return [`${bytesInWords(call.bytes.length)} ${how}`, ...lines.map(line => `  ${line}`)]
}

function httpText({ method, path, headers, body }: HttpCall): readonly string[] {
  const held = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)
  const shown = cutText(body ?? '')
  return [`${method} ${path}`, ...held, ...(shown === '' ? [] : [`  ${shown}`])]
}

const cutText = (text: string) =>
  text.length > BODY_CHARACTERS_MAX
    ? `${text.slice(0, BODY_CHARACTERS_MAX)}… (${text.length} characters)`
    : text

function deadText({ dead }: Tried, ink: Ink): string {
  const facts = Object.entries(dead?.facts ?? {}).map(([name, fact]) => `${name}: ${fact}`)
  return `${ink.red(dead?.code ?? '')}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
}
