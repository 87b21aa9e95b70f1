// firth generate: writes what is derived from the declarations (schemas, READMEs of the rooms), or
// says what is stale. For those who work on Firth itself.
import { join } from 'node:path'
import { generated } from '../declare/docs.ts'
import { readBytes, writeText } from '../kit/files.ts'
import { type Command, exit } from './command.ts'

export const generate: Command = {
  name: 'generate',
  arguments: '',
  summary: 'Writes the files that are derived from the declarations (for work on Firth itself).',
  options: { check: { type: 'boolean', doc: 'Writes nothing; exit code 1 when a file is stale.' } },
  notes: [],
  examples: ['firth generate --check'],
  async run(args, world) {
    const root = join(import.meta.dirname, '../..')
    let stale = 0
    for (const { path, text } of await generated(world.tables)) {
      const file = join(root, path)
      const present = (await readBytes(file))?.toString('utf8')
      if (present === text) continue
      stale += 1
      if (args.flag('check')) world.err(`${path} is stale. Run: npm run generate\n`)
      else {
        await writeText(file, text)
        world.out(`${path}\n`)
      }
    }
    return args.flag('check') && stale > 0 ? exit.failed : exit.ok
  },
}
