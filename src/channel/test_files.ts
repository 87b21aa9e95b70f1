// Test files of channels: found, read, checked. Each finding has its line and column, and each case
// knows where it stands, so that a failing expectation can be pointed at.
import { join } from 'node:path'
import { compile, type Shape } from '../declare/schema.ts'
import type { Path } from '../declare/schema_path.ts'
import {
  type ChannelTestFile,
  channelTestSchema,
  type Expectation,
  type TestEntry,
} from '../declare/schema_tests.ts'
import { readBytes } from '../kit/files.ts'
import { nearest } from '../kit/nearest.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { elementRemark } from './element_paths.ts'
import { finding, type Place, type Remark, sortFindings } from './finding.ts'
import { parseYaml, type YamlFile } from './yaml.ts'

export interface ChannelTests {
  /** From the project's folder; the file of the channel with `.test.yaml` for `.yaml`. */
  readonly file: string
  /** Undefined: the channel has no such file. */
  readonly bytes: Buffer | undefined
  /** Empty where a finding is an error. */
  readonly cases: readonly TestCase[]
  readonly findings: readonly ConfigFinding[]
}

export interface TestCase {
  readonly name: string
  /** Of its entry in the file: `['tests', '3']`. */
  readonly path: Path
  /** A text of the file, one segment a line; or the bytes of another file. */
  readonly message: { readonly text: string } | { readonly bytes: Buffer }
  readonly received_at: string | undefined
  readonly exact: boolean
  /** Undefined where nothing is expected yet: `firth test --update` writes it. */
  readonly expect: Expectation | undefined
  /** Of a key of the entry, or of the nearest thing above it. */
  locate(path: Path): Place
}

export const testFileOf = (channelFile: string) => channelFile.replace(/\.yaml$/, '.test.yaml')

let shape: Shape | undefined

/** `channelFile`: from the project's folder. */
export async function readChannelTests(
  project: string,
  channelFile: string,
): Promise<ChannelTests> {
  const file = testFileOf(channelFile)
  const bytes = await readBytes(join(project, file))
  if (bytes === undefined) return { file, bytes, cases: [], findings: [] }
  const yaml = parseYaml(file, bytes)
  shape ??= compile(channelTestSchema())
  const findings = [...yaml.findings, ...shapeFindings(yaml, shape)]
  if (yaml.value === undefined || findings.length > 0) {
    return { file, bytes, cases: [], findings: sortFindings(findings) }
  }
  const { tests } = yaml.value as ChannelTestFile
  findings.push(...namesTwice(tests, yaml), ...wrongPaths(tests, yaml))
  const cases: TestCase[] = []
  for (const [i, entry] of tests.entries()) {
    const path = ['tests', String(i)]
    const message = await messageOf(entry, join(project, file, '..'))
    if ('rule' in message) findings.push(finding(yaml.locate([...path, 'file']), message))
    else {
      const { name, received_at, exact, expect } = entry
      const locate = (below: Path) => yaml.locate([...path, ...below], 'key')
      cases.push({ name, path, message, received_at, exact, expect, locate })
    }
  }
  return { file, bytes, cases: findings.length > 0 ? [] : cases, findings }
}

function shapeFindings(yaml: YamlFile, { check }: Shape): readonly ConfigFinding[] {
  if (yaml.value === undefined) return []
  return check(yaml.value ?? {}).map(({ path, part, rule, what, remedy }) => {
    const subject = path.length === 0 ? 'The file' : `\`${path.join('.')}\``
    return finding(yaml.locate(path, part), { rule, what: `${subject} ${what}`, remedy })
  })
}

function namesTwice(tests: readonly TestEntry[], yaml: YamlFile): readonly ConfigFinding[] {
  return tests.flatMap(({ name }, i) => {
    if (tests.findIndex(one => one.name === name) === i) return []
    return [finding(yaml.locate(['tests', String(i), 'name']), NAMED_TWICE)]
  })
}

const NAMED_TWICE: Remark = {
  rule: 'duplicate_test',
  what: 'An earlier test of this file has the same name.',
  remedy: 'Give each test a name of its own.',
}

/** A path that can lead nowhere would hold for ever, or never, and tell nobody why. */
function wrongPaths(tests: readonly TestEntry[], yaml: YamlFile): readonly ConfigFinding[] {
  return tests.flatMap(({ expect }, i) =>
    (expect?.events ?? []).flatMap((event, j) =>
      Object.keys(event).flatMap(key => {
        const remark = PATH.test(key) ? elementFault(key) : wrongPath(key)
        const place = ['tests', String(i), 'expect', 'events', String(j), key]
        return remark === undefined ? [] : [finding(yaml.locate(place, 'key'), remark)]
      }),
    ),
  )
}

const FIELD = 'kind|occurred_at|(patient|visit)(\\.(system|value))?'
const ELEMENT = '[A-Z][A-Za-z]+(\\[\\d+\\])?(\\._?[a-z]\\w*(\\[\\d+\\])?)*'
const PATH = new RegExp(`^(${FIELD}|${ELEMENT})$`)
const FIELDS = ['kind', 'occurred_at', 'patient.system', 'patient.value', 'visit.system']

const POSITIONS = /\[\d+\]/g

/** What is beside a primitive (`_birthDate`) is not judged, nor what the base never makes. */
function elementFault(key: string): Remark | undefined {
  const path = key.replace(POSITIONS, '')
  if (!/^[A-Z]/.test(path) || path.includes('._')) return undefined
  const remark = elementRemark(path, true)
  return remark === undefined || remark.severity === 'warning' ? undefined : remark
}

function wrongPath(key: string): Remark {
  const meant = nearest(key, [...FIELDS, 'visit.value'])
  const example = 'Write kind, patient.value or an element such as Patient.name.family.'
  return {
    rule: 'test_path',
    what: `\`${key}\` is no path into an event.`,
    remedy: meant === undefined ? example : `Did you mean \`${meant}\`?`,
  }
}

async function messageOf(
  { message, file }: TestEntry,
  folder: string,
): Promise<TestCase['message'] | Remark> {
  if ((message === undefined) === (file === undefined)) return ONE_MESSAGE
  if (message !== undefined) return { text: message }
  const bytes = await readBytes(join(folder, file ?? ''))
  return bytes === undefined ? NO_FILE : { bytes }
}

const ONE_MESSAGE: Remark = {
  rule: 'test_message',
  what: 'A test has either `message` or `file`.',
  remedy: 'Write the message below `message: |`, one segment a line, or name its file.',
}

const NO_FILE: Remark = {
  rule: 'test_file_missing',
  what: 'There is no such file.',
  remedy: 'The path counts from the folder in which this test file lies.',
}
