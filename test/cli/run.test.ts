// firth run as an operator meets it: the real command in a process of its own, its ready line, its
// refusals, its end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import {
  FIRTH,
  firth,
  freePorts,
  makeProject,
  type Project,
  plainChannel,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { atEnd, until } from '../path/rooms.ts'
import { lines } from './world.ts'

const channel = { tenant: 'harbor', channel: 'adt_in' }
const message = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 })

async function projectOn(t: TestContext, port: number): Promise<Project> {
  const project = await makeProject({
    'channels/harbor/adt_in.yaml': plainChannel({ ...channel, port }),
  })
  atEnd(t, () => project.remove())
  return project
}

/** A project that runs; killed at the end of the test, where it still does. */
async function running(t: TestContext, args: readonly string[] = []) {
  const [port = 0] = await freePorts(1)
  const project = await projectOn(t, port)
  const engine = await startFirth({ ...project, args })
  atEnd(t, () => engine.kill())
  return { port, project, engine }
}

const refusedRun = ({ project, data }: Project, ...args: string[]) =>
  firth(['run', '--project', project, '--data', data, ...args])

describe('firth run', () => {
  it('says on standard output what listens where, takes messages in, and stops when told', async t => {
    const { port, project, engine } = await running(t)
    assert.equal(engine.stdout(), `ready: harbor/adt_in listens on mllp 127.0.0.1:${port}\n`)
    const messages = [1, 2, 3].map(message)
    const acked = await sendAll(messages, { port })
    assert.deepEqual(
      acked.map(({ code }) => code),
      ['AA', 'AA', 'AA'],
    )
    assert.equal(await engine.stop(), exit.ok)
    const records = await readTopic(project, 'raw.harbor.adt_in')
    assert.deepEqual(
      records.map(({ value }) => value),
      messages.map(bytes => bytes.toString()),
    )
    const signals = lines(engine.stderr()).map(line => line.message)
    assert.ok(signals.includes('draining') && signals.includes('stopped'))
  })

  it('answers status and trace beside it', async t => {
    const { port, project } = await running(t)
    await sendAll([message(1)], { port })
    const status = await firth(['status', '--data', project.data, '--json'])
    assert.equal(status.code, exit.ok)
    const [picture] = lines(status.stdout)
    assert.match(JSON.stringify(picture), /"received":1,"acknowledged":1,/)
    const trace = await firth(['trace', 'C1', '--data', project.data])
    assert.equal(trace.code, exit.ok)
    assert.match(trace.stdout, /stored, ADT\^A01/)
  })

  it('refuses a data folder that another one owns, in words', async t => {
    const { project } = await running(t)
    const [port = 0] = await freePorts(1)
    const other = await projectOn(t, port)
    const { code, stdout, stderr } = await refusedRun({ ...other, data: project.data })
    assert.equal(code, exit.unavailable)
    assert.equal(stdout, '')
    assert.match(stderr, /data_in_use: Another Firth owns this data folder/)
  })

  it('refuses a port that is taken, and leaves the data folder free', async t => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    atEnd(t, () => taken.close())
    const { port } = taken.address() as { port: number }
    const project = await projectOn(t, port)
    const { code, stderr } = await refusedRun(project)
    assert.equal(code, exit.unavailable)
    assert.match(stderr, /listen_failed: /)
    await new Promise(resolve => taken.close(resolve))
    const engine = await startFirth(project)
    assert.equal(await engine.stop(), exit.ok)
  })

  it('ends with 3 where the configuration has errors, each with its place', async t => {
    const project = await makeProject({
      'channels/harbor/adt_in.yaml': plainChannel({ ...channel, port: 70_000 }),
    })
    atEnd(t, () => project.remove())
    const { code, stdout, stderr } = await refusedRun(project)
    assert.equal(code, exit.config)
    assert.equal(stdout, '')
    assert.match(stderr, /channels\/harbor\/adt_in\.yaml:6:11[\s\S]*\nNothing was started\.\n$/)
  })

  it('runs what was deployed last where the folder has errors by now, and says so', async t => {
    const { project, engine } = await running(t)
    assert.equal(await engine.stop(), exit.ok)
    await writeFile(join(project.project, 'channels/harbor/adt_in.yaml'), 'channel: [')
    const again = await startFirth(project)
    atEnd(t, () => again.kill())
    assert.equal(await again.stop(), exit.ok)
    assert.match(again.stderr(), /adt_in\.yaml:1:\d+ error yaml_syntax/)
    assert.match(
      again.stderr(),
      /The folder has errors; each tenant runs as it was deployed last\./,
    )
  })

  it('starts with its last good settings where firth.yaml has errors by now, and says so', async t => {
    const { project, engine } = await running(t)
    assert.equal(await engine.stop(), exit.ok)
    const file = join(project.project, 'firth.yaml')
    await writeFile(file, 'limits: { mapping_ms_max: soon }\n')
    const again = await startFirth(project)
    atEnd(t, () => again.kill())
    assert.equal(await again.stop(), exit.ok)
    assert.match(again.stderr(), /firth\.yaml:1:\d+ error wrong_value/)
    assert.match(again.stderr(), /RUNS WITH THE SETTINGS OF ITS LAST START/)
    await rm(join(project.data, 'last_settings.yaml'))
    const refused = await refusedRun(project)
    assert.equal(refused.code, exit.config)
    assert.match(refused.stderr, /firth\.yaml:1:\d+ error [\s\S]*\nNothing was started\.\n$/)
  })

  it('refuses a data folder where its control socket has no place, and leaves it free', async t => {
    const [port = 0] = await freePorts(1)
    const project = await projectOn(t, port)
    await mkdir(join(project.data, 'control.sock', 'inner'), { recursive: true })
    const { code, stderr } = await refusedRun(project)
    assert.equal(code, exit.unavailable)
    assert.match(stderr, /data_unusable: /)
    await rm(join(project.data, 'control.sock'), { recursive: true })
    const engine = await startFirth(project)
    assert.equal(await engine.stop(), exit.ok)
  })

  it('refuses a level or a form of signals that it does not know', async t => {
    const [port = 0] = await freePorts(1)
    const project = await projectOn(t, port)
    for (const [option, words] of [
      ['--log-level=loud', /--log-level is one of error, warn, info, debug\./],
      ['--log-format=xml', /--log-format is json or text\./],
    ] as const) {
      const { code, stderr } = await refusedRun(project, option)
      assert.equal(code, exit.usage)
      assert.match(stderr, words)
    }
  })

  it('writes signals for people where that is asked for', async t => {
    const { engine } = await running(t, ['--log-format', 'text'])
    assert.equal(await engine.stop(), exit.ok)
    assert.match(engine.stderr(), /^\S+Z info {2}draining$/m)
  })

  it('goes on after a kill as if nothing had been', async t => {
    const { port, project, engine } = await running(t)
    await sendAll([message(1), message(2)], { port })
    assert.equal(await engine.kill(), 'SIGKILL')
    assert.equal((await firth(['status', '--data', project.data])).code, exit.unavailable)
    const again = await startFirth(project)
    atEnd(t, () => again.kill())
    await sendAll([message(3)], { port })
    assert.equal((await firth(['status', '--data', project.data])).code, exit.ok)
    assert.equal((await readTopic(project, 'raw.harbor.adt_in')).length, 3)
    assert.equal(await again.stop(), exit.ok)
  })
})

describe('a reader of the output that has seen enough', () => {
  it('ends firth log read without an error', async t => {
    const { port, project, engine } = await running(t)
    await sendAll(
      Array.from({ length: 300 }, (_, n) => message(n)),
      { port },
    )
    assert.equal(await engine.stop(), exit.ok)
    const words = ['log', 'read', 'raw.harbor.adt_in', '--data', project.data, '--json', '--follow']
    const child = spawn(FIRTH, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.on('data', chunk => {
      err += String(chunk)
    })
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    // While it follows, it learns of the broken pipe with the next record; a signal ends it, too.
    child.kill('SIGTERM')
    const [code] = (await closed) as [number]
    assert.equal(code, exit.ok)
    assert.equal(err, '')
    await until('nothing is left running', () => child.exitCode !== null)
  })
})
