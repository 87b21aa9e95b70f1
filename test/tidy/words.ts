// The house's checks that read one file at a time: its size, its opening, its name, and words that
// have no place in it.
import { bare, type Check, occurrences } from './source.ts'

const LINES_MAX = 400
/** A suite of one contract or one station is read by its headings, not from top to bottom. */
const TEST_LINES_MAX = 600
const COLUMNS_MAX = 100
const OPENING_LINES_MAX = 5

export const shortEnough: Check = ({ path, text }) => {
  const lines = text.split('\n').length - 1
  const most = path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX
  return lines > most ? [`${path} has ${lines} lines, more than ${most}`] : []
}

/** What stands in quotes is not counted: a sentence for a person is not broken for a column. */
export const narrowEnough: Check = source => {
  const lines = source.text.split('\n')
  const text = lines.map(line => (isComment(line) ? line : line.replace(QUOTED, "''"))).join('\n')
  const long = new RegExp(`^.{${COLUMNS_MAX + 1},}$`)
  return occurrences(source, long, { text, complaint: `is wider than ${COLUMNS_MAX} columns` })
}

const isComment = (line: string) =>
  /^\s*(\/\/|\/\*|\*)/.test(line) && !line.includes('biome-ignore')
const QUOTED = /'(?:\\.|[^'\\\n])*'|`[^`\n]*`|\/\/ biome-ignore.*/g

/** The first paragraph says what the file is, why it exists, what it promises. */
export const opensWithComment: Check = ({ path, text }) => {
  const lines = text.replace(/^#!.*\n/, '').split('\n')
  const said = lines.findIndex(line => !line.startsWith('// '))
  const opening = lines.slice(0, said).filter(line => !line.startsWith('// biome-ignore'))
  const count = opening.length
  if (count >= 1 && count <= OPENING_LINES_MAX) return []
  return [`${path} opens with ${count} lines of comment, not 1 to ${OPENING_LINES_MAX}`]
}

const NAME = /^[0-9a-z_.]+$/
const KNOWN_NAMES =
  /^(README\.md|Dockerfile|[A-Z][A-Za-z]*\.java|package(-lock)?\.json|[a-z-]+\.(mjs|sh|xml))$/

export const snakeCase: Check = ({ path }) => {
  const wrong = path.split('/').filter(part => !NAME.test(part) && !KNOWN_NAMES.test(part))
  return path.includes('/') && wrong.length > 0 ? [`${path} is not named in snake_case`] : []
}

const WORLD =
  /(?<![.\w])(Date\.now|Math\.random|performance\.now|setTimeout|setInterval|fetch)\(|new Date\(\)/

/** Clock and chance are touched through kit/, so that the simulator can own them. */
export const worldBehindKit: Check = source =>
  source.path.startsWith('src/kit/')
    ? []
    : occurrences(source, WORLD, { text: bare(source.text), complaint: 'touches clock or chance' })

export const noConsole: Check = source =>
  occurrences(source, /\bconsole\./, {
    text: bare(source.text),
    complaint: 'prints past the signals and the command line',
  })

/** A rejection may be dropped only where the line above says why. */
export const noSilentCatch: Check = source => {
  const lines = source.text.split('\n')
  return lines.flatMap((line, i) => {
    const silent = /catch\s*(\(\w*\))?\s*\{\s*\}|\.catch\(\(\) => (\{\s*\}|undefined|null)\)/.test(
      line,
    )
    const explained = /^\s*(\/\/|\*|\/\*\*)/.test(lines[i - 1] ?? '')
    return silent && !explained ? [`${source.path}:${i + 1} catches to silence`] : []
  })
}

export const noLooseEnds: Check = source =>
  occurrences(source, /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/, {
    text: source.text,
    complaint: 'leaves a loose end without the number of its issue',
  })

export const fewParameters: Check = source => {
  const text = bare(source.text)
  const declared = text.matchAll(/\bfunction\*?\s+(\w+)(?:<[^(]*>)?\(([^()]*)\)/g)
  return [...declared].flatMap(([, name, list = '']) => {
    const count = list
      .replace(/[{<[][^{}<>[\]]*[}\]>]/g, '')
      .split(',')
      .filter(one => one.trim()).length
    return count > 3 ? [`${source.path} ${name} takes ${count} parameters, more than 3`] : []
  })
}

/** Places of the machine that something was written on, and of where it takes its packages from. */
const FORBIDDEN = new RegExp(
  [
    ['/wo', 'rk/(main|shared)'].join(''),
    ['/tmp/', 'brief'].join(''),
    ['"res', 'olved":'].join(''),
    ['https?://[^/\\s]*(artifactory|nexus', '|registry\\.npm|npm\\.pkg)'].join(''),
  ].join('|'),
)

export const noForbiddenWords: Check = source =>
  occurrences(source, FORBIDDEN, { text: source.text, complaint: 'names a place of one machine' })
