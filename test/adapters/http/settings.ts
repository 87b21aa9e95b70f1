// Settings of HTTP targets as a project's files would give them: checked by the shape, defaults
// filled in.
import assert from 'node:assert/strict'
import { fields, type HttpConfig } from '../../../adapters/http/fields.ts'
import { compile } from '../../../src/declare/schema.ts'
import { closed } from '../../../src/declare/schema_documents.ts'

export type Told = Readonly<Record<string, unknown>>

export function settingsOf(told: Told): HttpConfig {
  const config = structuredClone({ base_url: 'http://127.0.0.1:1', ...told })
  assert.deepEqual(compile(closed(fields)).check(config), [])
  return config as unknown as HttpConfig
}

/** A ticket system: ids in the answer, a mark of ours to find a ticket by. */
export const tickets: Told = {
  takes: 'event',
  idempotency_key: 'Idempotency-Key',
  request: {
    path: '/tickets',
    body: {
      title: 'Visit {visit.value}',
      external_id: '{intent_id}',
      note: '{Patient.gender | omit}',
    },
  },
  update: { path: '/tickets/{target_id}', body: { title: 'Visit {visit.value}' } },
  retract: { path: '/tickets/{target_id}' },
  id: 'body.id',
  find: {
    path: '/tickets?external_id={intent_id}',
    items: 'body.results',
    where: { external_id: '{intent_id}' },
    id: 'id',
  },
  verify: { path: '/tickets/{target_id}', expect: { title: 'Visit {visit.value}' } },
  outcomes: [
    { when: 'status = 200 and body.success = false', outcome: 'fix' },
    { when: 'body.error.code = "duplicate"', outcome: 'already_applied' },
    { when: 'header.x-late exists', outcome: 'missing_dependency' },
  ],
}
