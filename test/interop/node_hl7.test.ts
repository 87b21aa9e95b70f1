// The npm packages that hospitals' own scripts use, as far ends: node-hl7-client 2.3.1 sends to us,
// node-hl7-server 2.5.0 takes from us, hl7-standard 1.0.4 reads our answers. The first two are only
// right with one connection a message, so that is how they are met.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { Client, Message } from 'node-hl7-client'
import { Server } from 'node-hl7-server'
import { buildAck } from '../../src/codecs/hl7v2/ack.ts'
import { scanMsh } from '../../src/codecs/hl7v2/scan.ts'
import { silentSignals } from '../../src/model/signals.ts'
import { MllpClient } from '../../src/wire/mllp_client.ts'
import { listenMllp } from '../../src/wire/mllp_server.ts'
import { freePorts } from '../harness/engine.ts'
import { MemoryIntake } from '../peers/memory_intake.ts'
import { message, until } from '../peers/raw_sender.ts'

interface Standard {
  transform(): void
  get(path: string): unknown
}
const HL7 = createRequire(import.meta.url)('hl7-standard') as new (text: string) => Standard

test('node-hl7-client sends to our listener and reads our answers', {
  timeout: 60_000,
}, async () => {
  const intake = new MemoryIntake()
  const server = await listenMllp({ host: '127.0.0.1', port: 0, intake, signals: silentSignals })
  const ids = ['NHC1', 'NHC2', 'NHC3']
  for (const id of ids) {
    const client = new Client({ host: '127.0.0.1' })
    const answers: string[] = []
    const connection = client.createConnection({ port: server.port, waitAck: true }, response => {
      answers.push(response.getMessage().get('MSA.1').toString())
      answers.push(response.getMessage().get('MSA.2').toString())
    })
    await once(connection, 'connect')
    const text = message(id).toString('latin1')
    await connection.sendMessage(new Message({ text }))
    await until('the answer was read', () => answers.length === 2)
    assert.deepEqual(answers, ['AA', id])
    await connection.close()
  }
  assert.deepEqual(intake.ids, ids)
  await server.drain()
})

test('our sender reaches node-hl7-server and reads its answers', { timeout: 60_000 }, async () => {
  const [port = 0] = await freePorts(1)
  const received: string[] = []
  const inbound = new Server().createInbound({ port }, async (request, response) => {
    received.push(request.getMessage().get('MSH.10').toString())
    await response.sendResponse(received.length === 3 ? 'AE' : 'AA')
  })
  await once(inbound, 'listen')
  const client = new MllpClient({ host: '127.0.0.1', port, connection: 'per_message' })
  const ids = ['NHS1', 'NHS2', 'NHS3']
  const codes: unknown[] = []
  for (const id of ids) {
    const result = await client.send(message(id))
    codes.push(result.kind === 'ack' ? result.code : result)
  }
  assert.deepEqual(codes, ['AA', 'AA', 'AE'])
  assert.deepEqual(received, ids)
  await client.close()
  await inbound.close()
})

test('hl7-standard reads our answers', () => {
  const parts = { code: 'AE', at_ms: 0, control_id: 'C1', reason: 'log_disk_full' } as const
  const ack = new HL7(buildAck(scanMsh(message('HS1')), parts).toString('latin1'))
  ack.transform()
  const read = ['MSH.5.1', 'MSH.9.2', 'MSH.10', 'MSA.1', 'MSA.2'].map(path => ack.get(path))
  assert.deepEqual(read, ['SEND', 'A01', 'C1', 'AE', 'HS1'])
})
