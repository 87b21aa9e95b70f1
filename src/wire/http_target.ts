// An HTTP client from a target's settings, with its certificates and its credentials: what every
// transport over HTTP opens.
import type { Config } from '../declare/field.ts'
import { isPath } from '../declare/http_auth_fields.ts'
import type { httpFields } from '../declare/http_fields.ts'
import { readBytes, unreadableOf } from '../kit/files.ts'
import { Failure } from '../model/errors.ts'
import { type HttpClient, type HttpTls, openHttpClient } from './http.ts'
import { withAuth } from './http_auth.ts'

export type HttpConfig = Config<typeof httpFields>

/** A token server answers with a few lines. */
const TOKEN_BYTES_MAX = 262_144
/** Twice, for the description and the token, it has to fit into the time of the call that waits. */
const TOKEN_MS_MAX = 10_000

/**
 * `headers` are sent where neither the settings nor a call say the same. Rejects with
 * `target_misconfigured` where a file that the settings name is missing or a key is none.
 */
export async function openHttpTarget(
  config: HttpConfig,
  headers: Readonly<Record<string, string>>,
): Promise<HttpClient> {
  const { base_url, connections_max, connect_ms_max, call_ms_max, answer_bytes_max } = config
  const options = {
    base_url,
    headers: { 'user-agent': 'firth', ...headers, ...config.headers },
    connections_max,
    connect_ms_max,
    call_ms_max,
    answer_bytes_max,
    tls: config.tls && (await tlsOf(config.tls)),
  }
  const servers = new Map<string, HttpClient>()
  const clientOf = ({ origin }: URL) => {
    const open = servers.get(origin) ?? openHttpClient({ ...options, ...TOKENS, base_url: origin })
    servers.set(origin, open)
    return open
  }
  const { token, auth } = config
  const ask_ms_max = Math.min(call_ms_max, TOKEN_MS_MAX)
  const client = await withAuth(openHttpClient(options), {
    ...{ base_url, token, auth, clientOf, ask_ms_max },
  })
  return {
    send: (request, signal) => client.send(request, signal),
    close() {
      for (const one of [client, ...servers.values()]) one.close()
    },
  }
}

const TOKENS = {
  headers: { 'user-agent': 'firth' },
  connections_max: 1,
  answer_bytes_max: TOKEN_BYTES_MAX,
}

async function tlsOf(tls: NonNullable<HttpConfig['tls']>): Promise<HttpTls> {
  const [ca, certificate, key] = await Promise.all([
    pemOf(tls.ca, 'ca'),
    pemOf(tls.certificate, 'certificate'),
    pemOf(tls.key, 'key'),
  ])
  return { ca, certificate, key }
}

/** PEM as it stands, or from the file that is named. */
async function pemOf(value: string | undefined, setting: string): Promise<string | undefined> {
  if (value === undefined || !isPath(value)) return value
  const bytes = await readBytes(value).catch(cause => {
    if (unreadableOf(cause) === undefined) throw cause
  })
  if (bytes === undefined) throw new Failure('target_misconfigured', { missing: `tls.${setting}` })
  return bytes.toString('latin1')
}
