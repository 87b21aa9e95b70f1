// firth map --coverage and --explain: what is not carried, and what came from where.

import { splitBatch } from '../codecs/hl7v2/batch.ts'
import { readMessage } from '../codecs/hl7v2/read.ts'
import { type Coverage, CoverageTally } from '../operate/coverage.ts'
import type { DryRun } from '../operate/dry_run.ts'
import { type Explained, explainMessage } from '../operate/explain_mapping.ts'
import type { NamedFile } from '../operate/map.ts'
import { messagesIn } from '../operate/map_input.ts'
import { exit, type World } from './command.ts'
import { cut } from './fit.ts'
import { inkOf, plain, table } from './terminal.ts'

export interface Analysis {
  readonly of: { readonly tenant: string; readonly channel: string }
  readonly dry: DryRun
  /** The same, but it tells what it reads. */
  readonly explaining: DryRun
  readonly json: boolean
  /** Shows values of the messages too. */
  readonly values: boolean
}

/** Files come one after the other: each costs as many mappings as it has values. */
export async function printCoverage(
  files: AsyncIterable<NamedFile>,
  { of, dry, json, values }: Analysis,
  world: World,
): Promise<number> {
  const tally = new CoverageTally()
  let count = 0
  for await (const file of files) {
    if (world.signal.aborted) break
    count += 1
    world.progress(`${count} ${file.name}`)
    await tally.add(file, of, dry)
  }
  world.progress('')
  const coverage = tally.summary(values)
  world.out(json ? `${JSON.stringify(coverage)}\n` : coverageInWords(coverage, world))
  return coverage.not_mapped > 0 || world.signal.aborted ? exit.failed : exit.ok
}

function coverageInWords(coverage: Coverage, world: World): string {
  const ink = inkOf(world.colours)
  const { messages, not_mapped, values, carried, not_examined, not_carried } = coverage
  const looked = values - not_examined
  const share = looked === 0 ? 100 : (carried / looked) * 100
  const rows = not_carried.map(row => [
    row.path,
    row.name,
    `in ${row.messages} of ${messages} messages`,
    row.values === undefined ? (row.examples[0] ?? '') : row.values.join(' · '),
  ])
  const head = [
    'field',
    'name',
    'not carried',
    coverage.not_carried[0]?.values ? 'values' : 'for example',
  ]
  return [
    ink.bold(
      `${carried} of ${looked} values in ${messages} messages are carried (${share.toFixed(1)} %).`,
    ),
    ...(not_mapped === 0 ? [] : [`${not_mapped} messages are not mapped, see: firth map`]),
    ...(not_examined === 0 ? [] : [`${not_examined} values were not looked at: too many.`]),
    ...(rows.length === 0 ? [] : ['', table(head, rows)]),
    '',
  ].join('\n')
}

/** Code 1 where a message has no rows because it is not mapped. */
export async function printExplanation(
  files: AsyncIterable<NamedFile>,
  { explaining, of, dry, json, values }: Analysis,
  world: World,
): Promise<number> {
  let code: number = exit.ok
  for await (const { name, bytes } of files) {
    const messages = messagesIn(bytes).flatMap(one => splitBatch(one).messages)
    for (const [i, message] of messages.entries()) {
      const explained = await explainMessage(message, { of, dry, explaining })
      const title = messages.length > 1 ? `${name} #${i + 1}` : name
      if (explained.result.fate === 'dead') code = exit.failed
      world.out(
        json
          ? `${JSON.stringify({ file: title, fate: explained.result.fate, dead: explained.result.dead, rows: explained.rows, not_examined: explained.not_examined })}\n`
          : explanationInWords(title, explained, { world, message: values ? message : undefined }),
      )
    }
  }
  return code
}

function explanationInWords(
  title: string,
  { result, rows, not_examined }: Explained,
  { world, message }: { readonly world: World; readonly message: Buffer | undefined },
): string {
  const ink = inkOf(world.colours)
  if (result.fate !== 'mapped') {
    return `${plain(title)}: ${result.fate} ${result.dead?.code ?? ''}\n`
  }
  const read = message && readMessage(message)
  const lines = rows.flatMap(({ place, name, elements, rules }) => {
    const what = read === undefined ? name : cut(plain(read.text(place) ?? ''), VALUE_MAX)
    if (elements.length === 0) return [`${ink.bold(place)}  ${what}: ${ink.yellow('not carried')}`]
    return [
      `${ink.bold(place)}  ${what}`,
      ...shortened(elements, ELEMENTS_MAX).map(one => `    → ${plain(one)}`),
      ...shortened(rules, RULES_MAX)
        .flatMap(one => byLines(plain(one)))
        .map(ink.dim),
    ]
  })
  return [
    ink.bold(plain(title)),
    ...lines,
    ...(not_examined === 0 ? [] : [`${not_examined} values were not looked at: too many.`]),
    '',
  ].join('\n')
}

/** A rule on one line where it fits on a narrow terminal; else who called on the next. */
function byLines(rule: string): readonly string[] {
  const line = `    by ${rule}`
  return line.length <= WIDTH ? [line] : line.replace(' ← ', '\n       ← ').split('\n')
}

const WIDTH = 80
/** Characters of a value. */
const VALUE_MAX = 60

/** For a person; --json has all. */
const ELEMENTS_MAX = 4
const RULES_MAX = 3

function shortened(texts: readonly string[], most: number): readonly string[] {
  if (texts.length <= most) return texts
  return [...texts.slice(0, most), `… and ${texts.length - most} more`]
}
