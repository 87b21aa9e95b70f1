// Settings of a far end that is reached by MLLP, declared once: an adapter offers them to the
// analyst in tenant.yaml and hands them to its transport, which has the same fields.
import { limits } from '../model/limits.ts'
import { choice, group, integer, secret, text } from './field.ts'
import type { NamedFile, RoomFinding } from './room.ts'

export const mllpFields = {
  host: text({
    doc: 'Name or address of the far end.',
    pattern: '^[^\\s/:?#@]+$|^[0-9A-Fa-f:.]+$',
    example: 'registry.example.org',
  }),
  port: integer({ doc: 'TCP port of the far end.', minimum: 1, maximum: 65_535, example: 6661 }),
  tls: group(
    {
      ca: text({
        doc: "Who vouches for the far end: a file, or PEM. Left out: the system's authorities.",
        optional: true,
      }),
      certificate: text({ doc: 'Our own certificate: a file, or PEM.', optional: true }),
      key: secret({ doc: 'Key of our own certificate: a file, or PEM.', optional: true }),
      key_passphrase: secret({ doc: 'Opens the key where it is encrypted.', optional: true }),
      server_name: text({
        doc: 'Name that its certificate must have. Left out: `host`.',
        optional: true,
      }),
      min_version: choice(['TLSv1.2', 'TLSv1.3'], {
        doc: 'The oldest version of TLS that is spoken.',
        default: 'TLSv1.2',
      }),
    },
    { doc: 'TLS, with a certificate of our own where it is set.', optional: true },
  ),
  acknowledgement: choice(['first', 'application'], {
    doc: 'Which answer ends a message: the first one, be it of custody (CA), or that of the application (AA, AE, AR).',
    default: 'first',
  }),
  connection: choice(['kept', 'per_message'], {
    doc: 'One connection for all messages, or one each, for far ends that close after each answer.',
    default: 'kept',
  }),
  connections_max: integer({
    doc: 'Connections at the same time. Each carries one message at a time; more than one lets messages of different patients overtake each other.',
    default: 1,
    minimum: 1,
    maximum: 64,
  }),
  connect_ms_max: integer({
    doc: 'How long a connection may take to stand, in milliseconds.',
    default: 10_000,
    minimum: 1,
    maximum: limits.call_ms_max,
  }),
  answer_ms_max: integer({
    doc: 'How long the far end may take to answer a message, in milliseconds. Then its end is unknown, and the connection is closed.',
    default: limits.call_ms_max,
    minimum: 1,
    maximum: limits.call_ms_max,
  }),
  answer_bytes_max: integer({
    doc: 'Larger answers are not read, in bytes.',
    default: 1_048_576,
    minimum: 1_024,
  }),
  idle_ms_max: integer({
    doc: 'A connection without a message for so long is closed, before something between forgets it.',
    default: 60_000,
    minimum: 1,
    maximum: 2_147_483_647,
  }),
} as const

interface Judged {
  readonly tls?: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
  }
}

/** What the schema cannot say of these settings. */
export function lintMllp({ tls }: Judged): readonly RoomFinding[] {
  if ((tls?.certificate === undefined) === (tls?.key === undefined)) return []
  const what = 'A certificate of our own needs its key, and a key its certificate.'
  return [{ path: '/tls', severity: 'error', what, remedy: 'Give both.' }]
}

/** Files that these settings name: a check looks whether they are there. */
export function filesOfMllp({ tls = {} }: Judged): readonly NamedFile[] {
  const { ca, certificate, key } = tls
  return Object.entries({ ca, certificate, key }).flatMap(([name, value]) =>
    value === undefined || value.includes('-----BEGIN ')
      ? []
      : [{ path: `/tls/${name}`, file: value }],
  )
}
