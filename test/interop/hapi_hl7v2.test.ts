// Both ends of MLLP against HAPI HL7v2, the usual library of Java systems.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { silentSignals } from '../../src/model/signals.ts'
import { MllpClient } from '../../src/wire/mllp_client.ts'
import { listenMllp } from '../../src/wire/mllp_server.ts'
import { freePorts } from '../harness/engine.ts'
import {
  hapiHl7v2Missing,
  runHapiHl7v2,
  startHapiReceiver,
} from '../peers/hapi_hl7v2/hapi_hl7v2.ts'
import { MemoryIntake } from '../peers/memory_intake.ts'
import { latin1, message } from '../peers/raw_sender.ts'

/** HAPI writes no final segment end where it was given none. */
const content = (bytes: Buffer | undefined) => bytes?.toString('latin1').replace(/\r$/, '')

describe('HAPI HL7v2', { skip: hapiHl7v2Missing(), timeout: 300_000 }, () => {
  test('as a sender has its messages stored whole and reads our answers', async () => {
    const intake = new MemoryIntake()
    const signals = silentSignals
    const server = await listenMllp({ host: '127.0.0.1', port: 0, intake, signals })
    const folder = await mkdtemp(join(tmpdir(), 'firth-test-'))
    const messages = [
      message('HAPI1'),
      message('HAPI2', { 12: '2.3.1' }),
      Buffer.concat([message('HAPI3'), latin1('ZPI|1|M\xfcller\\T\\x\r')]),
      message('HAPI4', { 9: 'ORU^R01^ORU_R01', 18: '8859/1' }),
    ]
    for (const [i, bytes] of messages.entries()) await writeFile(join(folder, `${i}.hl7`), bytes)
    const lines = await runHapiHl7v2(['send', '127.0.0.1', String(server.port), folder, '60000'])
    assert.deepEqual(
      lines.map(line => line.split(' ').slice(0, 4)),
      messages.map((_, i) => [`${i}.hl7`, 'AA', `HAPI${i + 1}`, 'ACK']),
    )
    assert.deepEqual(intake.bytes.map(content), messages.map(content))
    await server.drain()
    await rm(folder, { recursive: true })
  })

  test('as a receiver reads what our sender sends, and its answers are read', async () => {
    const [port = 0] = await freePorts(1)
    const receiver = await startHapiReceiver(port)
    const client = new MllpClient({ host: '127.0.0.1', port, limits: { ack_ms_max: 60_000 } })
    const ids = Array.from({ length: 20 }, (_, i) => `OURS${i}`)
    const results = await Promise.all(ids.map(id => client.send(message(id))))
    assert.deepEqual(
      results.map(result => result.kind === 'ack' && result.code),
      ids.map(() => 'AA'),
    )
    const received = receiver.lines.filter(line => line.startsWith('RECEIVED'))
    assert.deepEqual(
      received.map(line => line.split(' ')[3]),
      ids,
    )
    // A version that it does not know: its refusal is an answer, with its ERR segment.
    const refused = await client.send(message('NEW', { 12: '2.9' }))
    assert.equal(refused.kind === 'ack' && refused.code, 'AE')
    assert.match(refused.kind === 'ack' ? refused.err : '', /^ERR\|.*203/)
    await client.close()
    await receiver.close()
  })

  test('parses our refusal of every shape', async () => {
    const { buildAck } = await import('../../src/codecs/hl7v2/ack.ts')
    const { scanMsh } = await import('../../src/codecs/hl7v2/scan.ts')
    const folder = await mkdtemp(join(tmpdir(), 'firth-test-'))
    const file = join(folder, 'ack.hl7')
    for (const [version, structure] of [
      ['2.5.1', 'v251.message.ACK'],
      ['2.3.1', 'v231.message.ACK'],
    ]) {
      const parts = { code: 'AE', at_ms: 0, control_id: 'C1', reason: 'log_disk_full' } as const
      await writeFile(file, buildAck(scanMsh(message('X', { 12: version ?? '' })), parts))
      const lines = await runHapiHl7v2(['parse', file])
      assert.ok(lines[0]?.includes(`${structure} version ${version}`), lines[0])
      assert.ok(lines.some(line => line.startsWith('MSA|AE|X|log_disk_full')))
      assert.ok(lines.some(line => line.startsWith('ERR|') && line.includes('207')))
    }
    await rm(folder, { recursive: true })
  })
})
