// Carries an adapter's calls to any far end over HTTP(S). It judges nothing: an answer is an
// answer, whatever its status, and where none came it says whether the call may have landed.
import { filesOfHttp, httpFields, lintHttp } from '../../declare/http_fields.ts'
import { defineTransport } from '../../declare/room.ts'
import { assert } from '../../kit/assert.ts'
import { openHttpTarget } from '../../wire/http_target.ts'

export const http = defineTransport({
  kind: 'http',
  summary:
    'Carries calls to any far end over HTTP or HTTPS with kept connections. It tells a call that ' +
    'was not sent from one that may have landed.',
  fields: httpFields,
  example: { base_url: 'https://tickets.example.org/api' },
  lint: lintHttp,
  files: filesOfHttp,
  open: async config => {
    const client = await openHttpTarget(config, { accept: 'application/json, */*;q=0.5' })
    return {
      call: (call, signal) => {
        assert(call.kind === 'http', 'HTTP carries HTTP calls')
        return client.send(call, signal)
      },
      close: async () => client.close(),
    }
  },
})
