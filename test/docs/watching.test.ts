// "Watching Firth" of the README, run as it is written: its settings are taken, and each address
// answers as it says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { firth, freePorts, makeProject, plainChannel, startFirth } from '../harness/engine.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const section = /## Watching Firth\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
const block = (kind: string) =>
  new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1] ?? ''

test('what the README says of watching is so', async t => {
  const [port = 0, http = 0, collector = 0] = await freePorts(3)
  const settings = block('yaml').replace('9090', String(http)).replace('4318', String(collector))
  const made = await makeProject({
    'firth.yaml': settings,
    'channels/harbor/tenant.yaml': 'tenant: harbor\nname: Harbor\n',
    'channels/harbor/feed.yaml': plainChannel({ tenant: 'harbor', channel: 'feed', port }),
  })
  const checked = await firth(['check', made.project])
  assert.ok(!checked.stdout.includes('firth.yaml'), checked.stdout)
  const engine = await startFirth(made)
  t.after(async () => {
    await engine.kill()
    await made.remove()
  })
  const lines = block('sh').trim().split('\n')
  assert.equal(lines.length, 3)
  for (const line of lines) {
    const [, address = ''] = /(http:\S+)/.exec(line) ?? []
    const answer = await fetch(address.replace('9090', String(http)))
    assert.equal(answer.status, 200, line)
    assert.ok((await answer.text()).length > 0)
  }
  assert.equal(await engine.stop(), 0)
})
