// The way in for HL7 v2 over MLLP: this room's settings, and the listener that they open. What the
// listener promises is written in wire/mllp_connection.ts.
import { choice, type Field, group, integer, list, secret, text } from '../../declare/field.ts'
import { defineSource } from '../../declare/room.ts'
import { systemClock } from '../../kit/clock.ts'
import { limits } from '../../model/limits.ts'
import { type MllpListenerLimits, mllpListenerLimits } from '../../wire/mllp_limits.ts'
import { listenMllp } from '../../wire/mllp_server.ts'
import { loadTls, watchTls } from '../../wire/mllp_tls.ts'

const limit = (name: keyof MllpListenerLimits, doc: string, maximum = Number.MAX_SAFE_INTEGER) =>
  integer({ doc, default: mllpListenerLimits[name], minimum: 1, maximum })

/** setTimeout takes no more. */
const WAIT_MS_MAX = 2_147_483_647

const wait = (name: keyof MllpListenerLimits, doc: string) => limit(name, doc, WAIT_MS_MAX)

const limitFields = {
  frame_bytes_max: limit(
    'frame_bytes_max',
    'Larger messages are refused with AR, and their connection is closed.',
    limits.record_bytes_max,
  ),
  outside_bytes_max: limit(
    'outside_bytes_max',
    'More bytes than these between two frames close the connection. CR, LF and NUL are free.',
  ),
  connections_max: limit('connections_max', 'More connections than these are closed at once.'),
  connections_per_peer_max: limit(
    'connections_per_peer_max',
    'More connections than these from one address are closed at once.',
  ),
  in_hand_bytes_max: limit(
    'in_hand_bytes_max',
    'With more bytes than these unanswered, a connection is not read until answers have left.',
  ),
  in_hand_messages_max: limit(
    'in_hand_messages_max',
    'With more messages than these unanswered, a connection is not read until answers have left.',
  ),
  unread_answer_bytes_max: limit(
    'unread_answer_bytes_max',
    'With more bytes of answers than these not taken, a connection is not read.',
  ),
  unread_answer_ms_max: wait(
    'unread_answer_ms_max',
    'A sender that takes none of its answers for so long is disconnected.',
  ),
  handshake_ms_max: wait('handshake_ms_max', 'How long a TLS handshake may take.'),
  first_byte_ms_max: wait(
    'first_byte_ms_max',
    'A new connection that sends nothing for so long is closed.',
  ),
  frame_ms_max: wait(
    'frame_ms_max',
    'A message that is not whole after so long is cut off, and its connection is closed.',
  ),
  idle_ms_max: wait(
    'idle_ms_max',
    'A connection without a message for so long is closed. Dead peers are found within a minute.',
  ),
  linger_ms_max: wait(
    'linger_ms_max',
    'How long a sender may take to close after our last answer on a connection.',
  ),
  drain_ms_max: wait('drain_ms_max', 'How long a stop waits for the answers that are owed.'),
} as const satisfies Partial<Record<keyof MllpListenerLimits, Field>>

const tls = group(
  {
    certificate: text({ doc: 'Our certificate and its chain: PEM text, or the path of a file.' }),
    key: secret({ doc: 'The private key of the certificate: PEM text, or the path of a file.' }),
    key_passphrase: secret({ doc: 'Opens the key where it is encrypted.', optional: true }),
    client_ca: text({
      doc: 'Who vouches for senders, PEM text or a path. Set: every sender needs a certificate.',
      optional: true,
    }),
    client_crl: text({
      doc: 'Certificates of senders that were taken back: PEM text, or the path of a file.',
      optional: true,
    }),
    client_names: list(text({ doc: 'Common name of a certificate.' }), {
      doc: 'Only senders whose certificate has one of these common names may send.',
      optional: true,
    }),
    min_version: choice(['TLSv1.2', 'TLSv1.3'], {
      doc: 'The oldest version of TLS that is spoken.',
      default: 'TLSv1.2',
    }),
    ciphers: text({ doc: 'Cipher suites by their OpenSSL names, with colons.', optional: true }),
    reload_ms: integer({
      doc: 'How often the files are looked at. A renewed certificate serves new connections.',
      default: 30_000,
      minimum: 100,
      maximum: WAIT_MS_MAX,
    }),
  },
  { doc: 'TLS, with the certificates of senders where client_ca is set.', optional: true },
)

const LOOPBACK = /^(127\.|::1$|localhost$)/

export const mllp = defineSource({
  kind: 'mllp',
  summary:
    'Listens for HL7 v2 over MLLP. Acknowledges only what is durable in the log, as it came.',
  fields: {
    port: integer({
      doc: 'TCP port to listen on.',
      minimum: 1,
      maximum: 65_535,
      example: 2575,
    }),
    host: text({
      doc: 'Address to listen on. The default takes connections from this machine only.',
      default: '127.0.0.1',
    }),
    tls,
    ...limitFields,
  },
  example: { port: 2575 },

  lint(config) {
    if (config.tls?.client_names !== undefined && config.tls.client_ca === undefined) {
      return [
        {
          path: '/tls/client_names',
          severity: 'error',
          what: 'client_names without client_ca: no sender is asked for a certificate',
          remedy: 'Set client_ca to the certificate of whoever vouches for the senders.',
        },
      ]
    }
    if (config.tls !== undefined || LOOPBACK.test(config.host)) return []
    return [
      {
        path: '/host',
        severity: 'warning',
        what: `patients' data would cross the network unencrypted: ${config.host} without tls`,
        remedy: 'Add tls, or listen on 127.0.0.1 behind a tunnel that encrypts.',
      },
    ]
  },

  addresses: ({ host, port }) => [{ host, port }],

  async open(config, { intake, signals }) {
    const { host, port, tls, ...rest } = config
    const loaded = tls && (await loadTls(tls))
    const server = await listenMllp({
      host,
      port,
      intake,
      signals,
      limits: rest,
      ...(loaded && { tls: loaded }),
      ...(tls?.client_names && { client_names: tls.client_names }),
    })
    const stopping = new AbortController()
    if (tls && loaded) {
      void watchTls(tls, {
        clock: systemClock,
        signals,
        loaded,
        every_ms: tls.reload_ms,
        signal: stopping.signal,
        renew: context => server.renewTls(context),
      })
    }
    const address = server.host.includes(':') ? `[${server.host}]` : server.host
    return {
      address: `mllp ${address}:${server.port}`,
      feeds: () => server.feeds(),
      async drain() {
        stopping.abort()
        await server.drain()
      },
    }
  },
})
