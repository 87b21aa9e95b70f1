// The Medplum peer itself: that it is a server of its own, keeps its log, and misbehaves when told
// to.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MedplumProcess, startMedplumProcess } from './process.ts'

describe('the Medplum peer', () => {
  let peer: MedplumProcess
  before(async () => {
    peer = await startMedplumProcess()
  })
  after(() => peer.stop())

  const post = () =>
    fetch(`${peer.base}/Patient`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: '{"resourceType":"Patient"}',
      signal: AbortSignal.timeout(30_000),
    })
  const patients = async () => {
    const bundle = (await (await fetch(`${peer.base}/Patient`)).json()) as { entry?: unknown[] }
    return bundle.entry?.length ?? 0
  }

  it('stores, and keeps a log of what was asked and answered', async () => {
    assert.equal((await post()).status, 201)
    assert.equal(await patients(), 1)
    const [first, second] = await peer.log()
    assert.deepEqual([first?.method, first?.path, first?.status], ['POST', '/fhir/Patient', 201])
    assert.deepEqual([second?.method, second?.status], ['GET', 200])
  })

  it('loses answers, requests or both, each as often as it is told', async () => {
    const before = await patients()
    await peer.fault({ kind: 'close_after_commit', method: 'POST', times: 1 })
    await assert.rejects(post())
    assert.equal(await patients(), before + 1)
    await peer.fault({ kind: 'close_before_commit', method: 'POST', times: 1 })
    await assert.rejects(post())
    await peer.fault({ kind: 'status', status: 500, method: 'POST', times: 1 })
    assert.equal((await post()).status, 500)
    assert.equal(await patients(), before + 1)
    assert.equal((await post()).status, 201)
  })

  it('hangs until the fault is taken away', async () => {
    await peer.fault({ kind: 'hang', method: 'POST' })
    const hanging = post()
    hanging.catch(() => {
      // It is looked at below; until then it is nobody's unhandled rejection.
    })
    while ((await peer.log()).at(-1)?.method !== 'POST') await new Promise(d => setTimeout(d, 5))
    await peer.clearFaults()
    await assert.rejects(hanging)
    assert.equal((await post()).status, 201)
  })
})
