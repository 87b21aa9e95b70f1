// The whole path, MLLP → FHIR server, against the same HTTP calls made bare by the same client, in
// turn and in one run: the far end's log says which calls the engine made, and they are made again
// one after the other on as many connections. Also the calls that one message costs.
import { setTimeout as delay } from 'node:timers/promises'
import { openHttpClient } from '../../src/wire/http.ts'
import { freePorts, makeProject, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'
import { type Asked, UnkindFarEnd } from '../peers/unkind_far_end.ts'
import { type Spread, spreadOf } from './spread.ts'

const SENDERS = 8

export interface WholePath {
  /** Firth's messages a second over those that the bare calls come to. */
  readonly ratio: Spread
  readonly firth_per_second: Spread
  readonly bare_per_second: Spread
  readonly calls_per_message: Spread
}

export async function measureWholePath(of: {
  readonly rounds: number
  readonly messages: number
}): Promise<WholePath> {
  const rows = []
  for (let round = 0; round < of.rounds; round++) rows.push(await oneRound(of.messages))
  return {
    ratio: spreadOf(rows.map(({ firth, bare }) => firth / bare)),
    firth_per_second: spreadOf(rows.map(({ firth }) => firth)),
    bare_per_second: spreadOf(rows.map(({ bare }) => bare)),
    calls_per_message: spreadOf(rows.map(({ calls }) => calls / of.messages)),
  }
}

/** First what Firth does, through a relay that notes it; then the same calls for other people. */
async function oneRound(messages: number): Promise<{ firth: number; bare: number; calls: number }> {
  const peer = await startMedplumProcess()
  const random = { fraction: () => 1, bytes: (size: number) => Buffer.alloc(size) }
  const relay = await UnkindFarEnd.open({ behind: peer.base, random, moods: {} })
  try {
    const seconds = await throughFirth(relay, messages)
    const asked = [...relay.asked]
    const bare_seconds = await bareCalls(relay, asked)
    return { firth: messages / seconds, bare: messages / bare_seconds, calls: asked.length }
  } finally {
    await relay.close()
    await peer.stop()
  }
}

/** Seconds from the first message until the far end has each admission. */
async function throughFirth(relay: UnkindFarEnd, messages: number): Promise<number> {
  const [port = 0] = await freePorts(1)
  const project = await makeProject({
    'channels/harbor/tenant.yaml': [
      'tenant: harbor',
      'time_zone: America/Los_Angeles',
      'environment: test',
      'assigning_authorities: { HARBOR: "urn:oid:2.999.1" }',
      'targets:',
      '  chart:',
      `    fhir_r4: { base_url: "${relay.base}" }`,
      `    limits: { in_flight: ${SENDERS} }`,
      '',
    ].join('\n'),
    'channels/harbor/feed.yaml': [
      'channel: feed',
      'tenant: harbor',
      'about: Everything of the harbor.',
      `source: { mllp: { port: ${port} } }`,
      'transform: base',
      'routes: [{ name: chart, to: chart }]',
      '',
    ].join('\n'),
  })
  const running = await startFirth({ ...project, args: ['--log-level', 'warn'] })
  try {
    const from = performance.now()
    const own = Array.from({ length: SENDERS }, (_, sender) => admissions(sender, messages))
    await Promise.all(own.map(mine => sendAll(mine, { port })))
    // Each admission ends with its visit, which is read back once.
    await quiet(relay, messages)
    return (lastAt(relay) - from) / 1_000
  } finally {
    await running.stop()
    await project.remove()
  }
}

function admissions(sender: number, messages: number): readonly Buffer[] {
  const numbers = Array.from({ length: messages }, (_, n) => n).filter(n => n % SENDERS === sender)
  return numbers.map(n =>
    adt('A01', {
      control_id: `C${n}`,
      patient: n,
      visit: n,
      at: '20260105080000+0000',
      revision: 1,
    }),
  )
}

const QUIET_MS = 2_000

/** Until every visit has been made and nothing more is asked for a while. */
async function quiet(relay: UnkindFarEnd, messages: number): Promise<void> {
  const visits = () =>
    relay.asked.filter(({ method, path }) => method === 'POST' && path.endsWith('/Encounter'))
  while (visits().length < messages || performance.now() - lastAt(relay) < QUIET_MS) {
    await delay(20)
  }
}

/** On the clock of `performance.now`. */
const lastAt = ({ asked }: UnkindFarEnd) => (asked.at(-1)?.at_ms ?? 0) - performance.timeOrigin

async function bareCalls(relay: UnkindFarEnd, asked: readonly Asked[]): Promise<number> {
  const client = openHttpClient({
    base_url: new URL(relay.base).origin,
    headers: { accept: 'application/fhir+json' },
    connections_max: SENDERS,
    ...{ connect_ms_max: 10_000, call_ms_max: 30_000, answer_bytes_max: 10_000_000 },
    tls: undefined,
  })
  const left = asked.values()
  const from = performance.now()
  const { signal } = new AbortController()
  const worker = async () => {
    for (const { method, path, body, headers } of left) {
      const sent = body === '' ? undefined : forOthers(body)
      await client.send({ method, path, headers: headersOf(headers), body: sent }, signal)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, worker))
  client.close()
  return (performance.now() - from) / 1_000
}

/** So that what was made is made again: patients and visits of other numbers. */
const forOthers = (text: string) =>
  text.replace(/\bM(\d{6})\b/g, 'N$1').replace(/\bV(\d{7})\b/g, 'W$1')

const CONNECTION = new Set(['host', 'connection', 'content-length', 'accept-encoding'])

function headersOf(headers: Asked['headers']): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !CONNECTION.has(name))
  return Object.fromEntries(own.map(([name, value]) => [name, forOthers(String(value))]))
}
