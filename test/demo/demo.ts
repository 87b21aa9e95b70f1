// npm run demo: a clinic's day with Firth, before your eyes, in about a minute. Messages arrive as
// resources at a FHIR server that is not ours (Medplum's router, in memory); the server goes away
// and comes back; a message that cannot go on is mended; what was mapped poorly is sent again. It
// ends with proofs, and with exit code 1 where something was not as told.
import { createWriteStream } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { firth, freePorts, type Running, startFirth } from '../harness/engine.ts'
import type { Expected } from '../harness/world.ts'
import { type Chart, startChart } from './chart.ts'
import * as clinic from './clinic.ts'
import { ink, NotAsTold, progress, proved, type Stage, say, title, type, until } from './stage.ts'

const MORNING = 12
const OUTAGE = 18
const ALL = 24
const PACE_MS = 120

interface Play {
  readonly stage: Stage
  readonly ports: clinic.Ports
  readonly chart: Chart
  readonly messages: readonly Buffer[]
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../data/demo'))
process.exitCode = await demo().catch(cause => {
  progress('')
  if (stop.signal.aborted) return 130
  if (!(cause instanceof NotAsTold)) throw cause
  say(`\n${ink.red('The demo is not as told:')} ${cause.message}\nSignals: ${folder}/signals.log`)
  return 1
})

async function demo(): Promise<number> {
  say(ink.bold('A day of Harbor Clinic with Firth'))
  say('Starting a FHIR server (Medplum, in memory) and Firth with the sample tenant …')
  const [adt = 0, oru = 0] = await freePorts(2)
  const ports = { adt, oru }
  await clinic.makeClinic(folder, ports)
  const chart = await startChart()
  const env = { HARBOR_FHIR_URL: chart.base }
  let engine: Running | undefined
  try {
    engine = await startFirth({
      ...{ project: folder, data: join(folder, 'data'), listeners: 2, env },
      args: ['--log-level', 'info'],
    })
    engine.child.stderr?.pipe(createWriteStream(join(folder, 'signals.log')))
    for (const line of engine.stdout().trim().split('\n')) say(`  ${line}`)
    say(`  chart: ${chart.base}`)
    const stage = { folder, env, signal: stop.signal }
    await play({ stage, ports, chart, messages: clinic.day(ALL).messages })
    return 0
  } finally {
    await engine?.stop()
    await chart.close()
  }
}

async function play(all: Play): Promise<void> {
  await morning(all)
  await chartIsDown(all)
  const mended = await mend(all)
  await sendAgain(all)
  await proofs(all, mended)
  const here = relative(process.cwd(), folder)
  say(`\nAll of it is still there: cd ${here.startsWith('..') ? folder : here} and ask, for example
  npx firth search --type ORU
  npx firth trace ${clinic.controlIdOf(all.messages[2] ?? Buffer.alloc(0))} --payload
  npx firth log topics`)
}

async function send({ messages, ports, stage }: Play, from: number, to: number): Promise<void> {
  for (const message of messages.slice(from, to)) {
    stage.signal.throwIfAborted()
    const started = performance.now()
    const code = await clinic.sendOne(message, ports)
    const wait_ms = (performance.now() - started).toFixed(0)
    const name = `${clinic.typeOf(message)} ${clinic.controlIdOf(message)}`
    say(`  ${name.padEnd(14)} ${ink.green(code)} after ${wait_ms} ms`)
    await delay(PACE_MS, undefined, { signal: stage.signal })
  }
}

/** Until the chart holds exactly this. */
async function arrived({ chart, stage }: Play, expected: Expected): Promise<void> {
  await until(
    'the chart is being written',
    async () => (await clinic.lacking(chart.base, expected)).length === 0,
    stage,
  )
}

async function morning(all: Play): Promise<void> {
  const { chart } = all
  title('1. Messages arrive')
  say('Admissions, updates, results and discharges. Each is on disk before it is acknowledged.')
  await send(all, 0, MORNING)
  await arrived(all, clinic.day(MORNING).expected)
  say(`The chart holds ${await clinic.counts(chart.base)}: each once, in its latest state.`)
}

async function chartIsDown(all: Play): Promise<void> {
  const { chart, stage } = all
  title('2. The chart goes down')
  chart.mode = 'down'
  say('The FHIR server resets every connection. The clinic goes on sending, and is acknowledged:')
  await send(all, MORNING, OUTAGE)
  await delay(1500, undefined, { signal: stage.signal })
  say('\nThe writes wait, in the order of each patient, and say for what:')
  await type(['queue', '--target', 'chart'], stage, { lines_max: 6 })
  chart.mode = 'up'
  say('\nThe FHIR server is back. Firth finds out by itself.')
  await arrived(all, clinic.day(OUTAGE).expected)
  say(`\nThe chart holds ${await clinic.counts(chart.base)}: nothing lacks, nothing is doubled.`)
}

/** Resolves with the control id of the message that was mended. */
async function mend(all: Play): Promise<string> {
  const { stage, ports } = all
  title('3. A message is rejected')
  const { message, control_id } = clinic.newcomer()
  const code = await clinic.sendOne(message, ports)
  say(`  ${clinic.typeOf(message)} ${control_id}   ${ink.green(code)}, without a date of birth`)
  await send(all, OUTAGE, ALL)
  say('The FHIR server takes no patient without a date of birth. The others go on meanwhile;')
  say(
    'what it rejected is a dead letter, kept with its reason; so is the visit, whose patient is not there:',
  )
  const refused = async () => {
    const words = ['dead', 'list', '--json', '--code', 'target_refused']
    return (await firth([...words, '--data', join(stage.folder, 'data')])).stdout
  }
  await until('it is rejected', async () => (await refused()) !== '', stage)
  await type(['dead', 'list'], stage)
  say('\nSomebody asks the patient, mends the message, and sends it on:')
  const letter = (JSON.parse(await refused()) as { id: string }).id.slice(0, 12)
  const set = ['dead', 'edit', letter, '--set', `PID-7=${clinic.BIRTH_DATE}`]
  await type([...set, '--by', 'demo', '--why', 'asked the patient'], stage)
  await arrived(all, clinic.day(ALL, { newcomer: true }).expected)
  await type(['dead', 'list', '--state', 'all'], stage)
  say('\nThe admission is in the chart. The original stays, too, with what became of it.')
  return control_id
}

async function sendAgain(all: Play): Promise<void> {
  const { stage, chart } = all
  title('4. A mapping was incomplete: sending again what was stored')
  const before = await clinic.counts(chart.base)
  const { with_loinc, count } = await clinic.magnesium(chart.base)
  say('The laboratory calls magnesium MG. The table of codes has no such row, so the chart does')
  say(`not know its LOINC code: ${with_loinc} of ${count} results have one.`)
  say('The row is added, and goes live:')
  await appendFile(join(stage.folder, clinic.ANALYTES), `${clinic.MAGNESIUM}\n`)
  await type(['deploy'], stage)
  const span = ['replay', '--topic', 'raw.harbor_clinic.oru_in', '--from', '0']
  say('\nWhat would change, if all results were sent again? A dry run writes nothing:')
  await type([...span, '--to-target', 'chart', '--dry-run'], stage)
  say('\nThat is what was wanted:')
  const named = ['--name', 'magnesium', '--by', 'demo', '--why', 'LOINC for MG']
  await type([...span, '--to-target', 'chart', ...named], stage)
  const isDone = async () => {
    const now = await clinic.magnesium(chart.base)
    return now.count > 0 && now.with_loinc === now.count
  }
  await until('the replay runs', isDone, stage)
  proved((await clinic.counts(chart.base)) === before, `updated in place: still ${before}`)
  proved(await isDone(), `all ${count} magnesium results have their LOINC code`)
}

async function proofs(all: Play, mended: string): Promise<void> {
  const { stage, chart } = all
  title('5. The proof')
  say("The mended message's whole life:")
  await type(['trace', mended], stage)
  say('\nThe sums, from the log itself:')
  const sums = await type(['audit'], stage)
  say('')
  proved(/It balances/.test(sums), 'every message that came in is accounted for')
  const results = all.messages.filter(one => clinic.typeOf(one).startsWith('ORU')).length
  // One more was rejected, and once more it came, mended.
  const admissions = ALL - results + 2
  const isReceived = (channel: string, count: number) =>
    new RegExp(`harbor_clinic/${channel} +${count} `).test(sums)
  proved(
    isReceived('adt_in', admissions) && isReceived('oru_in', results),
    `${ALL + 1} messages were acknowledged and 1 was mended: ${ALL + 2} are there`,
  )
  const { stdout } = await firth(['queue', '--json', '--data', join(stage.folder, 'data')])
  proved(stdout.trim() === '', 'no write waits, and none needs a person')
  const lacking = await clinic.lacking(chart.base, clinic.day(ALL, { newcomer: true }).expected)
  proved(
    lacking.length === 0,
    'the chart holds every patient, visit and report once, in the latest state',
  )
  const made = await chart.made()
  const held = await clinic.size(chart.base)
  proved(made === held, `the server's own log: ${made} resources were made, and ${held} are there`)
}
