// A project's own adapters beside the built-in ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withProjectAdapters } from '../../src/channel/adapters.ts'
import type { Tables } from '../../src/declare/room.ts'
import { makeProject } from '../harness/engine.ts'

const tables = {
  sources: {},
  stores: {},
  logs: {},
  transports: { fhir_http: {} },
  adapters: { fhir_r4: {} },
} as unknown as Tables

const adapter = (name: string, kind = name, transport = 'fhir_http') => `
import { defineAdapter, text } from '#sdk'
export const adapters = {
  ${name}: defineAdapter({
    kind: '${kind}',
    summary: 'Writes to a chart of our own.',
    fields: { base_url: text({ doc: 'Where it is.' }) },
    example: { base_url: 'http://127.0.0.1:1' },
    transport: '${transport}',
    transportConfig: config => ({ base_url: config.base_url }),
    idempotency: 'none',
    profile: [],
    settle_ms: 0,
    visible_ms: 0,
    steps: () => ({ deliver: () => ({ verdict }), verify: () => ({ verdict }) }),
  }),
}
const verdict = { outcome: 'ok' as const, code: undefined, facts: {} }
`

async function load(files: Record<string, string>) {
  const project = await makeProject({ 'channels/none.txt': '', ...files })
  try {
    return await withProjectAdapters(project.project, tables)
  } finally {
    await project.remove()
  }
}

test("a project's adapter stands beside the built-in ones, with #sdk", async () => {
  const { tables: all, findings } = await load({ 'adapters/index.ts': adapter('our_chart') })
  assert.deepEqual(findings, [])
  assert.deepEqual(Object.keys(all.adapters), ['fhir_r4', 'our_chart'])
})

test('a project without adapters has the built-in ones', async () => {
  assert.deepEqual(await load({}), { tables, findings: [] })
})

test('what is wrong with an adapter is a finding with a remedy', async () => {
  const wrong: Record<string, string> = {
    adapter_name_taken: adapter('fhir_r4'),
    adapter_misnamed: adapter('our_chart', 'your_chart'),
    adapter_transport_unknown: adapter('our_chart', 'our_chart', 'pigeon'),
    adapters_missing: 'export const nothing = 1',
    adapters_unreadable: "import { x } from 'left-pad'\nexport const adapters = { x }",
  }
  for (const [rule, text] of Object.entries(wrong)) {
    const { tables: all, findings } = await load({ 'adapters/index.ts': text })
    assert.deepEqual(
      findings.map(one => one.rule),
      [rule],
    )
    assert.equal(findings[0]?.severity, 'error')
    assert.notEqual(findings[0]?.remedy, '')
    assert.equal(all, tables)
  }
})
