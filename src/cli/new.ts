// firth new: a project, a tenant, a channel, a mapping, from a folder of samples where there is
// one. What it writes passes `firth check` and `firth test` at once; nothing is ever overwritten.
import { join, resolve } from 'node:path'
import { withProjectAdapters } from '../channel/adapters.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { type Loaded, loadProject } from '../channel/load.ts'
import { generated } from '../declare/docs.ts'
import type { Tables } from '../declare/room.ts'
import { NAME_PATTERN } from '../declare/schema_words.ts'
import { isFile, listFolder, writeText } from '../kit/files.ts'
import { writeNew } from '../kit/new_file.ts'
import { systemRandom } from '../kit/random.ts'
import {
  channelFiles,
  expectationsOf,
  freePort,
  titled,
  transformFiles,
} from '../operate/new_project.ts'
import { firthYaml, gitignore, type NewFile, tenantYaml } from '../operate/new_project_files.ts'
import { type Survey, survey } from '../operate/new_project_samples.ts'
import { type Args, type Command, exit, projectOption, UsageError, type World } from './command.ts'
import { surveyText } from './new_text.ts'

const samplesOption = {
  samples: { type: 'string', value: 'DIR', doc: 'Folder with sample messages of the sender.' },
} as const

const tenantOption = {
  tenant: { type: 'string', value: 'NAME', doc: 'Name of the tenant, in snake_case.' },
} as const

const zoneOption = {
  'time-zone': {
    type: 'string',
    value: 'ZONE',
    doc: 'Zone of a new tenant, e.g. America/Chicago.',
  },
} as const

export const newProject: Command = {
  name: 'new project',
  arguments: 'DIR',
  summary: 'Makes a folder for channels, with the schemas that editors complete YAML from.',
  options: {},
  notes: ['A project is any folder with channels/ in it; put it under version control.'],
  examples: ['firth new project hospital'],
  async run(args, world) {
    const folder = resolve(world.cwd, one(args, 'DIR'))
    const schemas = (await generated(world.tables)).filter(({ path }) => SCHEMA.test(path))
    const files = [
      { path: 'firth.yaml', text: firthYaml },
      { path: '.gitignore', text: gitignore },
      ...schemas,
    ]
    await writeAll(folder, files, world)
    world.out(
      `Next: firth new channel --project ${args.positionals[0]} --tenant NAME --name NAME\n`,
    )
    return exit.ok
  },
}

const SCHEMA = /^channels\/[a-z]+\.schema\.json$/

export const newTenant: Command = {
  name: 'new tenant',
  arguments: 'NAME',
  summary: 'Writes a tenant.yaml, with the authorities that the samples name.',
  options: { ...projectOption, ...zoneOption, ...samplesOption },
  notes: [
    'Without --time-zone it says UTC, which is a guess: times without an offset depend on it.',
  ],
  examples: ['firth new tenant riverside --time-zone America/Chicago --samples samples/'],
  async run(args, world) {
    const project = await projectOf(args, world)
    const tenant = named(one(args, 'NAME'), 'NAME')
    const seen = await surveyOf(args, world, world.tables)
    const time_zone = args.text('time-zone')
    const text = tenantYaml({ tenant, name: titled(tenant), time_zone, survey: seen })
    await writeAll(project, [{ path: `channels/${tenant}/tenant.yaml`, text }], world)
    return await checked(project, world)
  },
}

export const newChannel: Command = {
  name: 'new channel',
  arguments: '',
  summary:
    'Writes a channel with its tests, and a mapping of its own where the samples ask for it.',
  options: {
    ...projectOption,
    ...tenantOption,
    name: { type: 'string', value: 'NAME', doc: 'Name of the channel, in snake_case.' },
    ...samplesOption,
    ...zoneOption,
    port: { type: 'string', value: 'N', doc: 'TCP port (default: the first free one from 2575).' },
  },
  notes: [
    'It looks at the samples: message types, feeds, authorities, character sets, segments of the sender’s own,',
    'codes that the base mappings do not know. Samples hold patients: what goes into the test file is',
    'scrambled (names, identifiers, addresses, phones, free text, moments), and no sample is copied. Look at',
    'the test file before you share it. The tests expect what comes of the messages now; read and judge that.',
  ],
  examples: ['firth new channel --tenant riverside --name adt_in --samples samples/'],
  async run(args, world) {
    const project = await projectOf(args, world)
    const tenant = named(args.text('tenant'), '--tenant')
    const channel = named(args.text('name'), '--name')
    const { loaded, tables } = await loadedOf(project, world)
    if (loaded === undefined) return exit.config
    const seen = await surveyOf(args, world, tables)
    const port = args.number('port') ?? (await freePort(loaded.plan))
    const time_zone = args.text('time-zone')
    const wish = { project, tenant, channel, port, time_zone, survey: seen }
    const files = await channelFiles(wish, systemRandom)
    await writeAll(project, files, world)
    const test = files.find(({ path }) => path.endsWith('.test.yaml'))
    const folder = { folder: project, env: world.env }
    const text = test?.text ?? ''
    const expected = await expectationsOf({ tenant, channel, text }, folder, tables)
    for (const one of expected.findings) world.err(formatFinding(one, world.colours))
    if (expected.text === undefined || test === undefined) return exit.config
    await writeText(join(project, test.path), expected.text)
    world.out(`Port ${port}. ${expected.run?.results.length ?? 0} tests expect what comes now.\n`)
    world.out(`Next: read ${test.path}, then firth check, firth test, firth run.\n`)
    return exit.ok
  },
}

