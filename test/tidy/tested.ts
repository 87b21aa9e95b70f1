// Checks over the whole repository: every source file has its test, every error code is used.
import type { Source } from './source.ts'

/**
 * What is tested through its door instead of file by file. Keep this short: each line is a promise
 * that the tests named here fail when a file of the folder is broken.
 */
export const doors: readonly {
  readonly of: RegExp
  readonly tests: RegExp
  readonly why: string
}[] = [
  {
    of: /^src\/((?:sources|transports|logs|stores)\/[^/]+)\//,
    tests: /^test\/$1\//,
    why: 'A room is judged by the contract of its kind.',
  },
  {
    of: /^adapters\/([^/]+)\//,
    tests: /^test\/adapters\/$1\//,
    why: 'An adapter is judged by the conversations that it leads.',
  },
  {
    of: /^transforms\/base\//,
    tests: /^test\/transforms\//,
    why: 'Mappings are judged by golden messages.',
  },
  {
    of: /^transforms\/(harbor_clinic|riverside)\//,
    tests: /^test\/transforms\/samples\.test\.ts$/,
    why: 'A tenant is judged by its own channel tests and golden cases.',
  },
  {
    of: /^src\/(sources|transports|logs|stores)\/index\.ts$|^adapters\/index\.ts$/,
    tests: /^test\/tidy\.test\.ts$/,
    why: 'Tables of rooms are held against their folders by the house itself.',
  },
  {
    of: /^src\/codecs\/hl7v2\/outbound\//,
    tests: /^test\/codecs\/hl7v2\/outbound\/(build|message)\.test\.ts$/,
    why: 'A message that is built is judged whole: read back, it says what its event said.',
  },
  {
    of: /^src\/path\/replay_/,
    tests: /^test\/path\/replay\.test\.ts$/,
    why: 'A replay is judged whole, beside the live path.',
  },
  {
    of: /^src\/operate\/replay_/,
    tests: /^test\/operate\/replays\.test\.ts$/,
    why: 'What is asked of replays is judged at a running engine.',
  },
  {
    of: /^src\/model\//,
    tests: /^test\/tidy\.test\.ts$/,
    why: 'The model holds names and tables, no behaviour.',
  },
  {
    of: /^src\/declare\/(docs|field|file_fields|http_fields|mllp_fields|room|schema)/,
    tests: /^test\/declare\//,
    why: 'Declarations are judged by what is derived from them.',
  },
  {
    of: /^src\/wire\/mllp_/,
    tests: /^test\/wire\/mllp_server/,
    why: 'The parts of the listener are judged on a socket, together.',
  },
  {
    of: /^src\/path\/mapping\//,
    tests: /^test\/path\/mapping\//,
    why: 'The mapping process is judged by hostile modules, from outside.',
  },
  {
    of: /^src\/operate\/(open_\w+|desk|deploying|deployments|start)\.ts$/,
    tests: /^test\/operate\/deploy\.test\.ts$/,
    why: 'The parts of a deployment are judged by deploying on a running engine.',
  },
  {
    of: /^src\/operate\/dead_\w+\.ts$/,
    tests: /^test\/operate\/dead\.test\.ts$/,
    why: 'Acts on dead letters are judged as the control socket asks for them, on a whole engine.',
  },
  {
    of: /^src\/operate\/audit_\w+\.ts$/,
    tests: /^test\/operate\/audit\.test\.ts$/,
    why: 'The parts of an audit are judged by the sums of a whole engine and by falsified logs.',
  },
  {
    of: /^src\/(cli\/|main\.ts$)/,
    tests: /^test\/cli\//,
    why: 'Commands are judged as a person runs them, through the program.',
  },
  {
    of: /^src\/(mapping_)?sdk\.ts$/,
    tests: /^test\/transforms\//,
    why: 'It only passes on what mappings use.',
  },
]

/** Files of `sources` that nothing tests: neither their own test file nor one behind their door. */
export function untested(sources: readonly Source[]): readonly string[] {
  const tests = sources.map(one => one.path).filter(path => /^test\/.*\.test\.ts$/.test(path))
  return sources
    .map(one => one.path)
    .filter(path => /^(src|adapters|transforms)\/.*\.ts$/.test(path))
    .filter(path => !tests.includes(ownTest(path)) && !behindDoor(path, tests))
}

const ownTest = (path: string) => `test/${path.replace(/^src\//, '').replace(/\.ts$/, '.test.ts')}`

function behindDoor(path: string, tests: readonly string[]): boolean {
  return doors.some(door => {
    const match = door.of.exec(path)
    if (match === null) return false
    const pattern = new RegExp(door.tests.source.replace('$1', match[1] ?? ''))
    return tests.some(test => pattern.test(test))
  })
}

/** Codes of the catalogue that no shipped file outside of it names. */
export function unusedCodes(
  codes: readonly string[],
  sources: readonly Source[],
): readonly string[] {
  const users = sources.filter(
    one =>
      /^(src|adapters|transforms)\/.*\.ts$/.test(one.path) &&
      !/^src\/model\/(errors|catalogue_)/.test(one.path),
  )
  return codes.filter(code => !users.some(one => one.text.includes(`'${code}'`)))
}
