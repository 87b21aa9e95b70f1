// Group commit: one write at a time, what waits is the next group, everybody hears of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batcher } from '../../src/kit/batch.ts'

const wide = { items_max: 1000, weight_max: 1000 }

/** A batcher whose writes are kept, and go on when they are told to. */
function held(limits = wide) {
  const groups: (readonly string[])[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const batcher = new Batcher<string, string>(async items => {
    groups.push(items)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    await gate.promise
    return items.map(item => item.toUpperCase())
  }, limits)
  return { batcher, groups, gates }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('what arrives in one turn is one group, what arrives during a write is the next', async () => {
  const { batcher, groups, gates } = held()
  const first = [batcher.add('a'), batcher.add('b')]
  await turn()
  const second = [batcher.add('c'), batcher.add('d')]
  await turn()
  assert.deepEqual(groups, [['a', 'b']], 'one write at a time')
  gates[0]?.resolve()
  assert.deepEqual(await Promise.all(first), ['A', 'B'])
  await turn()
  gates[1]?.resolve()
  assert.deepEqual(await Promise.all(second), ['C', 'D'])
  assert.deepEqual(groups, [
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('groups keep to their bounds, yet one item that is too heavy goes alone', async () => {
  const { batcher, groups, gates } = held({ items_max: 3, weight_max: 10 })
  const weights = [4, 4, 4, 99, 1, 1, 1, 1]
  const done = weights.map((weight, i) => batcher.add(String(i), weight))
  assert.equal(batcher.weight, 115)
  for (let i = 0; i < 5; i++) {
    await turn()
    gates[i]?.resolve()
  }
  await Promise.all(done)
  assert.deepEqual(groups, [['0', '1'], ['2'], ['3'], ['4', '5', '6'], ['7']])
  await batcher.idle()
  assert.equal(batcher.weight, 0)
})

test('an Error in the answer fails its own item, a rejection the whole group', async () => {
  let broken = false
  const batcher = new Batcher<string, string>(async items => {
    if (broken) throw new Error('all')
    return items.map(item => (item === 'bad' ? new Error('one') : item))
  }, wide)
  const [good, bad] = await Promise.allSettled([batcher.add('good'), batcher.add('bad')])
  assert.equal(good.status, 'fulfilled')
  assert.equal(bad.status, 'rejected')
  broken = true
  const both = await Promise.allSettled([batcher.add('a'), batcher.add('b')])
  for (const one of both) assert.equal(one.status, 'rejected')
  broken = false
  assert.equal(await batcher.add('again'), 'again')
})

test('idle resolves when the last group has been answered, at once where none waits', async () => {
  const { batcher, gates } = held()
  await batcher.idle()
  let idle = false
  void batcher.add('a')
  const waiting = batcher.idle().then(() => {
    idle = true
  })
  await turn()
  void batcher.add('b')
  gates[0]?.resolve()
  await turn()
  await turn()
  assert.equal(idle, false, 'the second group is under way')
  gates[1]?.resolve()
  await waiting
})
