// Deployments as an operator uses them: whole or not at all, live without touching what did not
// change, and back again.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeployReport } from '../../src/operate/deploy.ts'
import { recordsOf, until } from '../path/rooms.ts'
import { channelFile, deployWorld, harbor, mappingFile, wordFile } from './deploy_world.ts'

describe('firth deploy beside a running engine', () => {
  it('maps each message by the deployment that took it in, whatever runs by then (O05)', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    await running.send('A')
    const first = await running.activeHash()
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    const report = await running.deploy()
    assert.equal(report.ok, true)
    assert.deepEqual(report.tenants[0]?.changes, ['~transforms/harbor/word.ts'])
    assert.equal(report.tenants[0]?.outcome, 'live')
    const second = await running.activeHash()
    assert.notEqual(second, first)
    await running.send('B')
    await until('both are mapped', async () => (await running.words()).length === 2)
    assert.deepEqual(await running.words(), [
      ['A', 'one', first],
      ['B', 'two', second],
    ])
    const raw = await recordsOf(running.engine.log, 'raw.harbor.adt_in')
    assert.deepEqual(
      raw.map(({ headers }) => headers.deployment),
      [first, second],
    )
    const [newest] = await running.engine.store.activations({ limit: 1 })
    assert.deepEqual(newest?.positions, { adt_in: 1 })
    assert.deepEqual([newest?.by, newest?.how, newest?.tests], ['ana', 'deploy', 'none'])
  })

  it('keeps the connections of a listener whose source is unchanged', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    await running.deploy()
    assert.deepEqual(world.diary, ['adt_in 1 opened'])
  })

  it('adds, moves and takes away channels, each with its topic made before its first record', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const lab = channelFile(2).replace('adt_in', 'lab_in')
    await world.write({ 'channels/harbor/lab_in.yaml': lab })
    well(await running.deploy())
    await running.send('L', 'lab_in')
    await world.write({ 'channels/harbor/adt_in.yaml': channelFile(3) })
    well(await running.deploy())
    await world.write({ 'channels/harbor/lab_in.yaml': undefined })
    well(await running.deploy())
    await until('the old doors are closed', () => world.diary.length === 5)
    assert.deepEqual(world.diary, [
      'adt_in 1 opened',
      'lab_in 2 opened',
      'adt_in 3 opened',
      'adt_in 1 closed',
      'lab_in 2 closed',
    ])
    await until(
      'what the channel took in is mapped',
      async () => (await running.words()).length > 0,
    )
    assert.equal((await running.words())[0]?.[0], 'L')
  })

  it('leaves what runs alone, whole, where a port is taken', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const before = await running.activeHash()
    world.foreign.add(9)
    const more = channelFile(9).replace('adt_in', 'new_in')
    await world.write({
      'channels/harbor/adt_in.yaml': channelFile(2),
      'channels/harbor/new_in.yaml': more,
      'transforms/harbor/word.ts': wordFile('two'),
    })
    const report = await running.deploy()
    assert.equal(report.ok, false)
    assert.equal(report.tenants[0]?.code, 'listen_failed')
    assert.equal(await running.activeHash(), before)
    assert.deepEqual([...world.doors.keys()], ['adt_in'])
    assert.equal(running.engine.plan.tenants[0]?.deployment, before)
  })

  it('opens a listener again that had to close for one that could not open', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    world.foreign.add(7)
    // The new channel wants the old one's port, and the old one a port that somebody has.
    await world.write({
      'channels/harbor/adt_in.yaml': undefined,
      'channels/harbor/b_in.yaml': channelFile(1).replace('adt_in', 'b_in'),
      'channels/harbor/c_in.yaml': channelFile(7).replace('adt_in', 'c_in'),
    })
    assert.equal((await running.deploy()).ok, false)
    assert.deepEqual([...world.doors.keys()], ['adt_in'])
    await running.send('A')
    await until('it is mapped', async () => (await running.words()).length === 1)
  })

  for (const [what, files, rule] of [
    ['bad YAML', { 'channels/harbor/adt_in.yaml': 'channel: [' }, 'yaml_syntax'],
    ['bad TypeScript', { 'transforms/harbor/adt.ts': 'export default {{' }, 'module_syntax'],
    [
      'a wrong type',
      { 'transforms/harbor/word.ts': 'export const word: number = "x"\n' },
      'type_wrong',
    ],
    ['a missing file', { 'transforms/harbor/word.ts': undefined }, 'import_missing'],
    [
      'a circular import',
      { 'transforms/harbor/word.ts': "import m from './adt.ts'\nexport const word = m.types[0]\n" },
      'import_circular',
    ],
  ] as const) {
    it(`tells ${what}, and what runs is untouched`, async t => {
      const world = await deployWorld(t)
      await world.write(harbor('one'))
      const running = await world.start()
      const before = await running.activeHash()
      await world.write(files)
      const report = await running.deploy()
      assert.equal(report.ok, false)
      const rules = report.findings.map(one => one.rule)
      assert.ok(rules.includes(rule), `${rule} is not among ${rules.join(', ')}`)
      assert.deepEqual(report.tenants, [])
      assert.equal(await running.activeHash(), before)
      await running.send('A')
      await until('it is mapped', async () => (await running.words()).length === 1)
      assert.equal((await running.words())[0]?.[1], 'one')
    })
  }

  it('runs the tests of what changed, and deploys nothing that fails them unless told so', async t => {
    const world = await deployWorld(t)
    await world.write({
      ...harbor('one'),
      'channels/harbor/adt_in.test.yaml': TESTS,
    })
    const running = await world.start()
    assert.equal((await running.engine.store.active())[0]?.tests, 'passed')
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    const report = await running.deploy()
    assert.equal(report.ok, false)
    assert.deepEqual(
      report.failures.map(({ name }) => name),
      ['says the word'],
    )
    const forced = await running.deploy({ skip_tests: true })
    assert.equal(forced.ok, true)
    assert.equal((await running.engine.store.active())[0]?.tests, 'skipped')
  })

  it('does nothing in a dry run, and nothing where nothing changed', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const same = await running.deploy()
    assert.deepEqual(
      same.tenants.map(({ outcome }) => outcome),
      ['unchanged'],
    )
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    const dry = await running.deploy({ dry_run: true })
    assert.equal(dry.tenants[0]?.outcome, 'ready')
    assert.equal((await running.engine.store.activations({ limit: 9 })).length, 1)
  })

  it('holds what loses something until a watch has seen it twice, and says what goes', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const before = await running.activeHash()
    const [cut] = channelFile(1).split('routes:')
    await world.write({ 'channels/harbor/adt_in.yaml': cut })
    const held = await running.deploy({ how: 'watch' })
    assert.equal(held.ok, true)
    const [first] = held.tenants
    assert.deepEqual([first?.outcome, first?.lost], ['held', ['adt_in: the route chart']])
    assert.equal(await running.activeHash(), before)
    const sure = [`harbor/${first?.deployment}`]
    const other = await running.deploy({ how: 'watch', sure: [`harbor/${before}`] })
    assert.equal(other.tenants[0]?.outcome, 'held')
    const again = await running.deploy({ how: 'watch', sure })
    assert.deepEqual(again.tenants[0]?.outcome, 'live')
    await world.write({ 'channels/harbor/adt_in.yaml': channelFile(1) })
    assert.equal((await running.deploy({ how: 'watch' })).tenants[0]?.outcome, 'live')
    await world.write({ 'channels/harbor/adt_in.yaml': cut })
    const asked = await running.deploy()
    assert.deepEqual(asked.tenants[0]?.lost, ['adt_in: the route chart'])
    assert.equal(asked.tenants[0]?.outcome, 'live')
  })

  it('takes a tenant off only where that is asked for, and brings its messages to their end', async t => {
    const world = await deployWorld(t)
    await world.write({
      ...harbor('one'),
      'channels/other/in.yaml':
        'channel: in\ntenant: other\nabout: X.\nsource: { toy_port: { port: 5 } }\n',
    })
    const running = await world.start()
    await running.send('A')
    await world.write({
      'channels/harbor/adt_in.yaml': undefined,
      'channels/harbor/tenant.yaml': undefined,
    })
    const kept = await running.deploy()
    assert.deepEqual(kept.left, ['harbor'])
    assert.ok(world.doors.has('adt_in'))
    const removed = await running.deploy({ remove: true })
    assert.equal(removed.ok, true)
    await until('its door is closed', () => !world.doors.has('adt_in'))
    await until('its message is mapped', async () => (await running.words()).length === 1)
    const active = await running.engine.store.active()
    assert.equal(active.find(({ tenant }) => tenant === 'harbor')?.deployment, '')
  })
})

