// Settings of a far end that is reached by HTTP, declared once: an adapter offers them to the
// analyst in tenant.yaml and hands them to its transport, which has the same fields.
import { limits } from '../model/limits.ts'
import { group, integer, record, secret, text } from './field.ts'
import {
  type AuthConfig,
  authField,
  authFiles,
  isOpen,
  isPath,
  lintAuth,
} from './http_auth_fields.ts'
import type { NamedFile, RoomFinding } from './room.ts'

export const httpFields = {
  base_url: text({
    doc: 'Address of the target, without query; what is sent goes below it.',
    example: 'https://fhir.example.org/r4',
    pattern: '^https?://[^?#\\s]+$',
  }),
  token: secret({
    doc: 'Bearer token that is sent with every request.',
    optional: true,
  }),
  auth: authField,
  headers: record(text({ doc: 'Value of the header.' }), {
    doc: 'Further headers that the target asks for with every request.',
    optional: true,
  }),
  tls: group(
    {
      ca: text({
        doc: 'Certificates that the target is trusted by: a file, or PEM.',
        optional: true,
      }),
      certificate: text({ doc: 'Our own certificate: a file, or PEM.', optional: true }),
      key: secret({ doc: 'Key of our own certificate: a file, or PEM.', optional: true }),
    },
    {
      doc: "Certificates for https; without it the system's authorities are trusted.",
      optional: true,
    },
  ),
  connections_max: integer({
    doc: 'Connections to the target at the same time.',
    default: 16,
    minimum: 1,
    maximum: 1_000,
  }),
  connect_ms_max: integer({
    doc: 'How long a connection may take to stand, in milliseconds.',
    default: 10_000,
    minimum: 1,
  }),
  call_ms_max: integer({
    doc: 'How long the target may take to answer a request, in milliseconds.',
    default: limits.call_ms_max,
    minimum: 1,
    maximum: limits.call_ms_max,
  }),
  answer_bytes_max: integer({
    doc: 'Larger answers of the target are not read, in bytes.',
    default: limits.record_bytes_max,
    minimum: 1_024,
  }),
}

interface Judged {
  readonly base_url: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly auth?: AuthConfig
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string }
}

/** Files that these settings name: a check looks whether they are there. */
export function filesOfHttp({ auth, tls }: Judged): readonly NamedFile[] {
  const named = Object.entries(tls ?? {}).filter(([, value]) => isPath(value))
  return [...authFiles(auth), ...named.map(([key, file]) => ({ path: `/tls/${key}`, file }))]
}

/** What the schema cannot say of these settings. */
export function lintHttp(config: Judged): readonly RoomFinding[] {
  const findings: RoomFinding[] = []
  if (!URL.canParse(config.base_url)) {
    return [error('/base_url', 'This is not an address.', 'Write it like https://host/path.')]
  }
  const { username, password } = new URL(config.base_url)
  if (username !== '' || password !== '') {
    findings.push(
      error('/base_url', 'The address holds a user or a password.', 'Use auth instead.'),
    )
  }
  if (config.token !== undefined && isOpen(config.base_url)) {
    findings.push(error('/token', 'The token would travel unencrypted.', 'Use https in base_url.'))
  }
  if ((config.tls?.certificate === undefined) !== (config.tls?.key === undefined)) {
    findings.push(
      error(
        '/tls',
        'A certificate of our own needs its key, and a key its certificate.',
        'Give both.',
      ),
    )
  }
  return [...findings, ...lintAuth(config)]
}

const error = (path: string, what: string, remedy: string): RoomFinding => ({
  path,
  severity: 'error',
  what,
  remedy,
})
