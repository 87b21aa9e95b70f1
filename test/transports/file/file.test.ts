// The transport of files: what it answers for what becomes of a file on a real disk.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { catalogue } from '../../../src/model/errors.ts'
import type { FileCall } from '../../../src/model/intent.ts'
import { silentSignals } from '../../../src/model/signals.ts'
import { file } from '../../../src/transports/file/file.ts'

async function world(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'firth-file-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return { folder, transport: await file.open({ folder, mode: '600' }, { signals: silentSignals }) }
}

const call = (change: Partial<FileCall> = {}): FileCall => ({
  kind: 'file',
  name: 'a.hl7',
  bytes: Buffer.from('MSH|'),
  changes: true,
  ...change,
})
const patience = () => AbortSignal.timeout(60_000)

describe('the transport of files', () => {
  it('puts a file, knows it again, and tells another one', async t => {
    const { folder, transport } = await world(t)
    const found = async (change: Partial<FileCall>) => {
      const answer = await transport.call(call(change), patience())
      return answer.kind === 'file' ? answer.found : answer.kind
    }
    assert.equal(await found({ changes: false }), 'absent')
    assert.deepEqual(await readdir(folder), [])
    assert.equal(await found({}), 'made')
    assert.equal(await found({}), 'same')
    assert.equal(await found({ changes: false }), 'same')
    assert.equal(await found({ bytes: Buffer.from('other') }), 'other')
    assert.equal(await found({ bytes: Buffer.from('other'), changes: false }), 'other')
    assert.equal(await readFile(join(folder, 'a.hl7'), 'utf8'), 'MSH|')
  })

  it('lets no name lead out of its folder or hide', async t => {
    const { folder, transport } = await world(t)
    const names = ['../a', 'a/b', '/etc/a', '.', '..', '.hidden', '', 'a\\b', 'a\0b', 'a\nb']
    for (const name of [...names, 'x'.repeat(256)]) {
      const answer = await transport.call(call({ name }), patience())
      assert.equal(answer.kind === 'not_sent' && answer.code, 'target_misconfigured', name)
    }
    assert.deepEqual(await readdir(folder), [])
  })

  it('says that the target is to be mended where the folder is missing', async t => {
    const { folder, transport } = await world(t)
    await rm(folder, { recursive: true })
    for (const changes of [true, false]) {
      assert.deepEqual(await transport.call(call({ changes }), patience()), {
        kind: 'not_sent',
        code: 'target_misconfigured',
        facts: { error: 'ENOENT' },
      })
    }
    assert.equal(catalogue.target_misconfigured.outcome, 'config')
  })

  it('does nothing for a caller that has given up', async t => {
    const { folder, transport } = await world(t)
    const answer = await transport.call(call(), AbortSignal.abort())
    assert.equal(answer.kind, 'not_sent')
    assert.deepEqual(await readdir(folder), [])
  })
})