describe('rollback', () => {
  it('steps back to the one before or a named one, as a new activation (O05)', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const first = await running.activeHash()
    await assert.rejects(running.deploying.rollback({ by: 'bo' }), { code: 'deployment_first' })
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    await running.deploy()
    const second = await running.activeHash()
    const back = await running.deploying.rollback({ by: 'bo' })
    assert.equal(back.tenants[0]?.deployment, first)
    assert.deepEqual(back.tenants[0]?.changes, ['~transforms/harbor/word.ts'])
    await running.send('A')
    const named = await running.deploying.rollback({ by: 'bo', to: second.slice(0, 6) })
    assert.equal(named.tenants[0]?.deployment, second)
    await running.send('B')
    await until('both are mapped', async () => (await running.words()).length === 2)
    assert.deepEqual(
      (await running.words()).map(([, word]) => word),
      ['one', 'two'],
    )
    const list = await running.deploying.list({})
    assert.deepEqual(
      list.map(({ how, by }) => `${how} ${by}`),
      ['rollback bo', 'rollback bo', 'deploy ana', 'start ana'],
    )
    await assert.rejects(running.deploying.rollback({ by: 'bo', to: 'ffffffff' }), {
      code: 'deployment_unknown',
    })
  })
})

describe('the start of an engine', () => {
  it('runs the last deployment, and says how the folder differs', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const first = await world.start()
    const hash = await first.activeHash()
    await first.engine.stop()
    await world.write({
      'transforms/harbor/word.ts': wordFile('two'),
      'channels/harbor/adt_in.yaml': channelFile(4),
    })
    const second = await world.start()
    assert.deepEqual(
      world.said.differences.map(({ tenant, changes }) => [tenant, changes]),
      [['harbor', ['~channels/harbor/adt_in.yaml', '~transforms/harbor/word.ts']]],
    )
    assert.equal(world.doors.get('adt_in')?.port, 1)
    await second.send('A')
    await until('it is mapped', async () => (await second.words()).length === 1)
    assert.deepEqual(await second.words(), [['A', 'one', hash]])
  })

  it('deploys the folder first where that is asked for', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    await (await world.start()).engine.stop()
    await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
    const second = await world.start({ deploy: true })
    assert.deepEqual(world.said.differences, [])
    await second.send('A')
    await until('it is mapped', async () => (await second.words())[0]?.[1] === 'two')
  })

  it('runs what ran where the folder is broken by now, and starts nothing where nothing ran', async t => {
    const world = await deployWorld(t)
    await world.write({ ...harbor('one'), 'transforms/harbor/adt.ts': 'export default {{' })
    await assert.rejects(world.start(), { name: 'NothingToStart' })
    assert.ok(world.said.faults.includes('module_syntax'))
    await world.write({ 'transforms/harbor/adt.ts': mappingFile('one') })
    await (await world.start()).engine.stop()
    await world.write({ 'channels/harbor/adt_in.yaml': 'channel: [' })
    const again = await world.start()
    assert.ok(world.doors.has('adt_in'))
    await again.send('A')
    await until('it is mapped', async () => (await again.words()).length === 1)
  })

  it('deploys a folder only once it could be opened: a taken port leaves no deployment', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    world.foreign.add(1)
    await assert.rejects(world.start(), { code: 'listen_failed' })
    await world.write({ 'channels/harbor/adt_in.yaml': channelFile(2) })
    const running = await world.start()
    assert.equal(world.doors.get('adt_in')?.port, 2)
    assert.equal((await running.engine.store.activations({ limit: 9 })).length, 1)
  })

  it('says once that a deployment is not there any more, and maps by the current one', async t => {
    const world = await deployWorld(t)
    await world.write(harbor('one'))
    const running = await world.start()
    const hash = await running.activeHash()
    const [raw] = await (async () => {
      await running.send('A')
      return recordsOf(running.engine.log, 'raw.harbor.adt_in')
    })()
    assert.ok(raw)
    for (const raw_id of ['x1', 'x2']) {
      const headers = { ...raw.headers, raw_id, control_id: raw_id, deployment: 'f'.repeat(16) }
      await running.engine.log.append('raw.harbor.adt_in', 0, [{ ...raw, headers }])
    }
    await until('all are mapped', async () => (await running.words()).length === 3)
    assert.deepEqual(
      (await running.words()).map(([, , deployment]) => deployment),
      [hash, hash, hash],
    )
    const said = world.signals.said.filter(one => one.what.includes('not there any more'))
    assert.equal(said.length, 1)
  })
})

/** Fails with the report itself. */
function well(report: DeployReport): void {
  if (!report.ok) assert.fail(JSON.stringify(report))
}

const TESTS = `tests:
  - name: says the word
    message: |
      MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000||ADT^A01|T1|P|2.5.1
    expect:
      events:
        - kind: patient.updated
          Patient.language: one
`
