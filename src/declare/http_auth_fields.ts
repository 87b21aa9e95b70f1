// How we say who we are to a far end that is reached by HTTP, declared once for every adapter: one
// kind by its key. Secrets come from the environment, or from a file that is named.
import { choice, type Field, group, oneKey, record, secret, text } from './field.ts'
import type { NamedFile, RoomFinding } from './room.ts'

const ADDRESS = '^https?://[^?#\\s]+(\\?[^#\\s]*)?$'

const fileOf = (what: string) =>
  text({ doc: `File that holds ${what}; it is read again when it is renewed.`, optional: true })

const token_url = {
  doc: 'Where tokens are asked for. Left out: as `.well-known/smart-configuration` below base_url says.',
  pattern: ADDRESS,
  optional: true,
  example: 'https://login.example.org/oauth2/token',
} as const
const scope = {
  doc: 'Scopes that are asked for, with blanks between. Left out: what the server gives by itself.',
  optional: true,
  example: 'system/*.read system/*.write',
} as const

const kinds = {
  bearer: group(
    {
      token: secret({ doc: 'The token itself.', optional: true }),
      token_file: fileOf('the token'),
    },
    { doc: 'A token that was handed out, sent as a bearer token.', optional: true },
  ),
  header: group(
    {
      name: text({ doc: 'Name of the header.', pattern: '^[A-Za-z0-9-]+$', example: 'x-api-key' }),
      value: secret({ doc: 'Its value.', optional: true }),
      value_file: fileOf('the value'),
    },
    { doc: 'A key in a header of its own.', optional: true },
  ),
  basic: group(
    {
      user: text({ doc: 'Name of the user; without a colon.', pattern: '^[^:]+$' }),
      password: secret({ doc: 'The password.', optional: true }),
      password_file: fileOf('the password'),
    },
    { doc: 'User and password (RFC 7617).', optional: true },
  ),
  client_credentials: group(
    {
      token_url: text(token_url),
      client_id: text({ doc: 'Our name at the authorization server.' }),
      client_secret: secret({ doc: 'The secret that belongs to it.', optional: true }),
      client_secret_file: fileOf('the secret'),
      secret_in: choice(['basic', 'post'], {
        doc: 'Where the secret stands in the request for a token: in a header, or in the form.',
        default: 'basic',
      }),
      scope: text(scope),
      parameters: record(text({ doc: 'Value of the parameter.' }), {
        doc: 'Further parameters of the request for a token that the server asks for.',
        optional: true,
        example: { audience: 'https://fhir.example.org' },
      }),
    },
    { doc: 'OAuth 2.0 client credentials with a secret (RFC 6749, 4.4).', optional: true },
  ),
  smart_backend: group(
    {
      token_url: text(token_url),
      client_id: text({ doc: 'Our name at the authorization server.' }),
      key: secret({
        doc: 'Our private key, PEM or JWK: its file, or the text. RSA signs with RS384, P-384 with ES384.',
      }),
      key_id: text({
        doc: 'The `kid` under which our public key is registered. Left out: the one of the JWK, else its thumbprint.',
        optional: true,
      }),
      jwks_url: text({
        doc: 'Where our public keys lie (`jku`), where the server wants to be told.',
        pattern: ADDRESS,
        optional: true,
      }),
      scope: text(scope),
    },
    { doc: 'SMART backend services: a signed assertion instead of a secret.', optional: true },
  ),
} as const

export const authField = oneKey(kinds, {
  doc: 'How we say who we are: exactly one of its kinds. Left out: `token`, or not at all.',
  optional: true,
})

export type AuthConfig = NonNullable<(typeof authField)['type']>
type Kinds = typeof kinds
export type AuthOf<K extends keyof Kinds> = Kinds[K] extends Field<infer T> ? T : never

/** The keys of which a kind needs exactly one: a secret, or the file that holds it. */
const secrets: Readonly<Record<string, readonly [string, string]>> = {
  bearer: ['token', 'token_file'],
  header: ['value', 'value_file'],
  basic: ['password', 'password_file'],
  client_credentials: ['client_secret', 'client_secret_file'],
}

/** Headers that carry who we are: in `headers` nobody masks them. */
const CREDENTIAL_HEADER = /^(authorization|proxy-authorization|cookie|x-api-key|api-key)$/i

export interface Judged {
  readonly base_url: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly auth?: AuthConfig
}

/** What the schema cannot say of credentials. */
export function lintAuth(config: Judged): readonly RoomFinding[] {
  const [kind, settings] = Object.entries(config.auth ?? {})[0] ?? []
  const findings = Object.keys(config.headers ?? {})
    .filter(name => CREDENTIAL_HEADER.test(name))
    .map(name =>
      error(`/headers/${name}`, 'Credentials in `headers` are shown.', 'Use `auth` instead.'),
    )
  if (kind === undefined) return findings
  return [
    ...findings,
    ...(config.token === undefined
      ? []
      : [error('/auth', 'There is a `token` too.', 'Keep one of both.')]),
    ...secretFindings(kind, settings as Readonly<Record<string, unknown>>),
    ...addressFindings(kind, settings as Readonly<Record<string, unknown>>, config.base_url),
  ]
}

function secretFindings(kind: string, settings: Readonly<Record<string, unknown>>): RoomFinding[] {
  const pair = secrets[kind]
  if (pair === undefined) return []
  const given = pair.filter(key => settings[key] !== undefined)
  if (given.length === 1) return []
  const what = given.length === 0 ? 'The secret is missing.' : 'The secret is given twice.'
  return [error(`/auth/${kind}`, what, `Give ${pair.join(' or ')}.`)]
}

function addressFindings(
  kind: string,
  { token_url }: Readonly<Record<string, unknown>>,
  base_url: string,
): RoomFinding[] {
  const findings: RoomFinding[] = []
  if (isOpen(base_url)) {
    findings.push(
      error(`/auth/${kind}`, 'Our credentials would travel unencrypted.', USE_HTTPS('base_url')),
    )
  }
  if (typeof token_url === 'string' && isOpen(token_url)) {
    const path = `/auth/${kind}/token_url`
    findings.push(error(path, 'Our secret would travel unencrypted.', USE_HTTPS('token_url')))
  }
  return findings
}

const USE_HTTPS = (key: string) => `Use https in ${key}.`

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether what is sent there could be read on the way. */
export function isOpen(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'http:' && !loopback.has(hostname)
}

/** Files that the settings name, for whoever checks them. */
export function authFiles(auth: AuthConfig | undefined): readonly NamedFile[] {
  return Object.entries(auth ?? {}).flatMap(([kind, settings]) =>
    Object.entries(settings as Record<string, unknown>).flatMap(([key, value]) => {
      const names = key.endsWith('_file') || (key === 'key' && isPath(String(value)))
      return names ? [{ path: `/auth/${kind}/${key}`, file: String(value) }] : []
    }),
  )
}

/** A key is given as PEM, as JWK, or as the path of a file with one of both. */
export const isPath = (value: string) => !value.includes('-----BEGIN ') && !/^\s*\{/.test(value)

const error = (path: string, what: string, remedy: string): RoomFinding => ({
  path,
  severity: 'error',
  what,
  remedy,
})
