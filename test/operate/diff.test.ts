// Two deployments over recorded messages, beside the engine that runs one of them.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { loadProject } from '../../src/channel/load.ts'
import { present } from '../../src/kit/assert.ts'
import { type DiffRecord, diff } from '../../src/operate/diff.ts'
import { channelFile, deployWorld, harbor, wordFile } from './deploy_world.ts'

it('shows what another deployment would make of recorded messages, and changes nothing', async t => {
  const world = await deployWorld(t)
  await world.write(harbor('one'))
  const running = await world.start()
  for (const id of ['A', 'B', 'C']) await running.send(id)
  const { log, store, plan } = running.engine
  const before = present(plan.tenants[0], 'the tenant that runs')
  await world.write({ 'transforms/harbor/word.ts': wordFile('two') })
  const side = async () => {
    const loaded = await loadProject(world.project, world.tables, { env: {}, sets: [] })
    return present(loaded.plan?.tenants[0], 'the tenant of the folder')
  }
  const of = {
    ...{ tenant: 'harbor', channel: 'adt_in', before, tables: world.tables, engine: plan.engine },
    signal: new AbortController().signal,
  }
  const span = { topic: 'raw.harbor.adt_in', partition: 0, from: 1, to: 3 }
  const ends = async () => (await log.partitions()).filter(one => one.topic.startsWith('raw.'))
  const stood = await ends()
  const records: DiffRecord[] = []
  const summary = await diff(log, span, {
    ...of,
    after: await side(),
    onRecord: record => void records.push(record),
  })
  assert.deepEqual(summary, {
    records: 2,
    differing: 2,
    counts: [{ kind: 'resource_changed', at: 'Patient.language', records: 2, first_offset: 1 }],
    others: 0,
  })
  const [first] = records
  assert.deepEqual([first?.offset, first?.control_id], [1, 'B'])
  assert.deepEqual(
    first?.changes.map(one => [one.path, one.before, one.after]),
    [['Patient.language', 'one', 'two']],
  )
  await world.write({ 'channels/harbor/adt_in.yaml': channelFile(1).replace('adt_in', 'b_in') })
  await world.write({ 'channels/harbor/b_in.yaml': channelFile(1).replace('adt_in', 'b_in') })
  await world.write({ 'channels/harbor/adt_in.yaml': undefined })
  const without = await diff(log, { ...span, from: 0, to: 1 }, { ...of, after: await side() })
  assert.ok(without.counts.some(({ at }) => at === 'mapped → absent'))
  assert.equal(await diff(log, span, { ...of, after: before }).then(one => one.differing), 0)
  assert.deepEqual(await ends(), stood)
  assert.equal((await store.activations({ limit: 9 })).length, 1)
})
