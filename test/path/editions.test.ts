// The deployments of a tenant that its records name.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import type { TenantPlan } from '../../src/model/plan.ts'
import { OpenEditions } from '../../src/path/editions.ts'
import { ears, tenantPlan } from './toy.ts'

function world(known: readonly TenantPlan[] = []) {
  const signals = ears()
  const asked: string[] = []
  const editions = new OpenEditions(tenantPlan({ deployment: 'now' }), {
    clock: systemClock,
    signals,
    mapping_ms_max: 1_000,
    async find(_tenant, deployment) {
      asked.push(deployment)
      return known.find(one => one.deployment === deployment)
    },
  })
  const used = (deployment: string) => editions.use(deployment, async ({ plan }) => plan.deployment)
  return { editions, signals, asked, used }
}

describe('editions', () => {
  it('works by the deployment that a record names, looked up once', async () => {
    const { editions, asked, used } = world([tenantPlan({ deployment: 'then' })])
    assert.equal(await used('now'), 'now')
    assert.equal(await used('then'), 'then')
    assert.equal(await used('then'), 'then')
    assert.equal((await editions.planOf('then')).deployment, 'then')
    assert.deepEqual(asked, ['then'])
    await editions.close()
  })

  it('works by the current one where that is not there any more, and says so once', async () => {
    const { editions, signals, used } = world()
    assert.equal(await used('lost'), 'now')
    assert.equal(await used('lost'), 'now')
    assert.equal(signals.said.length, 1)
    assert.equal(signals.said[0]?.facts.deployment, 'lost')
    editions.become(tenantPlan({ deployment: 'next' }))
    assert.equal(await used('lost'), 'next')
    await editions.close()
  })

  it('goes on with what it began by, when another becomes current', async () => {
    const { editions } = world()
    const begun = Promise.withResolvers<void>()
    const work = editions.use('now', async ({ plan }) => {
      await begun.promise
      return plan.deployment
    })
    editions.become(tenantPlan({ deployment: 'next' }))
    begun.resolve()
    assert.equal(await work, 'now')
    assert.equal(editions.current.deployment, 'next')
    await editions.close()
  })

  it('keeps few of them, and lets none go that is at work', async () => {
    const many = Array.from({ length: 50 }, (_, n) => tenantPlan({ deployment: `d${n}` }))
    const { editions, asked, used } = world(many)
    const held = Promise.withResolvers<void>()
    const work = editions.use('d0', () => held.promise)
    for (const { deployment } of many) await used(deployment)
    await used('d0')
    assert.equal(asked.filter(one => one === 'd0').length, 1)
    await used('d1')
    assert.equal(asked.filter(one => one === 'd1').length, 2)
    held.resolve()
    await work
    await editions.close()
  })
})
