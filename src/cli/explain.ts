// firth explain: what a name means, from the same declarations that the engine runs by.
import { allTopics, explain as explainName, type Topic } from '../operate/explain.ts'
import { type Command, exit, jsonOption, type World } from './command.ts'
import { inkOf } from './terminal.ts'

export const explain: Command = {
  name: 'explain',
  arguments: '[NAME]',
  summary:
    'Says what a name means: a key, a finding, an error code, a room, a state, a step, a field.',
  options: { ...jsonOption },
  notes: [
    'Without a name it lists the names that there are. A name may be the end of a longer one, as in',
    '`backoff` for `on_failure.retry.backoff`. Exit codes: 0 explained, 1 no such name.',
  ],
  examples: [
    'firth explain source.mllp.port',
    'firth explain when',
    'firth explain route_unreachable',
    'firth explain PID-8',
  ],
  async run(args, world) {
    const name = args.positionals.join(' ')
    const { topics, near } =
      name === ''
        ? { topics: await allTopics(world.tables), near: [] }
        : await explainName(name, world.tables)
    if (args.flag('json')) world.out(`${JSON.stringify(topics, undefined, 2)}\n`)
    else if (name === '') list(topics, world)
    else for (const topic of topics) show(topic, world)
    if (topics.length > 0) return exit.ok
    const hint = near.length === 0 ? 'firth explain lists all names.' : `Near: ${near.join(', ')}`
    world.err(`There is nothing named ${name}. ${hint}\n`)
    return exit.failed
  },
}

function show({ name, sort, lines }: Topic, world: World): void {
  const { bold, dim } = inkOf(world.colours)
  world.out(`${bold(name)} ${dim(`(${sort})`)}\n${lines.map(line => `  ${line}\n`).join('')}\n`)
}

function list(topics: readonly Topic[], world: World): void {
  const { bold } = inkOf(world.colours)
  for (const [sort, all] of Map.groupBy(topics, one => one.sort)) {
    const names = all.map(({ name }) => `  ${name}\n`).join('')
    world.out(`${bold(sort)}\n${names}\n`)
  }
}
