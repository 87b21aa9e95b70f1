// The small listener for programs that watch: it answers what it has, refuses what it does not, and
// a trouble of its own is told and costs one answer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { openHttpDoor } from '../../src/wire/http_door.ts'

async function door(t: TestContext) {
  const troubles: unknown[] = []
  const answer = async (path: string) => {
    if (path === '/broken') throw new RangeError('never shown')
    return path === '/well' ? { status: 200, type: 'text/plain', body: 'well\n' } : undefined
  }
  const open = await openHttpDoor({ host: '127.0.0.1', port: 0 }, answer, cause =>
    troubles.push(cause),
  )
  t.after(() => open.close())
  return { troubles, address: open.address }
}

describe('the listener for who watches', () => {
  it('answers what there is, also with a query, and 404 for the rest', async t => {
    const { address } = await door(t)
    const well = await fetch(`${address}/well?at=1`)
    assert.equal(well.status, 200)
    assert.equal(await well.text(), 'well\n')
    assert.equal((await fetch(`${address}/elsewhere`)).status, 404)
    assert.equal((await fetch(`${address}/well`, { method: 'HEAD' })).status, 200)
  })

  it('is read only', async t => {
    const { address } = await door(t)
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await fetch(`${address}/well`, { method, body: 'x' })
      assert.equal(refused.status, 405)
      assert.equal(refused.headers.get('allow'), 'GET, HEAD')
    }
  })

  it('answers 500 without a word of the trouble, tells it, and goes on (N09)', async t => {
    const { address, troubles } = await door(t)
    const broken = await fetch(`${address}/broken`)
    assert.equal(broken.status, 500)
    assert.ok(!(await broken.text()).includes('never shown'))
    assert.equal(troubles.length, 1)
    assert.equal((await fetch(`${address}/well`)).status, 200)
  })

  it('refuses a head that is too large, and what is no HTTP', async t => {
    const { address } = await door(t)
    const large = await fetch(`${address}/well`, { headers: { large: 'x'.repeat(20_000) } })
    assert.equal(large.status, 431)
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    socket.write('MSH|^~\\&|\r\n\r\n')
    const [said] = (await once(socket, 'data')) as [Buffer]
    assert.match(said.toString(), /^HTTP\/1\.1 400/)
    socket.destroy()
    assert.equal((await fetch(`${address}/well`)).status, 200)
  })

  it('names an address that cannot be had', async t => {
    const { address } = await door(t)
    const port = Number(new URL(address).port)
    await assert.rejects(
      openHttpDoor(
        { host: '127.0.0.1', port },
        async () => undefined,
        () => {},
      ),
      { code: 'listen_failed', facts: { host: '127.0.0.1', port, error: 'EADDRINUSE' } },
    )
  })
})
