// Carries HL7 v2 messages over MLLP. Each connection carries one message at a time, and an answer
// counts only where it names that message (wire/mllp_client.ts). It judges no answer; where none
// came it says whether the message may have landed.
import type { Config } from '../../declare/field.ts'
import { filesOfMllp, lintMllp, mllpFields } from '../../declare/mllp_fields.ts'
import { defineTransport } from '../../declare/room.ts'
import { assert, present } from '../../kit/assert.ts'
import type { Answer, MllpCall } from '../../model/intent.ts'
import { MllpClient, type SendResult } from '../../wire/mllp_client.ts'
import { loadClientTls } from '../../wire/mllp_tls.ts'
import { connectionCode, refusedByTls } from '../../wire/tls_trouble.ts'

/** The ledger waits between its tries by its own rule; these only keep a loop from being tight. */
const RECONNECT = { wait_ms_min: 50, wait_ms_max: 1_000 }

export const mllp = defineTransport({
  kind: 'mllp',
  summary:
    'Sends HL7 v2 messages over MLLP, one at a time on a kept connection. It tells a message that ' +
    'was not sent from one that may have landed.',
  fields: mllpFields,
  example: { host: 'registry.example.org', port: 6661 },
  lint: lintMllp,
  files: filesOfMllp,
  open: async config => {
    const options = await optionsOf(config)
    const lines = Array.from({ length: config.connections_max }, () => {
      return { client: new MllpClient(options), waiting: 0 }
    })
    return {
      async call(call, signal) {
        assert(call.kind === 'mllp', 'MLLP carries messages')
        const least = Math.min(...lines.map(({ waiting }) => waiting))
        const line = present(
          lines.find(({ waiting }) => waiting === least),
          'the connection with the least to do',
        )
        line.waiting += 1
        const result = await line.client.send(bytesOf(call), signal)
        line.waiting -= 1
        return answerOf(result)
      },
      async close() {
        await Promise.all(lines.map(({ client }) => client.close()))
      },
    }
  },
})

async function optionsOf(config: Config<typeof mllpFields>) {
  const { host, port, tls, acknowledgement, connection } = config
  return {
    host,
    port,
    await: acknowledgement,
    connection,
    ...(tls === undefined ? {} : { tls: await loadClientTls(tls) }),
    limits: {
      connect_ms_max: config.connect_ms_max,
      ack_ms_max: config.answer_ms_max,
      ack_bytes_max: config.answer_bytes_max,
      idle_ms_max: config.idle_ms_max,
      in_flight_max: 1,
      ...RECONNECT,
    },
  }
}

const bytesOf = ({ bytes }: MllpCall) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function answerOf(result: SendResult): Answer {
  if (result.kind === 'ack') return { kind: 'ack', code: result.code, err: result.err }
  const { code, facts } = result
  const why = String(facts.why ?? '')
  if (result.kind === 'not_sent') {
    // A message that waited for others until its time was over has not been tried yet.
    return { kind: 'not_sent', code: code === 'target_down' ? connectionCode(why) : code, facts }
  }
  return refusedByTls(why)
    ? { kind: 'not_sent', code: 'target_auth', facts }
    : { kind: 'no_answer', code, facts }
}
