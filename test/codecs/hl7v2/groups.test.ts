// The groups that segments imply.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patientGroups } from '../../../src/codecs/hl7v2/groups.ts'
import { readMessage } from '../../../src/codecs/hl7v2/read.ts'

/** The shape of the groups in words. */
function shape(...lines: readonly string[]): unknown {
  const message = readMessage(Buffer.from(['MSH|^~\\&|', ...lines].join('\r')))
  return patientGroups(message).map(({ pid, others, orders }) => [
    pid?.text(1) ?? 'nobody',
    others.map(({ name }) => name).join(),
    ...orders.map(order => [
      `${order.orc?.text(1) ?? 'no ORC'}/${order.obr.text(1)}`,
      order.notes.length,
      order.others.map(({ name }) => name).join(),
      order.observations.map(({ obx, notes }) => `${obx.text(1)}+${notes.length}`).join(),
    ]),
  ])
}

test('an order has its notes, its results, and each result its notes', () => {
  assert.deepEqual(
    shape(
      'PID|P1',
      'PD1|1',
      'NTE|1',
      'PV1|1',
      'ORC|RE',
      'OBR|1',
      'NTE|1',
      'OBX|1',
      'NTE|1',
      'NTE|2',
      'OBX|2',
      'SPM|1',
      'OBR|2',
      'OBX|1',
    ),
    [['P1', 'PD1,NTE,PV1', ['RE/1', 1, 'SPM', '1+2,2+0'], ['no ORC/2', 0, '', '1+0']]],
  )
})

test('several patients in one message stay apart', () => {
  assert.deepEqual(shape('PID|P1', 'OBR|1', 'OBX|1', 'PID|P2', 'PV1|1', 'OBR|2', 'OBX|1'), [
    ['P1', '', ['no ORC/1', 0, '', '1+0']],
    ['P2', 'PV1', ['no ORC/2', 0, '', '1+0']],
  ])
})

test('orders without a patient, results without an order, an order control without an order', () => {
  assert.deepEqual(shape('OBR|1', 'OBX|1'), [['nobody', '', ['no ORC/1', 0, '', '1+0']]])
  assert.deepEqual(shape('PID|P1', 'OBX|1', 'NTE|1'), [['P1', 'OBX,NTE']])
  assert.deepEqual(shape('PID|P1', 'ORC|RE'), [['P1', '']])
  assert.deepEqual(shape(), [['nobody', '']])
})
