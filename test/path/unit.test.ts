// What restarts alone: a unit begins again from its committed offset after a failure of the world,
// commits only what is done, and lets a bug through.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Bug } from '../../src/kit/assert.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { Gate } from '../../src/kit/gate.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Batch, Log } from '../../src/model/log.ts'
import { DEATHS_MAX, type Hands } from '../../src/path/hands.ts'
import { openUnit, type UnitContext, type UnitOptions } from '../../src/path/unit.ts'
import { atEnd, diskFull, guarded, openLog, until } from './rooms.ts'
import { ears } from './toy.ts'

const topic = 'raw.harbor.adt_in'
const group = 'transform.harbor.adt_in'

async function world(t: TestContext) {
  const log = await openLog(t, [topic])
  const signals = ears()
  const bugs: unknown[] = []
  const context: UnitContext = {
    log,
    // The waits between restarts are real and short; no test measures them.
    clock: { ...systemClock, sleep: (_, signal) => systemClock.sleep(5, signal) },
    random: seededRandom(1),
    signals,
    onBug: cause => bugs.push(cause),
  }
  const append = (...values: string[]) =>
    log.append(
      topic,
      0,
      values.map(value => ({ key: 'k', headers: {}, value: Buffer.from(value) })),
    )
  const committed = async () =>
    (await log.groups()).find(row => row.group === group)?.committed_offset
  const open = (work: UnitOptions['work'], more: Partial<UnitOptions & UnitContext> = {}) => {
    const { onStart, gate, bury, ...change } = more
    const unit = openUnit(
      { group, topic, work, gate, ...(onStart ? { onStart } : {}), ...(bury ? { bury } : {}) },
      { ...context, ...change },
    )
    atEnd(t, () => unit.close())
    return unit
  }
  return { log, signals, bugs, context, append, committed, open }
}

const textsOf = (batch: Batch) => batch.records.map(({ value }) => value.toString())

describe('a unit', () => {
  it('works what stands and what comes, in order, and commits it', async t => {
    const { append, committed, open } = await world(t)
    const seen: string[] = []
    await append('a', 'b')
    open(async batch => void seen.push(...textsOf(batch)))
    await until('what stood is done', async () => (await committed()) === 2)
    await append('c')
    await until('what came is done', async () => (await committed()) === 3)
    assert.deepEqual(seen, ['a', 'b', 'c'])
  })

  it('commits nothing before the work has resolved', async t => {
    const { append, committed, open } = await world(t)
    const held = Promise.withResolvers<void>()
    let begun = false
    await append('a')
    open(async () => {
      begun = true
      await held.promise
    })
    await until('the work is under way', () => begun)
    assert.equal(await committed(), undefined)
    held.resolve()
    await until('it is committed', async () => (await committed()) === 1)
  })

  it('goes on where an earlier one stopped', async t => {
    const { append, committed, open } = await world(t)
    await append('a', 'b')
    const first = open(async () => {})
    await until('the first is through', async () => (await committed()) === 2)
    await first.close()
    await append('c')
    const seen: string[] = []
    open(async batch => void seen.push(...textsOf(batch)))
    await until('the second is through', async () => (await committed()) === 3)
    assert.deepEqual(seen, ['c'])
  })

  it('is told at each start where it begins, before the first batch', async t => {
    const { append, committed, open } = await world(t)
    const steps: string[] = []
    let fails = true
    await append('a')
    const work = async (batch: Batch) => {
      steps.push(`work ${textsOf(batch)}`)
      if (textsOf(batch).includes('b') && fails) {
        fails = false
        throw diskFull()
      }
    }
    open(work, { onStart: async offset => void steps.push(`start ${offset}`) })
    await until('the first is done', async () => (await committed()) === 1)
    await append('b')
    await until('the second too', async () => (await committed()) === 2)
    assert.deepEqual(steps, ['start 0', 'work a', 'work b', 'start 1', 'work b'])
  })
})

describe('a failure of the world', () => {
  it('lets the unit begin again from the committed offset, until it passes (G1)', async t => {
    const { append, committed, open, signals, bugs } = await world(t)
    const seen: string[][] = []
    let left = 3
    await append('a', 'b')
    const unit = open(async batch => {
      seen.push(textsOf(batch))
      if (left-- > 0) throw new Failure('store_disk_full', { free: 0 })
    })
    await until('it is through', async () => (await committed()) === 2)
    assert.deepEqual(seen, Array(4).fill(['a', 'b']))
    const said = signals.said.filter(({ what }) => what === 'unit begins again')
    assert.equal(said.length, 3)
    assert.deepEqual(said[0]?.facts, { unit: group, code: 'store_disk_full', free: 0 })
    await until('nothing is the matter any more', () => unit.trouble === undefined)
    assert.deepEqual(bugs, [])
  })

  it('shows while it lasts, for the operator', async t => {
    const { append, open } = await world(t)
    await append('a')
    const unit = open(() => Promise.reject(diskFull()))
    assert.equal(unit.group, group)
    await until('it shows', () => unit.trouble === 'log_disk_full')
  })

  it('of a commit lets the batch be done again: it counts as done only when that stands', async t => {
    const { append, committed, open, log } = await world(t)
    let fails = 1
    const failing: Log = guarded(log, () => {})
    const subscribing = new Proxy(failing, {
      get: (target, name) =>
        name !== 'subscribe'
          ? Reflect.get(target, name)
          : async (options: Parameters<Log['subscribe']>[0]) => {
              const subscription = await log.subscribe(options)
              return guarded(subscription, method => {
                if (method === 'commit' && fails-- > 0) throw diskFull()
              })
            },
    })
    let works = 0
    await append('a')
    const work = async () => {
      works += 1
    }
    open(work, { log: subscribing })
    await until('it is committed', async () => (await committed()) === 1)
    assert.equal(works, 2)
  })

  it('at the start is waited out as well', async t => {
    const { append, committed, open, log } = await world(t)
    for (const method of ['groups', 'subscribe']) {
      let fails = 2
      const failing = guarded(log, name => {
        if (name === method && fails-- > 0) throw diskFull()
      })
      const next = await append('a')
      const unit = open(async () => {}, { log: failing })
      await until('it is through', async () => (await committed()) === next + 1)
      await unit.close()
    }
  })
})

