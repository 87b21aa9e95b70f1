// Any far end that takes JSON, text or forms over HTTP, described in YAML alone: CRM, ticketing,
// knowledge bases, chat, webhooks. Templates say what is sent; rules say what answers mean.
import { defineAdapter, filesOfHttp, httpFields } from '#sdk'
import { fields, type HttpConfig } from './fields.ts'
import { lint } from './lint.ts'
import { notes } from './notes.ts'
import { profile } from './profile.ts'
import { stepsOf } from './steps.ts'

/** A search finds what was made; whether a change landed only what has to stand there can tell. */
function provable({ find, update, verify, request }: HttpConfig): 'read' | 'answer' {
  const changes = update !== undefined || request.method === 'PUT'
  const reads = Object.keys(verify?.expect ?? {}).length > 0
  return find !== undefined && (!changes || reads) ? 'read' : 'answer'
}

export const http = defineAdapter({
  kind: 'http',
  summary:
    'Sends requests that are described in YAML to any far end over HTTP: method, path, headers, ' +
    'body, and what its answers mean. Values of a message never leave their place.',
  fields,
  example: {
    base_url: 'https://tickets.example.org/api',
    request: { path: '/tickets', body: { title: 'Discharge of visit {visit.value}' } },
  },
  notes,
  lint,
  files: filesOfHttp,
  transport: 'http',
  transportConfig: config =>
    Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(httpFields, name))),
  takes: ({ takes }) => takes,
  proof: provable,
  idempotency: 'key',
  keyed: ({ idempotency_key }) => idempotency_key !== undefined,
  profile,
  settle_ms: 5_000,
  visible_ms: 5_000,
  steps: stepsOf,
})
