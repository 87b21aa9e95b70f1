// firth backup: the log, the state and the deployments of one moment in a folder, while the engine
// runs or while it does not; and whether such a folder is still what was written.
import { resolve } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import type { BackupProgress, Manifest } from '../model/backup.ts'
import { type Code, Failure } from '../model/errors.ts'
import { backUp } from '../operate/backup.ts'
import { proveFiles, readManifest } from '../operate/backup_folder.ts'
import type { BackupLook } from '../operate/backups.ts'
import { askControl } from '../wire/control.ts'
import {
  type Args,
  type Command,
  dataOption,
  exit,
  jsonOption,
  projectOption,
  UsageError,
  type World,
} from './command.ts'
import { foldersOf } from './folders.ts'
import { withOwnFiles } from './own_files.ts'
import { byOptions, speakerOf } from './people.ts'
import { ago, bytesInWords, plain } from './terminal.ts'

const where = { ...projectOption, ...dataOption }
const LOOK_MS = 300

export const backup: Command = {
  name: 'backup',
  arguments: 'DIR',
  summary: 'Writes the log, the state and the deployments of this moment to a folder.',
  options: {
    since: {
      type: 'string',
      value: 'DIR',
      doc: 'An earlier backup on the same disk: what has not changed since takes no room again.',
    },
    ...byOptions,
    ...where,
    ...jsonOption,
  },
  notes: [
    'Works beside a running engine, which goes on meanwhile, and without one. DIR must not exist or be',
    'empty. It is read again and compared before it counts: one without manifest.json was not finished.',
    'A backup holds the messages of patients in clear, for its owner alone to read (0700, 0600): keep it on',
    'an encrypted disk. firth.yaml, the project and the variables of the environment are not in it.',
  ],
  examples: ['firth backup /mnt/backup/monday', 'firth backup tuesday --since monday'],
  async run(args, world) {
    const folder = onlyOne(args, world, 'backup')
    const since = args.text('since')
    const asked = {
      folder,
      since: since === undefined ? '' : resolve(world.cwd, since),
      ...speakerOf(args, userName()),
    }
    const made = await make(asked, args, world)
    world.progress('')
    if (made === undefined) {
      world.err('There is nothing to back up: no log yet.\n')
      return exit.failed
    }
    world.out(args.flag('json') ? `${JSON.stringify(made)}\n` : `${inWords(made, folder)}\n`)
    return exit.ok
  },
}

type Made = Pick<BackupProgress, 'files_done' | 'bytes_done'>

async function make(
  asked: { folder: string; since: string; by: string; why: string },
  args: Args,
  world: World,
): Promise<Made | undefined> {
  const { data } = foldersOf(args, world)
  try {
    await askControl(data, { command: 'backup', args: { do: 'begin', ...asked } })
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== 'engine_not_running') throw cause
    // It was reached and went away: it has the word, and nothing is begun a second time.
    if (cause.facts.data === undefined) throw cause
    return fromFiles(asked, args, world)
  }
  for (;;) {
    const { progress, failure } = await lookAt(data)
    if (failure !== undefined) throw new Failure(failure.code as Code, failure.facts)
    if (progress?.step === 'done') return progress
    if (progress !== undefined) world.progress(stepInWords(progress))
    await systemClock.sleep(LOOK_MS)
  }
}

const lookAt = async (data: string) =>
  (await askControl(data, { command: 'backup', args: { do: 'look' } })) as BackupLook

function fromFiles(
  asked: { folder: string; since: string; by: string; why: string },
  args: Args,
  world: World,
): Promise<Made | undefined> {
  const { data } = foldersOf(args, world)
  const { version } = world
  return withOwnFiles(args, world, async rooms => {
    let last: Made = { files_done: 0, bytes_done: 0 }
    await backUp(asked, { ...rooms, clock: systemClock, data, version }, change => {
      last = { ...last, ...change }
    })
    return last
  })
}

const stepInWords = ({ step, files, files_done, bytes_done }: BackupProgress) =>
  `${step}: ${files_done} of ${files} files, ${bytesInWords(bytes_done)}`

const inWords = ({ files_done, bytes_done }: Made, folder: string) =>
  plain(`${folder}: ${files_done} files, ${bytesInWords(bytes_done)}, written and read again`)

export const backupStatus: Command = {
  name: 'backup status',
  arguments: '',
  summary: 'Shows the backup that is under way, and the last one that came to its end.',
  options: { ...where, ...jsonOption },
  notes: ['Exit code 1 where the last one failed or there is none.'],
  examples: ['firth backup status'],
  async run(args, world) {
    const look = await lookAt(foldersOf(args, world).data)
    if (args.flag('json')) world.out(`${JSON.stringify(look)}\n`)
    else world.out(`${lookInWords(look)}\n`)
    return look.last === undefined || look.failure !== undefined ? exit.failed : exit.ok
  },
}

function lookInWords({ progress, failure, last }: BackupLook): string {
  const lines: string[] = []
  if (failure !== undefined) lines.push(`the last one failed: ${failure.code}`)
  else if (progress !== undefined && progress.step !== 'done') lines.push(stepInWords(progress))
  if (last === undefined) return [...lines, 'no backup was made yet'].join('\n')
  const { folder, by, cut_at_ms } = JSON.parse(last) as Manifest & { folder: string }
  return plain([...lines, `${ago(cut_at_ms, systemClock.now())} by ${by}: ${folder}`].join('\n'))
}

export const backupVerify: Command = {
  name: 'backup verify',
  arguments: 'DIR',
  summary: 'Reads a backup and says whether every file of it is what was written.',
  options: jsonOption,
  notes: ['Exit code 1 where something differs.'],
  examples: ['firth backup verify /mnt/backup/monday'],
  async run(args, world) {
    const folder = onlyOne(args, world, 'backup verify')
    const manifest = await readManifest(folder)
    let bytes_done = 0
    await proveFiles(folder, manifest.files, bytes => {
      bytes_done += bytes
      world.progress(bytesInWords(bytes_done))
    })
    world.progress('')
    const { version, made_at, by, ends } = manifest
    const said = { files_done: manifest.files.length, bytes_done, version, made_at, by, ends }
    if (args.flag('json')) world.out(`${JSON.stringify(said)}\n`)
    else {
      const size = `${said.files_done} files, ${bytesInWords(bytes_done)}`
      world.out(plain(`${folder}: whole, ${size}, of ${made_at} by ${by}, Firth ${version}\n`))
    }
    return exit.ok
  },
}

/** The one folder that the command line names. */
export function onlyOne(args: Args, world: World, command: string): string {
  const [folder, ...more] = args.positionals
  if (folder === undefined || more.length > 0)
    throw new UsageError(`firth ${command} wants one DIR.`)
  return resolve(world.cwd, folder)
}
