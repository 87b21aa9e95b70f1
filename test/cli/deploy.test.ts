// firth deploy, firth diff and firth run --watch as a person uses them: the real commands.
import assert from 'node:assert/strict'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import { firth, freePorts, makeProject, type Project, startFirth } from '../harness/engine.ts'
import { adt } from '../harness/messages.ts'
import { sendAll } from '../harness/sender.ts'
import { mappingFile, wordFile } from '../operate/deploy_world.ts'
import { atEnd, until } from '../path/rooms.ts'

const TENANT = 'tenant: harbor\nname: Harbor\ntime_zone: America/New_York\nenvironment: test\n'

const channel = (port: number) => `channel: adt_in
tenant: harbor
about: Admissions.
source: { mllp: { port: ${port} } }
transform: harbor/adt
`

const WORD = 'transforms/harbor/word.ts'

async function world(t: TestContext) {
  const [port = 0, other = 0] = await freePorts(2)
  const project = await makeProject({
    'channels/harbor/tenant.yaml': TENANT,
    'channels/harbor/adt_in.yaml': channel(port),
    'transforms/harbor/adt.ts': mappingFile('x'),
    [WORD]: wordFile('one'),
  })
  atEnd(t, () => project.remove())
  const write = (file: string, text: string) => writeFile(join(project.project, file), text)
  return { port, other, project, write }
}

const deploy = ({ project, data }: Project, ...more: string[]) =>
  firth(['deploy', '--project', project, '--data', data, ...more])

const message = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 })

describe('firth deploy without a running engine', () => {
  it('deploys, lists and steps back; what is deployed runs at the next start', async t => {
    const { project, write } = await world(t)
    const first = await deploy(project)
    assert.equal(first.code, exit.ok)
    assert.match(first.stdout, /^harbor [0-9a-f]{16} runs from the next start on/)
    await write(WORD, wordFile('two'))
    assert.match((await deploy(project, '--dry-run')).stdout, /would go live/)
    const second = await deploy(project, '--json')
    const [tenant] = (JSON.parse(second.stdout) as { tenants: { deployment: string }[] }).tenants
    assert.match((await deploy(project)).stdout, /runs this already/)
    const back = await deploy(project, '--rollback')
    assert.equal(back.code, exit.ok)
    assert.match(back.stdout, new RegExp(`before: ${tenant?.deployment}`))
    const list = await deploy(project, '--list')
    assert.match(list.stdout, /rollback[^\n]*~transforms\/harbor\/word\.ts\n[^\n]*deploy/)
    await write(WORD, 'export const')
    const broken = await deploy(project)
    assert.equal(broken.code, exit.config)
    assert.match(broken.stdout, /transforms\/harbor\/word\.ts:1:\d+ error/)
    const running = await startFirth(project)
    atEnd(t, () => running.kill())
    assert.equal(await running.stop(), exit.ok)
    assert.match(running.stderr(), /the folder differs \(~transforms\/harbor\/word\.ts\)/)
  })

  it('says what it cannot do', async t => {
    const { project } = await world(t)
    for (const [words, code, text] of [
      [['abc'], exit.usage, /A HASH goes with --rollback/],
      [['--rollback', '--dry-run'], exit.usage, /does not go with --rollback/],
      [['--list'], exit.unavailable, /data_missing/],
      [['--tenant', 'nobody'], exit.unavailable, /deployment_unknown/],
    ] as const) {
      const { code: ended, stderr } = await deploy(project, ...words)
      assert.equal(ended, code, stderr)
      assert.match(stderr, text)
    }
  })
})

describe('firth run --watch and firth diff', () => {
  it('brings each saved change that passes live, and tells the others', async t => {
    const { port, other, project, write } = await world(t)
    const running = await startFirth({ ...project, args: ['--watch'] })
    atEnd(t, () => running.kill())
    await until('it watches', () => running.stderr().includes('Watching'))
    await sendAll([message(1)], { port })
    const span = ['--topic', 'raw.harbor.adt_in', '--project', project.project]
    const diff = (...more: string[]) => firth(['diff', ...span, '--data', project.data, ...more])
    assert.match((await diff()).stdout, /0 of 1 messages differ/)
    const lives = () => running.stdout().split('live: ').length - 1
    await write(WORD, 'export const word = ')
    await until('the fault is told', () => running.stderr().includes('module_syntax'))
    assert.equal(lives(), 0)
    // As some editors save: a new file takes the name of the old one.
    await write(`${WORD}.new`, wordFile('two'))
    await rename(join(project.project, `${WORD}.new`), join(project.project, WORD))
    await until('the change is live', () => lives() === 1)
    const [first] = /"deployment":"([0-9a-f]{16})","at_ms":\d+,"by":"[^"]*","how":"start"/
      .exec((await deploy(project, '--list', '--json')).stdout)
      ?.slice(1) ?? ['']
    const found = await diff(first ?? '', 'active', '--records')
    assert.equal(found.code, exit.failed)
    assert.match(found.stdout, /resource_changed Patient\.language\n {4}- "one"\n {4}\+ "two"/)
    await write('channels/harbor/lab_in.yaml', channel(other).replace('adt_in', 'lab_in'))
    await until('the new listener is ready', () => running.stdout().includes('harbor/lab_in'))
    await sendAll([message(2)], { port: other })
    await rm(join(project.project, 'channels/harbor/lab_in.yaml'))
    await until('it is gone', () => lives() === 3)
    assert.match(running.stderr(), /waits a moment.*\n {2}no longer there: the channel lab_in/)
    await sendAll([message(3)], { port })
    assert.equal(await running.stop(), exit.ok)
  })
})
