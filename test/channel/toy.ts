// Toy rooms and throw-away projects: channel/ is handed its tables, so it is tested without real
// rooms.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Loaded, type LoadOptions, loadProject } from '../../src/channel/load.ts'
import { choice, flag, group, integer, secret, text } from '../../src/declare/field.ts'
import {
  defineAdapter,
  defineLog,
  defineSource,
  defineStore,
  defineTransport,
  type Tables,
} from '../../src/declare/room.ts'

const never = () => {
  throw new Error('a toy is never opened')
}

const mllp = defineSource({
  kind: 'mllp',
  summary: 'Listens for toys.',
  fields: {
    port: integer({ doc: 'TCP port to listen on.', minimum: 0, maximum: 65535, example: 2575 }),
    host: text({ doc: 'Address to listen on.', default: '127.0.0.1' }),
    ack: choice(['commit', 'application'], { doc: 'When to acknowledge.', default: 'commit' }),
    verbose: flag({ doc: 'Says more.', default: false }),
    tls: group(
      {
        certificate: text({ doc: 'File of the certificate.' }),
        password: secret({ doc: 'Opens the key.', optional: true }),
      },
      { doc: 'TLS.', optional: true },
    ),
  },
  example: { port: 2575 },
  lint: config =>
    config.host === '0.0.0.0' && config.tls === undefined
      ? [{ path: '/host', severity: 'warning', what: 'Open to all.', remedy: 'Add tls.' }]
      : [],
  addresses: ({ host, port }) => [{ host, port }],
  open: never,
})

const timer = defineSource({
  kind: 'timer',
  summary: 'Ticks.',
  fields: { every_ms: integer({ doc: 'Time between two ticks.', default: 1000, minimum: 1 }) },
  example: {},
  addresses: () => [],
  open: never,
})

const fhir_r4 = defineAdapter({
  kind: 'fhir_r4',
  summary: 'Writes to a toy server.',
  fields: {
    base_url: text({ doc: 'Address of the server.', example: 'http://127.0.0.1:8103/fhir' }),
    token: secret({ doc: 'Bearer token.', optional: true }),
  },
  example: { base_url: 'http://127.0.0.1:8103/fhir' },
  transport: 'toy_http',
  transportConfig: () => ({}),
  idempotency: 'natural',
  profile: [
    {
      resource: 'Patient',
      operations: ['create', 'update'],
      source: 'a test',
      date: '2026-11-21',
      proof: 'observed',
    },
  ],
  settle_ms: 1000,
  visible_ms: 2000,
  steps: never,
})

/** Takes whole events, and cannot be read. */
const hl7v2 = defineAdapter({
  ...fhir_r4,
  kind: 'hl7v2',
  takes: () => 'message',
  proof: () => 'answer',
  idempotency: 'key',
  profile: [
    {
      resource: 'Bundle',
      operations: ['create'],
      source: 'a test',
      date: '2026-11-21',
      proof: 'observed',
    },
  ],
})

const toy_http = defineTransport({
  kind: 'toy_http',
  summary: 'Carries toys.',
  fields: {},
  example: {},
  open: never,
})

const embedded = defineLog({
  kind: 'embedded',
  summary: 'Keeps toys.',
  fields: {
    segment_bytes: integer({ doc: 'Size of a segment.', default: 268_435_456, minimum: 1024 }),
    fast: flag({ doc: 'Hurries.', default: false }),
  },
  example: {},
  open: never,
  openReader: never,
})

const kafka = defineLog({
  kind: 'kafka',
  summary: 'Keeps toys elsewhere.',
  fields: {
    brokers: text({ doc: 'Where.' }),
    password: secret({ doc: 'Opens it.', optional: true }),
  },
  example: { brokers: 'one:9092' },
  open: never,
  openReader: never,
})

const sqlite = defineStore({
  kind: 'sqlite',
  summary: 'Remembers toys.',
  fields: {},
  example: {},
  open: never,
})

export const toyTables: Tables = {
  sources: { mllp, timer },
  adapters: { fhir_r4, hl7v2 },
  transports: { toy_http },
  logs: { embedded, kafka },
  stores: { sqlite },
}

export type Files = Readonly<Record<string, string>>

/** A project of these files in a folder of its own, removed when the test ends. */
export async function project(t: TestContext, files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firth-project-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'channels'))
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  return folder
}

export async function load(
  t: TestContext,
  files: Files,
  options: Partial<LoadOptions> = {},
): Promise<Loaded> {
  return loadProject(await project(t, files), toyTables, { env: {}, sets: [], ...options })
}

/** `file:line:column severity rule`, the part of a finding that programs and tests rely on. */
export const briefly = ({ findings }: Loaded) =>
  findings.map(one => `${one.file}:${one.line}:${one.column} ${one.severity} ${one.rule}`)

export const SMALLEST = `channel: adt_in
tenant: harbor
about: Admissions.
source:
  mllp:
    port: 2575
`
