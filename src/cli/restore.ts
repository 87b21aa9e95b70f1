// firth restore: a backup becomes a data folder again.
import { withProjectAdapters } from '../channel/adapters.ts'
import { loadSettings } from '../channel/engine_settings.ts'
import { formatFinding, hasErrors } from '../channel/finding.ts'
import { systemClock } from '../kit/clock.ts'
import { userName } from '../kit/user.ts'
import { restore as restoreInto } from '../operate/restore.ts'
import { onlyOne } from './backup.ts'
import { type Command, dataOption, exit, jsonOption, projectOption } from './command.ts'
import { foldersOf } from './folders.ts'
import { byOptions, speakerOf } from './people.ts'
import { bytesInWords, plain } from './terminal.ts'

export const restore: Command = {
  name: 'restore',
  arguments: 'DIR',
  summary: 'Puts a backup into an empty data folder, for firth run to go on from.',
  options: { ...byOptions, ...projectOption, ...dataOption, ...jsonOption },
  notes: [
    'Every file is read and compared before anything is written. What was received after the backup is not',
    'in it: ask the senders for it. What the restored ledger does not know is not assumed to be unsent:',
    'every write that was not finished, and every one that still comes of a message of before the backup,',
    'is asked of its target first; where a target says on_unknown: hold, a person is (firth release).',
    'Let the engine that the backup was taken of run no more.',
  ],
  examples: ['firth restore /mnt/backup/monday --data /var/lib/firth --why "the disk died"'],
  async run(args, world) {
    const folder = onlyOne(args, world, 'restore')
    const { project, data } = foldersOf(args, world)
    const { tables, findings } = await withProjectAdapters(project, world.tables)
    const settings = await loadSettings(project, tables, { env: world.env, sets: [] })
    const all = [...findings, ...settings.findings]
    for (const one of all) world.err(formatFinding(one, world.colours))
    const { engine } = settings
    if (engine === undefined || hasErrors(all)) return exit.config
    const request = { folder, data, ...speakerOf(args, userName()) }
    const manifest = await restoreInto(request, {
      ...{ tables, engine, clock: systemClock },
      progress: (done, of) => world.progress(`${bytesInWords(done)} of ${bytesInWords(of)}`),
    })
    world.progress('')
    const { made_at, by, files, ends } = manifest
    if (args.flag('json')) world.out(`${JSON.stringify({ data, made_at, by, ends })}\n`)
    else world.out(plain(`${data}: restored, ${files.length} files of ${made_at} by ${by}\n`))
    return exit.ok
  },
}
