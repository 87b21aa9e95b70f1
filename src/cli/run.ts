// firth run: the engine in the foreground until it is told to stop.
import { systemClock } from '../kit/clock.ts'
import { makeOwnFolder } from '../kit/files.ts'
import { Failure } from '../model/errors.ts'
import type { SignalLevel } from '../model/signals.ts'
import { answerControl } from '../operate/control.ts'
import { type Engine, startEngine } from '../operate/engine.ts'
import { openRates } from '../operate/rates.ts'
import { openSignals } from '../operate/signals.ts'
import { serveControl } from '../wire/control.ts'
import { type Command, dataOption, exit, projectOption, setOption, UsageError } from './command.ts'
import { foldersOf, planOf } from './folders.ts'

export const run: Command = {
  name: 'run',
  arguments: '',
  summary: 'Runs the channels of a project until SIGTERM or Ctrl-C, then drains and stops.',
  options: {
    ...projectOption,
    ...dataOption,
    ...setOption,
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      doc: 'Least level of the signals on standard error: error, warn, info or debug (default: info).',
    },
    'log-format': {
      type: 'string',
      value: 'FORMAT',
      doc: 'Form of the signals: json, or text for people (default: text on a terminal, else json).',
    },
  },
  notes: [
    'Prints one line on standard output for each listener when it is ready. A message is acknowledged only',
    'after its bytes are durable in the log. One engine owns a data folder; a second one is refused.',
  ],
  examples: [
    'firth run --project . --data /var/lib/firth',
    'firth run --set log.segment_bytes_max=67108864',
  ],
  async run(args, world) {
    const loaded = await planOf(args, world)
    if (loaded === undefined) return exit.config
    const { data } = foldersOf(args, world)
    const error = await makeOwnFolder(data)
    if (error !== undefined) throw new Failure('data_unusable', { data, error })
    const signals = openSignals({
      level: levelOf(args.text('log-level')),
      format: formatOf(args.text('log-format'), world.terminal),
    })
    const bug = Promise.withResolvers<never>()
    // It is raced below; until then a bug must not end the process without our words.
    bug.promise.catch(() => {})
    const engine = await startEngine({
      ...loaded,
      data,
      signals,
      onBug: bug.reject,
    })
    const close = await openDoors(engine, data, bug.reject)
    for (const { plan: channel, source } of engine.channels) {
      world.out(`ready: ${channel.tenant}/${channel.channel} listens on ${source.address}\n`)
    }
    if (engine.channels.length === 0)
      world.err('There is no channel in this project; nothing listens.\n')
    await Promise.race([bug.promise, aborted(world.signal)])
    signals.say('info', 'draining')
    await close()
    signals.say('info', 'stopped')
    return exit.ok
  },
}

async function openDoors(
  engine: Engine,
  data: string,
  onBug: (cause: unknown) => void,
): Promise<() => Promise<void>> {
  const rates = openRates(() => engine.channels, systemClock)
  const control = await serveControl(data, answerControl(engine, rates, systemClock), onBug)
  return async () => {
    await rates.close()
    await engine.stop()
    await control.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const LEVELS: readonly SignalLevel[] = ['error', 'warn', 'info', 'debug']

function levelOf(text: string | undefined): SignalLevel {
  const level = LEVELS.find(name => name === (text ?? 'info'))
  if (level === undefined) throw new UsageError(`--log-level is one of ${LEVELS.join(', ')}.`)
  return level
}

function formatOf(text: string | undefined, terminal: boolean): 'json' | 'text' {
  if (text === undefined) return terminal ? 'text' : 'json'
  if (text === 'json' || text === 'text') return text
  throw new UsageError('--log-format is json or text.')
}
