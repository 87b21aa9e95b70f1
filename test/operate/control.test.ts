// What a running engine answers on its control socket: the functions of operate/ by their names.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import { answerControl } from '../../src/operate/control.ts'
import type { Status } from '../../src/operate/status.ts'
import { adt } from '../harness/messages.ts'
import { until } from '../path/rooms.ts'
import { settled, startToy } from './world.ts'

const rates = { perSecond: () => 0, close: async () => {} }

it('answers its status, the trace of a message, and refuses anything else by name', async t => {
  const { engine, send } = await startToy(t)
  const facts = { patient: 7, visit: 7, at: '20260105080000+0000', revision: 1 }
  await send(adt('A01', { ...facts, control_id: 'MSG1' }))
  await until('it is through', () => settled(engine))
  const ask = answerControl(engine, rates, { clock: systemClock })
  const status = (await ask({ command: 'status', args: {} })) as Status
  assert.equal(status.project, '/toy/project')
  const traces = (await ask({ command: 'trace', args: { id: 'MSG1' } })) as unknown[]
  assert.equal(traces.length, 1)
  assert.deepEqual(await ask({ command: 'trace', args: {} }), [])
  await assert.rejects(ask({ command: 'dance', args: {} }), {
    code: 'command_unknown',
    facts: { command: 'dance' },
  })
})
