// What firth.yaml keeps otherwise: by names that are there, and a slip is said.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { load, SMALLEST } from './toy.ts'

async function loaded(t: TestContext, keep: string) {
  return load(t, {
    'channels/harbor/adt_in.yaml': SMALLEST,
    'channels/harbor/tenant.yaml': `tenant: harbor
targets:
  chart:
    fhir_r4: { base_url: http://x }
`,
    'firth.yaml': `keep:\n${keep}`,
  })
}

const rulesOf = async (t: TestContext, keep: string) =>
  (await loaded(t, keep)).findings
    .filter(({ file }) => file === 'firth.yaml')
    .map(one => `${one.line}:${one.column} ${one.severity} ${one.rule} ${one.remedy}`)

describe('keep in firth.yaml', () => {
  it('takes a tenant and every topic that its files make, and stands in the plan', async t => {
    const names = ['harbor', 'raw.harbor.adt_in', 'canonical.harbor', 'dead.harbor']
    const all = [...names, 'audit.harbor', 'outbound.harbor.chart']
    const lines = all.map(name => `  ${name}: { keep_ms: 86400000, keep_bytes_max: 1048576 }\n`)
    assert.deepEqual(await rulesOf(t, lines.join('')), [])
    const { plan } = await loaded(t, '  harbor: { keep_ms: 86400000 }\n')
    assert.deepEqual(plan?.engine.keep, { harbor: { keep_ms: 86_400_000 } })
  })

  it('says where a name is nobody, and which may be meant', async t => {
    assert.deepEqual(await rulesOf(t, '  raw.harbor.adt_im: { keep_ms: 86400000 }\n'), [
      '2:3 warning keep_unknown Did you mean `raw.harbor.adt_in`?',
    ])
  })

  it('refuses less than a minute, less than a mebibyte, and other keys', async t => {
    const all = '  harbor: { keep_ms: 5, keep_bytes_max: 5, for: 1d }\n'
    const rules = await rulesOf(t, all)
    assert.equal(rules.length, 3)
    assert.equal((await loaded(t, all)).plan, undefined)
  })
})
