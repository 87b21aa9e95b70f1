// "An operator's day with Firth" of the README, run as it is written on a fresh project: every
// command of the section, in its order, beside an engine that writes to a real FHIR server.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FIRTH, firth, freePorts, makeProject, startFirth } from '../harness/engine.ts'
import { sendAll } from '../harness/sender.ts'
import { startMedplumProcess } from '../peers/medplum/process.ts'

const root = join(import.meta.dirname, '../..')
const section = /## An operator's day with Firth\n([\s\S]*?)\n## /.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
)?.[1]
const commands = [...(section ?? '').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

/** What the output of a command shows; the first that fits the line counts. */
const shown: readonly [RegExp, RegExp][] = [
  [/status --watch/, /riverside\/adt_in/],
  [/audit/, /It balances/],
  [/search/, /MSG00001/],
  [/trace MSG00001/, /event patient\.admitted[\s\S]*confirmed/],
  [/pause chart/, /paused/],
  [/firth send/, /AA/],
  [/queue/, /riverside\/chart +(create|update) Patient[\s\S]*pause/],
  [/pause list/, /maintenance until 6/],
  [/resume chart/, /chart/],
  [/dead list/, /2 {2}message_type_unmapped/],
  [/dead show/, /state +open[\s\S]*ADT\^Z99/],
  [/dead edit .*--dry-run/, /It would become patient\.updated/],
  [/dead edit/, /mended, as raw_id/],
  [/dead retry/, /1 dead letters would be retried/],
  [/dead drop/, /dropped/],
  [/replay .*--dry-run/, /events: 3 the same/],
  [/replay/, /wards/],
  [/backup monday/, /monday/],
  [/backup verify/, /monday/],
  [/restore/, /restored/],
]

const message = (event: string, patient: number, control_id: string) =>
  Buffer.from(
    [
      `MSH|^~\\&|HIS|RIV|FIRTH|FIRTH|20260105080000+0000||ADT^${event}|${control_id}|P|2.5.1`,
      `EVN|${event}|20260105080000+0000`,
      `PID|1||${patient}^^^RIV^MR||Featherstone^Persephone||19671204|F`,
      `PV1|1|I|W^1^A||||||||||||||||V${patient}^^^RIV^VN`,
      '',
    ].join('\r'),
  )

const files = (port: number, base: string) => ({
  'channels/riverside/tenant.yaml': `tenant: riverside
name: Riverside General Hospital
time_zone: America/Chicago
environment: test
assigning_authorities: { RIV: "urn:oid:2.999.7" }
targets:
  chart: { fhir_r4: { base_url: "${base}" } }
`,
  'channels/riverside/adt_in.yaml': `channel: adt_in
tenant: riverside
about: Everything that Riverside's HIS sends.
source: { mllp: { port: ${port} } }
transform: base
routes: [{ name: chart, to: chart }]
`,
})

async function shell(command: string, cwd: string): Promise<{ code: number; output: string }> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

test("every command of an operator's day does what the README says", async t => {
  assert.ok(commands.length >= 20, 'the section has its commands')
  const [port = 0] = await freePorts(1)
  const peer = await startMedplumProcess()
  const made = await makeProject(files(port, peer.base))
  const folder = mkdtempSync(join(tmpdir(), 'firth-day-'))
  cpSync(made.project, join(folder, 'hospital'), { recursive: true })
  writeFileSync(join(folder, 'night.hl7'), message('A01', 4713, 'MSG00004'))
  const at = { project: join(folder, 'hospital'), data: join(folder, 'data') }
  const engine = await startFirth({ ...at, args: ['--log-level', 'error'] })
  t.after(async () => {
    await engine.stop()
    await peer.stop()
    await made.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const until = async (words: readonly string[], pattern: RegExp) => {
    for (const end_ms = Date.now() + 120_000; Date.now() < end_ms; await delay(400)) {
      if (pattern.test((await firth([...words, '--data', at.data])).stdout)) return
    }
    assert.fail(`firth ${words.join(' ')} never said ${pattern}`)
  }
  const nothingWaits = () => until(['queue', '--json'], /^\s*$/)
  const sent = [
    message('A01', 4711, 'MSG00001'),
    message('Z99', 4712, 'MSG00002'),
    message('Z98', 4712, 'MSG00003'),
  ]
  await sendAll(sent, { port })
  await until(['trace', 'MSG00001'], /Patient.*confirmed[\s\S]*Encounter.*confirmed/)
  await until(['dead', 'list', '--json'], /MSG00002[\s\S]*MSG00003|MSG00003[\s\S]*MSG00002/)
  for (const line of commands) {
    const [written = ''] = line.split(' #')
    if (/ queue /.test(line)) await until(['queue', '--json'], /Patient/)
    if (/ (replay .*--dry-run|audit) /.test(line)) await nothingWaits()
    const command = written.replace('bin/firth', FIRTH).replace('--port 2575', `--port ${port}`)
    const { code, output } = await shell(command, folder)
    assert.equal(code, 0, `${line}\n${output}`)
    const [, wanted] = shown.find(([one]) => one.test(line)) ?? []
    assert.match(output, wanted ?? /^$/, line)
  }
})