describe('a bug', () => {
  it('is handed over and neither restarted nor committed', async t => {
    const { append, committed, open, bugs } = await world(t)
    let works = 0
    await append('a')
    open(async () => {
      works += 1
      throw new Bug('a broken invariant')
    })
    await until('it was handed over', () => bugs.length > 0)
    assert.ok(bugs[0] instanceof Bug)
    assert.equal(works, 1)
    assert.equal(await committed(), undefined)
  })

  it('is anything thrown that is no failure', async t => {
    const { append, open, bugs } = await world(t)
    await append('a')
    open(() => Promise.reject(new TypeError('x is not a function')))
    await until('it was handed over', () => bugs.length > 0)
    assert.ok(bugs[0] instanceof TypeError)
  })
})

describe('after a death', () => {
  const careful = (deathsOf: (name: string) => number) => {
    const alone: string[] = []
    const hands: Hands = {
      careful: true,
      async alone(name, work) {
        alone.push(name)
        return work(deathsOf(name))
      },
    }
    return { hands, alone }
  }

  it('takes what may have been in hand one by one, and what came later together (G9)', async t => {
    const { append, committed, open } = await world(t)
    const { hands, alone } = careful(() => 0)
    const sizes: number[] = []
    await append('a', 'b', 'c')
    const bury = () => assert.fail('nothing ended the process')
    open(async batch => void sizes.push(batch.records.length), { hands, bury })
    await until('what stood is done', async () => (await committed()) === 3)
    await append('d', 'e')
    await until('what came is done', async () => (await committed()) === 5)
    assert.deepEqual(sizes.slice(0, 3), [1, 1, 1])
    assert.deepEqual(
      alone,
      [0, 1, 2].map(offset => `${group} ${topic}/0/${offset}`),
    )
  })

  it('sets the record aside that was alone in hand at two deaths, said aloud, and goes on', async t => {
    const { append, committed, open, signals } = await world(t)
    const { hands } = careful(name => (name.endsWith('/1') ? DEATHS_MAX : 1))
    const seen: string[] = []
    const buried: string[] = []
    await append('a', 'poison', 'c')
    const bury: UnitOptions['bury'] = async (record, deaths) => {
      buried.push(`${record.value} ${deaths}`)
    }
    open(async batch => void seen.push(...textsOf(batch)), { hands, bury })
    await until('all are done', async () => (await committed()) === 3)
    assert.deepEqual(seen, ['a', 'c'])
    assert.deepEqual(buried, [`poison ${DEATHS_MAX}`])
    assert.ok(signals.said.some(({ level, facts }) => level === 'error' && facts.offset === 1))
  })
})

describe('a gate', () => {
  it('lets what is in hand end, and holds the rest until it opens', async t => {
    const { append, committed, open } = await world(t)
    const gate = new Gate()
    const held = Promise.withResolvers<void>()
    const seen: string[] = []
    await append('a')
    const work = async (batch: Batch) => {
      seen.push(...textsOf(batch))
      await held.promise
    }
    open(work, { gate })
    await until('the first is in hand', () => seen.length === 1)
    gate.shut()
    await append('b')
    held.resolve()
    await until('the first is committed', async () => (await committed()) === 1)
    await append('c')
    assert.deepEqual(seen, ['a'])
    gate.open()
    await until('all are committed', async () => (await committed()) === 3)
    assert.deepEqual(seen, ['a', 'b', 'c'])
  })

  it('that is shut keeps no unit from closing', async t => {
    const { append, open } = await world(t)
    const gate = new Gate()
    gate.shut()
    await append('a')
    const unit = open(() => assert.fail('it is paused'), { gate })
    await unit.close()
  })
})

describe('closing a unit', () => {
  it('lets the batch in hand come to its end and commits it', async t => {
    const { append, committed, open } = await world(t)
    const held = Promise.withResolvers<void>()
    let begun = false
    await append('a')
    const unit = open(async () => {
      begun = true
      await held.promise
    })
    await until('the work is under way', () => begun)
    let closed = false
    const closing = unit.close().then(() => {
      closed = true
    })
    await append('b')
    assert.equal(closed, false)
    held.resolve()
    await closing
    assert.equal(await committed(), 1)
  })

  it('ends a wait between two starts', async t => {
    const { append, open, context } = await world(t)
    const HOUR_MS = 3_600_000
    const clock = {
      ...context.clock,
      sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(HOUR_MS, signal),
    }
    await append('a')
    const unit = open(() => Promise.reject(diskFull()), { clock })
    await until('it waits', () => unit.trouble !== undefined)
    await unit.close()
  })

  it('may come before the first batch, and twice', async t => {
    const { open } = await world(t)
    const unit = open(async () => {})
    await Promise.all([unit.close(), unit.close()])
    await unit.close()
  })
})
