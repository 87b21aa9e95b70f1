// A new project, tenant, channel or mapping, from a folder of samples where there is one. Makes
// plans of files; whoever calls writes them, and nothing that stands is ever overwritten.
import { join } from 'node:path'
import { loadProject } from '../channel/load.ts'
import { type NewTest, testFileText } from '../channel/test_file_text.ts'
import { editYaml } from '../channel/yaml_edit.ts'
import type { Tables } from '../declare/room.ts'
import { isFile } from '../kit/files.ts'
import { systemNet } from '../kit/net.ts'
import type { Random } from '../kit/random.ts'
import type { ConfigFinding, Plan } from '../model/plan.ts'
import { type ChannelTestRun, runChannelTests } from './channel_tests.ts'
import {
  channelYaml,
  type NewFile,
  needsTransform,
  schemaLine,
  tableCsv,
  tableFile,
  tenantYaml,
  transformTs,
} from './new_project_files.ts'
import type { Sample, Survey } from './new_project_samples.ts'
import { Scrambler } from './new_project_scramble.ts'

export interface ChannelWish {
  readonly project: string
  readonly tenant: string
  readonly channel: string
  readonly port: number
  readonly time_zone: string | undefined
  readonly survey: Survey | undefined
}

/** Everything for one channel; the tenant's own file only where there is none. */
export async function channelFiles(wish: ChannelWish, random: Random): Promise<readonly NewFile[]> {
  const { project, tenant, channel, port, time_zone, survey } = wish
  const tenantFile = `channels/${tenant}/tenant.yaml`
  const own = survey !== undefined && needsTransform(survey)
  const mapping = own ? await transformFiles({ project, tenant, name: channel, survey }) : []
  const transform = own ? `${tenant}/${channel}` : 'base'
  const known = await isFile(join(project, tenantFile))
  return [
    ...(known
      ? []
      : [
          {
            path: tenantFile,
            text: tenantYaml({ tenant, name: titled(tenant), time_zone, survey }),
          },
        ]),
    {
      path: `channels/${tenant}/${channel}.yaml`,
      text: channelYaml({ tenant, channel, port, transform, survey }),
    },
    {
      path: `channels/${tenant}/${channel}.test.yaml`,
      text: testFileText(testHead(survey), testsOf(survey, random)),
    },
    ...mapping,
  ]
}

/** `riverside_general` → `Riverside General`. */
export const titled = (name: string) =>
  name.replace(/(^|_)([a-z])/g, (_, gap: string, letter: string) => {
    return `${gap === '' ? '' : ' '}${letter.toUpperCase()}`
  })

export interface TransformWish {
  readonly project: string
  readonly tenant: string
  readonly name: string
  readonly survey: Survey | undefined
}

export async function transformFiles(wish: TransformWish): Promise<readonly NewFile[]> {
  const { project, tenant, name, survey } = wish
  const folder = `transforms/${tenant}`
  const tables = new Map<string, string>()
  const files: NewFile[] = []
  for (const codes of survey?.codes ?? []) {
    const usual = tableFile(codes.slot)
    const taken = await isFile(join(project, folder, usual))
    const file = taken ? `${name}_${usual}` : usual
    tables.set(codes.slot, file)
    files.push({ path: `${folder}/${file}`, text: tableCsv(codes) })
  }
  return [
    { path: `${folder}/${name}.ts`, text: transformTs({ tenant, name, survey, tables }) },
    ...files,
  ]
}

const testHead = (survey: Survey | undefined) => [
  schemaLine('test').slice(2),
  ...(survey === undefined
    ? ['An invented message; put one like those that will come in its place.']
    : [
        'Made from samples: people, identifiers, addresses, phones, free text and moments are scrambled,',
        'the structure is as it came. `firth test --update` writes what comes of them now.',
      ]),
]

/** More than these are better added one by one, each for a reason. */
const TESTS_MAX = 8
const TEST_BYTES_MAX = 20_000

function testsOf(survey: Survey | undefined, random: Random): readonly NewTest[] {
  if (survey === undefined) return [{ name: 'maps an admission', message: INVENTED }]
  const scrambler = new Scrambler(random)
  return telling(survey).map(({ type, bytes }, i, all) => {
    const nth = all.slice(0, i).filter(one => one.type === type).length
    const name = `maps ${type} as it came${nth === 0 ? '' : `, ${nth + 1}`}`
    return { name, message: scrambler.message(bytes) }
  })
}

/** One of each type, then those that show something that the base does not know. */
function telling({ samples }: Survey): readonly Sample[] {
  const small = samples.filter(({ bytes }) => bytes.length <= TEST_BYTES_MAX)
  const firsts = [...Map.groupBy(small, ({ type }) => type).values()].flatMap(([one]) => one ?? [])
  const odd = small.filter(one => !firsts.includes(one) && tells(one))
  return [...firsts, ...odd].slice(0, TESTS_MAX)
}

const tells = ({ message, result }: Sample) =>
  message.segments.some(({ name }) => name.startsWith('Z')) ||
  result.findings.some(({ code }) => code === 'code_unmapped')

const INVENTED = `MSH|^~\\&|HIS|HOSPITAL|FIRTH|FIRTH|20260105080000+0000||ADT^A01^ADT_A01|A1|P|2.5.1
EVN|A01|20260105080000+0000
PID|1||M000014^^^HOSPITAL^MR||Elm^Bo^Q||19440315|F
PV1|1|I|3W^301^A||||||||||||||||V0700000^^^HOSPITAL^VN
`

const PORTS = { first: 2575, count: 500 } as const

/** The first that no channel of the project has and nobody on this machine listens on. */
export async function freePort(plan: Plan | undefined): Promise<number> {
  const channels = plan?.tenants.flatMap(one => one.channels) ?? []
  const taken = new Set(channels.map(({ source }) => source.config.port))
  for (let port = PORTS.first; port < PORTS.first + PORTS.count; port++) {
    if (!taken.has(port) && (await isFree(port))) return port
  }
  return 0
}

async function isFree(port: number): Promise<boolean> {
  try {
    const options = { host: '127.0.0.1', port, onError: () => {} }
    const listener = await systemNet.listen(options, () => undefined)
    listener.close()
    return true
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return false
    throw cause
  }
}

export interface Expected {
  /** The text of the test file with what came of its messages; undefined where it could not run. */
  readonly text: string | undefined
  readonly findings: readonly ConfigFinding[]
  readonly run: ChannelTestRun | undefined
}

/** What comes of the new channel's tests now, written into them: the analyst judges it. */
export async function expectationsOf(
  of: { readonly tenant: string; readonly channel: string; readonly text: string },
  project: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
  tables: Tables,
): Promise<Expected> {
  const { env, folder } = project
  const { plan, findings } = await loadProject(folder, tables, { env, sets: [] })
  if (plan === undefined) return { text: undefined, findings, run: undefined }
  const { tenant, channel } = of
  const run = await runChannelTests({ plan, tables, tenant, channel })
  const edits = run.results.flatMap(({ mend }) => (mend?.kind === 'edits' ? mend.edits : []))
  return { text: editYaml(of.text, edits), findings, run }
}
