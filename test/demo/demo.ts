// npm run demo: Firth with a sample tenant, a sandbox FHIR server that is not ours (Medplum's
// router, in memory), and a stream of synthetic admissions and results, so that a newcomer sees
// messages arrive as resources. At a terminal it goes on until Ctrl-C; elsewhere it ends after the
// first stream.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Running, startFirth } from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { allOf, emptyExpected, story } from '../harness/world.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const root = join(import.meta.dirname, '../..')
const data = join(root, 'data/demo')
const ADT_PORT = 2575
const ORU_PORT = 2576
const FHIR_PORT = 8103
const TYPES = ['Patient', 'Encounter', 'DiagnosticReport', 'Observation'] as const
const PACE_MS = 250

const say = (text: string) => process.stdout.write(`${text}\n`)
const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
process.on('SIGTERM', () => stop.abort())

say('Starting a sandbox FHIR server (Medplum, in memory) …')
await rm(data, { recursive: true, force: true })
const peer = await startMedplumProcess({ port: FHIR_PORT })
say(`  ${peer.base}`)
say('Starting Firth with the sample tenants; the stream is for harbor_clinic …')
let firth: Running | undefined
try {
  firth = await startFirth({
    project: root,
    data,
    listeners: 4,
    args: ['--log-level', 'warn'],
    env: { HARBOR_FHIR_URL: peer.base },
  })
  firth.child.stderr?.pipe(process.stderr)
  for (const line of firth.stdout().trim().split('\n')) say(`  ${line}`)
  await stream(peer.base)
} finally {
  await firth?.stop()
  await peer.stop()
}
process.exit(0)

async function stream(base: string): Promise<void> {
  const messages = story(7, 48, emptyExpected())
  let sent = 0
  say('\nSending synthetic admissions, updates, results and discharges, as a hospital does:\n')
  for (const message of messages) {
    if (stop.signal.aborted) return
    const type = message.toString('latin1').split('|')[8] ?? ''
    const started = performance.now()
    const [ack] = await sendAll([message], { port: type.startsWith('ORU') ? ORU_PORT : ADT_PORT })
    const wait = (performance.now() - started).toFixed(1)
    sent += 1
    const held = sent % 4 === 0 ? `   at the FHIR server: ${await counts(base)}` : ''
    say(`  ${type.split('^').slice(0, 2).join('^')}  ${ack?.code} after ${wait} ms${held}`)
    await delay(PACE_MS, undefined, { signal: stop.signal }).catch(() => {})
  }
  await settled(base)
  await showOne(base)
  if (process.stdout.isTTY) await untilInterrupted()
}

async function counts(base: string): Promise<string> {
  const all = await Promise.all(
    TYPES.map(async type => `${(await allOf(base, type)).length} ${type}`),
  )
  return all.join(', ')
}

/** Until two looks in a row see the same. */
async function settled(base: string): Promise<void> {
  let before = ''
  for (let look = 0; look < 60; look++) {
    const now = await counts(base)
    if (now === before) break
    before = now
    await delay(700)
  }
  say(`\nAll is there: ${before}.`)
}

async function showOne(base: string): Promise<void> {
  const [report] = await allOf(base, 'DiagnosticReport')
  const { id, status, code, subject, result } = (report ?? {}) as Record<string, unknown>
  say(
    `One of the reports, as the server holds it:\n${JSON.stringify({ id, status, code, subject, result }, null, 2)}`,
  )
  say(`\nLook around in a second terminal:
  npx firth status --data data/demo
  npx firth log topics --data data/demo
  npx firth trace S7N3 --data data/demo
  npx firth log read canonical.harbor_clinic --data data/demo --limit 1
  curl ${base}/Patient`)
}

async function untilInterrupted(): Promise<void> {
  say('\nFirth goes on running. Ctrl-C ends it.')
  while (!stop.signal.aborted) await delay(1000, undefined, { signal: stop.signal }).catch(() => {})
}