export const newTransform: Command = {
  name: 'new transform',
  arguments: '',
  summary: 'Writes a mapping of a tenant’s own over the base mappings.',
  options: {
    ...projectOption,
    ...tenantOption,
    name: { type: 'string', value: 'NAME', doc: 'Name of the mapping, in snake_case.' },
    ...samplesOption,
  },
  notes: ['A channel uses it by `transform: <tenant>/<name>`.'],
  examples: ['firth new transform --tenant riverside --name adt --samples samples/'],
  async run(args, world) {
    const project = await projectOf(args, world)
    const tenant = named(args.text('tenant'), '--tenant')
    const name = named(args.text('name'), '--name')
    const seen = await surveyOf(args, world, world.tables)
    const files = await transformFiles({ project, tenant, name, survey: seen })
    await writeAll(project, files, world)
    world.out(`Next: write transform: ${tenant}/${name} into a channel.\n`)
    return await checked(project, world)
  },
}

function one(args: Args, what: string): string {
  const [first, ...more] = args.positionals
  if (first === undefined || more.length > 0) throw new UsageError(`It wants one ${what}.`)
  return first
}

function named(name: string | undefined, option: string): string {
  if (name !== undefined && new RegExp(NAME_PATTERN).test(name) && name !== 'base') return name
  const form = 'a name in snake_case: a to z, 0 to 9 and _, a letter first; not base'
  throw new UsageError(`${option} wants ${form}.`)
}

async function projectOf(args: Args, world: World): Promise<string> {
  const project = resolve(world.cwd, args.text('project') ?? '.')
  if ((await listFolder(join(project, 'channels'))) !== undefined) return project
  throw new UsageError(
    'There is no project here: no folder channels/. Make one: firth new project DIR',
  )
}

/** Nothing is added to a project that cannot be read. */
async function loadedOf(project: string, world: World) {
  const { tables, findings } = await withProjectAdapters(project, world.tables)
  const loaded: Loaded = await loadProject(project, tables, { env: world.env, sets: [] })
  const all = [...findings, ...loaded.findings].filter(({ severity }) => severity === 'error')
  for (const finding of all) world.err(formatFinding(finding, world.colours))
  return { tables, loaded: hasErrors(all) ? undefined : loaded }
}

async function checked(project: string, world: World): Promise<number> {
  return (await loadedOf(project, world)).loaded === undefined ? exit.config : exit.ok
}

async function surveyOf(args: Args, world: World, tables: Tables): Promise<Survey | undefined> {
  const folder = args.text('samples')
  if (folder === undefined) return undefined
  const seen = await survey(resolve(world.cwd, folder), tables)
  if (seen.samples.length === 0) {
    const why = seen.unread.length === 0 ? 'it is empty or not there' : 'no file in it is HL7 v2'
    throw new UsageError(`There is no sample in ${folder}: ${why}.`)
  }
  world.out(surveyText(seen))
  return seen
}

/** All or none: what stands already is named, and nothing is written beside it. */
async function writeAll(folder: string, files: readonly NewFile[], world: World): Promise<void> {
  const present = await Promise.all(files.map(({ path }) => isFile(join(folder, path))))
  const standing = files.filter((_, i) => present[i]).map(({ path }) => path)
  if (standing.length > 0) {
    throw new UsageError(`Already there, and nothing is overwritten: ${standing.join(', ')}.`)
  }
  for (const { path, text } of files) {
    if (!(await writeNew(join(folder, path), text))) {
      throw new UsageError(`${path} has just been made by somebody else; it is left as it is.`)
    }
    world.out(`made ${path}\n`)
  }
}
