// Every scenario of hostile senders against the whole engine in a process of its own: what stands
// in the raw topic afterwards is what was framed, byte for byte, and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bytesOf,
  freePorts,
  makeProject,
  plainChannel,
  readTopic,
  startFirth,
} from '../harness/engine.ts'
import { scenarios } from './hostile_scenarios.ts'

/** Compared by count and content, never printed: a difference would print messages. */
function sameBytes(found: readonly Buffer[], wanted: readonly Buffer[]): boolean {
  const sorted = (list: readonly Buffer[]) => list.map(bytes => bytes.toString('latin1')).sort()
  const [a, b] = [sorted(found), sorted(wanted)]
  return a.length === b.length && a.every((text, i) => text === b[i])
}

test('the engine keeps every byte of hostile senders and answers them rightly', async t => {
  const [port = 0] = await freePorts(1)
  const text = plainChannel({ tenant: 'hostile', channel: 'adt_in', port })
  const project = await makeProject({ 'channels/hostile/adt_in.yaml': text })
  const engine = await startFirth(project)
  t.after(async () => {
    await engine.kill()
    await project.remove()
  })
  for (const { name, run, acks, any_order } of scenarios) {
    await t.test(name, async () => {
      const found = await run(port)
      if (any_order) assert.deepEqual([...found].sort(), [...acks].sort())
      else assert.deepEqual(found, acks)
    })
  }
  assert.equal(await engine.stop(), 0)
  const raw = await readTopic(project, 'raw.hostile.adt_in')
  const dead = await readTopic(project, 'dead.hostile')
  assert.ok(
    sameBytes(
      raw.map(bytesOf),
      scenarios.flatMap(({ stored }) => stored),
    ),
  )
  assert.equal(dead.length, scenarios.flatMap(({ refused = [] }) => refused).length)
})
