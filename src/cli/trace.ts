// firth trace: a message's whole life on one page, by any id that belongs to it.
import { systemClock } from '../kit/clock.ts'
import { TRACES_MAX, type Trace, type TraceQuestion, trace as traceOf } from '../operate/trace.ts'
import { standsOfFiles } from '../operate/waits.ts'
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
import { askSearched } from './searched.ts'
import { traceInWords } from './trace_text.ts'

export const trace: Command = {
  name: 'trace',
  arguments: 'ID',
  summary:
    "Shows a message's whole life: stations, writes, waits, people's acts, with the times between.",
  options: {
    ...projectOption,
    ...dataOption,
    ...jsonOption,
    patient: {
      type: 'string',
      value: 'ID',
      doc: `Instead of ID: the ${TRACES_MAX} newest messages of this patient, by value or SYSTEM|VALUE.`,
    },
    payload: { type: 'boolean', doc: 'Shows the contents, too: patient data.' },
  },
  notes: [
    'ID is a control id (MSH-10, also inside a batch), a raw_id, an event_id, an intent_id, or the id of a',
    'dead letter or its first characters. Without --payload it shows positions, ids and decisions, never',
    'content. Exit code 1 when there is no such message.',
  ],
  examples: ['firth trace MSG00001', 'firth trace 01jd3v5s0e8w9q4x7k2m6n8p1r --json'],
  async run(args, world) {
    const question = questionOf(args)
    const traces = await find(question, args, world)
    if (args.flag('json')) world.out(traces.map(found => `${JSON.stringify(found)}\n`).join(''))
    else for (const found of traces) world.out(`${traceInWords(found, world.colours)}\n`)
    if (traces.length > 0) return exit.ok
    world.err(
      question.id === undefined
        ? 'No message of this patient stands in the log.\n'
        : `No message, event, write or dead letter is called ${question.id}.\n`,
    )
    return exit.failed
  },
}

function questionOf(args: Args): TraceQuestion {
  const [id, ...more] = args.positionals
  const patient = args.text('patient')
  const payload = args.flag('payload')
  if (more.length > 0 || (id === undefined) === (patient === undefined)) {
    throw new UsageError('firth trace wants one ID, or --patient ID.')
  }
  return id === undefined ? { patient: patient ?? '', payload } : { id, payload }
}

/** Asks the engine that runs, else opens the files itself. */
async function find(question: TraceQuestion, args: Args, world: World): Promise<readonly Trace[]> {
  const { id, patient, payload } = question
  const asked = {
    ...(id === undefined ? {} : { id }),
    ...(patient === undefined ? {} : { patient }),
    payload: payload === true ? 'yes' : 'no',
  }
  const found = await askSearched<readonly Trace[]>(
    {
      command: 'trace',
      asked,
      async fromFiles(rooms) {
        const stands = await standsOfFiles(rooms.store)
        return traceOf({ ...rooms, stands, now_ms: systemClock.now() }, question)
      },
    },
    args,
    world,
  )
  return found ?? []
}
