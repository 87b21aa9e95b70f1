// firth check: everything that can be said of a project before it runs. Nothing is opened, sent or
// stored; mappings are loaded in their fence.
import { join, relative, resolve } from 'node:path'
import { finding, formatFinding, hasErrors, topOf } from '../channel/finding.ts'
import { cacheFolder } from '../kit/kept.ts'
import { nearest } from '../kit/nearest.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { type CheckedProject, checkProject } from '../operate/check_project.ts'
import { type Command, exit, jsonOption, projectOption, setOption, type World } from './command.ts'
import { foldersOf } from './folders.ts'
import { plain } from './terminal.ts'

export const check: Command = {
  name: 'check',
  arguments: '[FILE…]',
  summary: 'Says what is wrong with a project, each finding with its place and a remedy.',
  options: {
    ...projectOption,
    strict: { type: 'boolean', doc: 'Warnings fail too; for continuous integration.' },
    'no-cache': { type: 'boolean', doc: 'Judges every mapping anew, whatever was found before.' },
    ...setOption,
    ...jsonOption,
  },
  notes: [
    'With FILEs only what concerns them is told; the whole project is still looked at. Exit codes: 0 no',
    'errors, 3 errors (with --strict also warnings). --json prints one array of findings. Each rule is',
    'explained by: firth explain RULE',
  ],
  examples: ['firth check', 'firth check channels/riverside/adt_in.yaml', 'firth check --json'],
  async run(args, world) {
    const { project } = foldersOf(args, world)
    const checked = await checkProject(project, world.tables, {
      env: world.env,
      sets: args.texts('set'),
      cache: args.flag('no-cache') ? undefined : cacheOf(world),
      progress: (done, all) => world.progress(`Mappings of tenants: ${done} of ${all}`),
    })
    world.progress('')
    const files = args.positionals.map(file => relative(project, resolve(world.cwd, file)))
    const findings = files.length === 0 ? checked.findings : only(checked, files)
    if (args.flag('json')) world.out(`${JSON.stringify(findings, undefined, 2)}\n`)
    else report(findings, checked, world)
    const fails = hasErrors(findings) || (args.flag('strict') && findings.length > 0)
    return fails ? exit.config : exit.ok
  },
}

function cacheOf(world: World): string | undefined {
  const folder = cacheFolder(world.env)
  return folder === undefined ? undefined : join(folder, 'check')
}

/** Of these files, or of files below these folders. */
function only(checked: CheckedProject, files: readonly string[]): readonly ConfigFinding[] {
  const strange = files.filter(file => !checked.files.some(known => isOf(known, file)))
  return [
    ...strange.map(file => unknownFile(file, checked.files)),
    ...checked.findings.filter(one => files.some(file => isOf(one.file, file))),
  ]
}

const isOf = (file: string, wanted: string) =>
  wanted === '' || file === wanted || file.startsWith(`${wanted}/`)

function unknownFile(file: string, files: readonly string[]): ConfigFinding {
  const meant = nearest(file, files)
  return finding(topOf(file), {
    rule: 'file_not_checked',
    what: 'This is no file of the project that Firth reads.',
    remedy:
      meant === undefined
        ? 'Name a file below channels/ or transforms/; --project says where they lie.'
        : `Did you mean ${meant}?`,
  })
}

function report(findings: readonly ConfigFinding[], checked: CheckedProject, world: World): void {
  for (const one of findings) world.out(formatFinding(shownPlain(one), world.colours))
  if (!checked.types_checked) world.out(`${NO_TYPES}\n`)
  const errors = findings.filter(one => one.severity === 'error').length
  const said = [count(errors, 'error'), count(findings.length - errors, 'warning')].join(', ')
  const { channels, tenants, modules } = checked
  const over = [count(channels, 'channel'), count(tenants, 'tenant'), count(modules, 'mapping')]
  world.out(`${said} in ${over.join(', ')}.\n`)
}

/** What a file holds may be quoted; its control characters are shown, not obeyed. */
function shownPlain(one: ConfigFinding): ConfigFinding {
  return { ...one, file: plain(one.file), what: plain(one.what), remedy: plain(one.remedy) }
}

const NO_TYPES =
  'The types of mappings were not checked: no TypeScript is installed beside Firth (npm install typescript).'

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
