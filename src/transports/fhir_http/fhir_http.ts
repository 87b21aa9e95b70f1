// Carries an adapter's calls to a FHIR server over HTTP(S). It judges nothing: an answer is an
// answer, whatever its status, and where none came it says whether the call may have landed.
import { filesOfHttp, httpFields, lintHttp } from '../../declare/http_fields.ts'
import { defineTransport } from '../../declare/room.ts'
import { assert } from '../../kit/assert.ts'
import { openHttpTarget } from '../../wire/http_target.ts'

export const fhir_http = defineTransport({
  kind: 'fhir_http',
  summary:
    'Carries calls to a FHIR server over HTTP or HTTPS with kept connections. It tells a call ' +
    'that was not sent from one that may have landed.',
  fields: httpFields,
  example: { base_url: 'https://fhir.example.org/r4' },
  lint: lintHttp,
  files: filesOfHttp,
  open: async config => {
    const client = await openHttpTarget(config, { accept: 'application/fhir+json' })
    return {
      call: (call, signal) => {
        assert(call.kind === 'http', 'HTTP carries HTTP calls')
        return client.send(call, signal)
      },
      close: async () => client.close(),
    }
  },
})
