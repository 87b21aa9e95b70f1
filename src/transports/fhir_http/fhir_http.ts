// Carries an adapter's calls to a FHIR server over HTTP(S). It judges nothing: an answer is an
// answer, whatever its status, and where none came it says whether the call may have landed.
import type { Config } from '../../declare/field.ts'
import { httpFields, lintHttp } from '../../declare/http_fields.ts'
import { defineTransport } from '../../declare/room.ts'
import { assert } from '../../kit/assert.ts'
import { readBytes } from '../../kit/files.ts'
import { Failure } from '../../model/errors.ts'
import { type HttpTls, openHttpClient } from '../../wire/http.ts'

export const fhir_http = defineTransport({
  kind: 'fhir_http',
  summary:
    'Carries calls to a FHIR server over HTTP or HTTPS with kept connections. It tells a call ' +
    'that was not sent from one that may have landed.',
  fields: httpFields,
  example: { base_url: 'https://fhir.example.org/r4' },
  lint: lintHttp,
  open: async config => {
    const client = openHttpClient({
      base_url: config.base_url,
      headers: headersOf(config),
      connections_max: config.connections_max,
      connect_ms_max: config.connect_ms_max,
      call_ms_max: config.call_ms_max,
      answer_bytes_max: config.answer_bytes_max,
      tls: config.tls && (await tlsOf(config.tls)),
    })
    return {
      call: (call, signal) => {
        assert(call.kind === 'http', 'HTTP carries HTTP calls')
        return client.send(call, signal)
      },
      close: async () => client.close(),
    }
  },
})

type HttpConfig = Config<typeof httpFields>

/** The adapter's own headers win over these (`wire/http.ts`), but for the credentials. */
function headersOf(config: HttpConfig): Record<string, string> {
  return {
    accept: 'application/fhir+json',
    'accept-encoding': 'identity',
    'user-agent': 'firth',
    ...config.headers,
    ...(config.token === undefined ? {} : { authorization: `Bearer ${config.token}` }),
  }
}

async function tlsOf(tls: NonNullable<HttpConfig['tls']>): Promise<HttpTls> {
  const [ca, certificate, key] = await Promise.all([
    pemOf(tls.ca, 'ca'),
    pemOf(tls.certificate, 'certificate'),
    pemOf(tls.key, 'key'),
  ])
  return { ca, certificate, key }
}

/**
 * PEM as it stands, or from the file that is named. Throws `target_misconfigured` without the file.
 */
async function pemOf(value: string | undefined, setting: string): Promise<string | undefined> {
  if (value === undefined || value.includes('-----BEGIN ')) return value
  const bytes = await readBytes(value)
  if (bytes === undefined) throw new Failure('target_misconfigured', { missing: `tls.${setting}` })
  return bytes.toString('latin1')
}
