// firth status: what flows, what waits and since when, of the engine that owns the data folder.
import type { Status } from '../operate/status.ts'
import { askControl } from '../wire/control.ts'
import { type Command, dataOption, exit, jsonOption, projectOption, UsageError } from './command.ts'
import { foldersOf } from './folders.ts'
import { statusInWords } from './status_text.ts'
import { watch } from './status_watch.ts'

export const status: Command = {
  name: 'status',
  arguments: '',
  summary: 'Shows feeds, rates, what waits and since when, beside a running engine.',
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    watch: { type: 'boolean', doc: 'Refreshes in place on a terminal: q ends it, s sorts.' },
  },
  notes: [
    'Exit code 1 when something is in trouble, 4 when no engine runs on the data folder. Where the output',
    'is no terminal, --watch shows the picture once.',
  ],
  examples: ['firth status --data /var/lib/firth', 'firth status --watch', 'firth status --json'],
  async run(args, world) {
    if (args.flag('watch') && args.flag('json')) {
      throw new UsageError('--watch is for people; ask for --json as often as you like.')
    }
    const { data } = foldersOf(args, world)
    const ask = async () => (await askControl(data, { command: 'status', args: {} })) as Status
    if (args.flag('watch') && world.terminal) {
      const last = await watch(ask, world)
      return last === undefined ? exit.unavailable : codeOf(last)
    }
    const picture = await ask()
    const columns = world.terminal ? world.size?.().columns : undefined
    const words = () => statusInWords(picture, { colours: world.colours, columns, sort: 'name' })
    world.out(args.flag('json') ? `${JSON.stringify(picture)}\n` : `${words()}\n`)
    return codeOf(picture)
  },
}

function codeOf({ log, store, search, groups, writes }: Status): number {
  const stuck = groups.some(row => row.trouble) || writes.some(row => row.paused_for)
  return stuck || log.trouble || store.trouble || search.trouble ? exit.failed : exit.ok
}
