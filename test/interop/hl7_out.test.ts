// What the adapter `hl7v2` sends, judged by HAPI HL7v2: messages that are built and forwarded are
// parsed by its structures and acknowledged, and its refusals are read.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { hl7v2 } from '../../adapters/hl7v2/hl7v2.ts'
import { outboundMessage } from '../../src/codecs/hl7v2/outbound/message.ts'
import type { WriteIntent } from '../../src/model/intent.ts'
import { silentSignals } from '../../src/model/signals.ts'
import { mllp } from '../../src/transports/mllp/mllp.ts'
import { eventsOf, intentOf, settings } from '../codecs/hl7v2/outbound/samples.ts'
import { converse } from '../contract/adapter.contract.ts'
import { freePorts } from '../harness/engine.ts'
import {
  hapiHl7v2Missing,
  runHapiHl7v2,
  startHapiReceiver,
} from '../peers/hapi_hl7v2/hapi_hl7v2.ts'

const corpus = (name: string) => readFile(join(import.meta.dirname, '../corpus/base', name))

const SAMPLES: readonly (readonly [string, string])[] = [
  ['adt_a01_admitted.hl7', 'ADT_A01'],
  ['adt_a03_discharged.hl7', 'ADT_A03'],
  ['adt_a31_person_updated_with_deletes.hl7', 'ADT_A05'],
  ['adt_a40_merged.hl7', 'ADT_A39'],
  ['oru_r01_final.hl7', 'ORU_R01'],
]

const configOf = (port: number, message: 'build' | 'forward') => ({
  ...settings,
  message,
  host: '127.0.0.1',
  port,
  acknowledgement: 'first' as const,
  connection: 'kept' as const,
  connections_max: 1,
  connect_ms_max: 30_000,
  answer_ms_max: 30_000,
  answer_bytes_max: 1_048_576,
  idle_ms_max: 60_000,
  retry_errors: [],
})

describe('HAPI HL7v2', { skip: hapiHl7v2Missing(), timeout: 300_000 }, () => {
  test('parses what is built by the structures of its standard', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'firth-test-'))
    for (const [name, structure] of SAMPLES) {
      const [event] = eventsOf(await corpus(name))
      assert.ok(event)
      const file = join(folder, name)
      await writeFile(file, outboundMessage(intentOf(event, 'event'), settings))
      const lines = await runHapiHl7v2(['parse', file])
      assert.ok(lines[0]?.includes(`${structure} version 2.5.1`), lines[0])
    }
    await rm(folder, { recursive: true })
  })

  test('acknowledges what is built and forwarded, and its refusal makes a dead letter', async () => {
    const [port = 0] = await freePorts(1)
    const receiver = await startHapiReceiver(port)
    const deliver = async (intent: WriteIntent, message: 'build' | 'forward', change = {}) => {
      const config = { ...configOf(port, message), ...change }
      const transport = await mllp.open(config, { signals: silentSignals })
      const steps = hl7v2.steps(config)
      const { verdict } = await converse(
        answers => steps.deliver({ intent, answers, known: {} }),
        call => transport.call(call, AbortSignal.timeout(60_000)),
      )
      await transport.close()
      return verdict
    }
    try {
      for (const [name] of SAMPLES) {
        const [event] = eventsOf(await corpus(name))
        assert.ok(event)
        const built = await deliver(intentOf(event, 'event'), 'build')
        assert.deepEqual([name, built.outcome], [name, 'ok'])
        assert.equal(built.facts.error, undefined)
      }
      const raw = await corpus('adt_a01_admitted.hl7')
      const [event] = eventsOf(raw)
      assert.ok(event)
      assert.equal((await deliver(intentOf(event, 'message', raw), 'forward')).outcome, 'ok')
      const odd = await deliver(intentOf(event, 'event'), 'build', { set: { 'MSH-12': '2.9' } })
      assert.equal(odd.outcome, 'fix')
      assert.equal(odd.facts.error, '203')
    } finally {
      await receiver.close()
    }
  })
})
