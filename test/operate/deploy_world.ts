// Projects that are deployed, for tests: real snapshots, log, store, checks and mapping processes;
// doors and a chart that are toys. A door takes a port of its own, so that one can be taken away.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadProject } from '../../src/channel/load.ts'
import { integer } from '../../src/declare/field.ts'
import { defineSource, type Tables } from '../../src/declare/room.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Intake } from '../../src/model/rooms.ts'
import type { DeployReport } from '../../src/operate/deploy.ts'
import { type Deploying, openDeploying } from '../../src/operate/deploying.ts'
import { Deployments } from '../../src/operate/deployments.ts'
import { engineDesk } from '../../src/operate/desk.ts'
import { type Engine, startEngine } from '../../src/operate/engine.ts'
import { chooseStart, type Difference, type StartOptions } from '../../src/operate/start.ts'
import { atEnd, folder, recordsOf, type ToyChart, toyChart } from '../path/rooms.ts'
import { type Ears, message, START_MS } from '../path/toy.ts'
import { keptEars, toyPlan, toyTables } from './world.ts'

export const TENANT_FILE = `tenant: harbor
name: Harbor
time_zone: America/New_York
environment: test
targets: { chart: { toy: {} } }
`

export const channelFile = (port: number, more = 'transform: harbor/adt') => `channel: adt_in
tenant: harbor
about: Admissions.
source: { toy_port: { port: ${port} } }
${more}
routes: [{ name: chart, to: chart }]
`

/** A mapping that writes a word of its own into the patient, so that one sees which one it was. */
export const mappingFile = (word: string) => `import { defineMapping } from '#sdk'
import { word } from './word.ts'

export default defineMapping({
  types: ['ADT^A01'],
  map: message => [{
    kind: 'patient.updated', occurred_at: undefined, visit: null,
    patient: { system: 'urn:oid:2.999.1', value: message.text('MSH-10') ?? '' },
    subject: undefined,
    resources: [{ resourceType: 'Patient', id: 'p' + message.text('MSH-10'), language: word }],
  }],
})
// ${word}
`

export const wordFile = (word: string) => `export const word = '${word}'\n`

/** A project of one channel, whose mapping says this word. */
export const harbor = (word: string, port = 1): Readonly<Record<string, string>> => ({
  'channels/harbor/tenant.yaml': TENANT_FILE,
  'channels/harbor/adt_in.yaml': channelFile(port),
  'transforms/harbor/adt.ts': mappingFile(word),
  'transforms/harbor/word.ts': wordFile(word),
})

export interface PortDoor {
  readonly port: number
  readonly intake: Intake
}

export interface DeployWorld {
  readonly project: string
  readonly data: string
  readonly tables: Tables
  readonly chart: ToyChart
  readonly signals: Ears
  /** Open doors by channel, and every opening and closing of one. */
  readonly doors: ReadonlyMap<string, PortDoor>
  readonly diary: string[]
  /** Ports that somebody else has. */
  readonly foreign: Set<number>
  readonly deployments: Deployments
  /** What was said at the last start. */
  readonly said: { readonly differences: Difference[]; readonly faults: string[] }
  write(files: Readonly<Record<string, string | undefined>>): Promise<void>
  start(change?: Partial<StartOptions>): Promise<RunningWorld>
}

export interface RunningWorld {
  readonly engine: Engine
  readonly deploying: Deploying
  deploy(change?: Partial<Parameters<Deploying['deploy']>[0]>): Promise<DeployReport>
  /** Hands a message in at the door of a channel. */
  send(control_id: string, channel?: string): Promise<void>
  /** In the order of the canonical topic: whose event, by which word and which deployment. */
  words(): Promise<readonly (readonly [control_id: string, word: string, deployment: string])[]>
  activeHash(): Promise<string>
}

export async function deployWorld(t: TestContext): Promise<DeployWorld> {
  const root = await folder(t)
  const [project, data] = [join(root, 'project'), join(root, 'data')]
  await mkdir(data)
  const chart = toyChart()
  const ports = openPorts()
  const toys = toyTables({ diary: [], door: { received: 0 }, chart })
  const tables = { ...toys, sources: { toy_port: ports.room } }
  const signals = keptEars()
  const deployments = new Deployments({ data, tables, env: {}, version: '0.0.0' })
  const said = { differences: [] as Difference[], faults: [] as string[] }
  const write: DeployWorld['write'] = async files => {
    for (const [file, text] of Object.entries(files)) {
      const path = join(project, file)
      await mkdir(dirname(path), { recursive: true })
      await (text === undefined ? rm(path) : writeFile(path, text))
    }
  }
  const start: DeployWorld['start'] = async (change = {}) => {
    const loaded = await loadProject(project, tables, { env: {}, sets: [] })
    const options: StartOptions = {
      folder: loaded.plan,
      ...{ deploy: false, by: 'ana', deployments, tables, clock: systemClock },
      judged: ({ findings, failures }) => {
        said.faults.push(...findings.map(({ rule }) => rule), ...failures.map(({ name }) => name))
      },
      differs: one => void said.differences.push(one),
      ...change,
    }
    const engine = await startEngine({
      plan: { ...toyPlan(), project, tenants: [] },
      ...{ tables, data, signals },
      deployments: {
        start: rooms => chooseStart(rooms, options),
        find: (tenant, deployment) => deployments.find(tenant, deployment),
      },
      onBug: cause => {
        throw cause
      },
    })
    atEnd(t, () => engine.stop())
    const desk = engineDesk(engine, systemClock)
    const deploying = openDeploying({ deployments, desk, tables, env: {} })
    const request = { project, by: 'ana', how: 'deploy' as const }
    const usual = { skip_tests: false, dry_run: false, remove: false }
    return {
      engine,
      deploying,
      deploy: more => deploying.deploy({ ...request, ...usual, ...more }),
      send: (control_id, channel = 'adt_in') => sendAt(ports.doors().get(channel), control_id),
      words: () => wordsOf(engine),
      activeHash: async () => (await engine.store.active())[0]?.deployment ?? '',
    }
  }
  const { diary, foreign } = ports
  return {
    project,
    data,
    tables,
    chart,
    signals,
    get doors() {
      return ports.doors()
    },
    diary,
    foreign,
    deployments,
    said,
    write,
    start,
  }
}

function openPorts() {
  const open = new Map<number, PortDoor & { readonly channel: string }>()
  const foreign = new Set<number>()
  const diary: string[] = []
  const room = defineSource({
    kind: 'toy_port',
    summary: 'Takes in what a test hands it.',
    fields: { port: integer({ doc: 'A port that one door can have.' }) },
    example: { port: 1 },
    addresses: ({ port }) => [{ host: '127.0.0.1', port }],
    async open({ port }, { channel, intake }) {
      if (open.has(port) || foreign.has(port)) throw new Failure('listen_failed', { port })
      open.set(port, { port, intake, channel })
      diary.push(`${channel} ${port} opened`)
      return {
        address: `toy ${port}`,
        feeds: () => [],
        async drain() {
          open.delete(port)
          diary.push(`${channel} ${port} closed`)
        },
      }
    },
  })
  /** Of several of a channel, the one that opened last. */
  const doors = () => new Map([...open.values()].map(door => [door.channel, door]))
  return { doors, foreign, diary, room }
}

async function sendAt(door: PortDoor | undefined, control_id: string): Promise<void> {
  if (door === undefined) throw new Error('the channel has no door')
  const peer = { address: '127.0.0.1', port: 40_000 }
  const bytes = message({ control_id })
  const received = door.intake.receive({ bytes, peer, door: 'toy', received_at_ms: START_MS })
  if (received.kind === 'refused') throw new Error('the message was refused')
  await door.intake.append(received)
}

async function wordsOf({ log }: Engine) {
  return (await recordsOf(log, 'canonical.harbor')).map(({ value, headers }) => {
    const { resources } = JSON.parse(value.toString()) as {
      resources: { entry: { resource: { language: string } }[] }
    }
    const word = resources.entry[0]?.resource.language ?? ''
    return [headers.control_id ?? '', word, headers.deployment ?? ''] as const
  })
}
