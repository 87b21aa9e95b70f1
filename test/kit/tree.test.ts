// A folder that is there whole or not at all.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { startChild } from '../../src/kit/child.ts'
import { removeParts, writeTree } from '../../src/kit/tree.ts'

const place = async () => mkdtemp(join(tmpdir(), 'firth-tree-'))
const tree = new Map([
  ['a.txt', Buffer.from('one')],
  ['below/deep/b.txt', Buffer.from('two')],
])

test('writes files, folders and links, and leaves nothing beside them', async t => {
  const root = await place()
  t.after(() => rm(root, { recursive: true }))
  const whole = new Map<string, Buffer | { link: string }>([...tree, ['up', { link: 'below' }]])
  assert.equal(await writeTree(join(root, 'new/tree'), whole), true)
  assert.deepEqual(await readdir(join(root, 'new')), ['tree'])
  assert.equal(await readFile(join(root, 'new/tree/a.txt'), 'utf8'), 'one')
  assert.equal(await readFile(join(root, 'new/tree/up/deep/b.txt'), 'utf8'), 'two')
})

test('never touches what stands already', async t => {
  const root = await place()
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'tree'))
  await writeFile(join(root, 'tree/a.txt'), 'first')
  assert.equal(await writeTree(join(root, 'tree'), tree), false)
  assert.equal(await readFile(join(root, 'tree/a.txt'), 'utf8'), 'first')
  assert.deepEqual(await readdir(root), ['tree'])
})

for (const [failpoint, stands] of [
  ['tree.written', false],
  ['tree.renamed', true],
] as const) {
  test(`a death at ${failpoint} leaves ${stands ? 'all' : 'none'} of it, and its rest is removed`, async t => {
    const root = await place()
    t.after(() => rm(root, { recursive: true }))
    const module = pathToFileURL(join(import.meta.dirname, '../../src/kit/tree.ts')).href
    const script = join(root, 'write.mjs')
    const folder = JSON.stringify(join(root, 'trees/tree'))
    await writeFile(
      script,
      `import { writeTree } from ${JSON.stringify(module)}
       await writeTree(${folder}, new Map([['a.txt', Buffer.from('one')]]))`,
    )
    const signal = await new Promise(resolve => {
      startChild(
        { entry: script, args: [], flags: [], env: { FIRTH_FAILPOINT: failpoint } },
        { data: () => {}, end: end => resolve(end.signal) },
      )
    })
    assert.equal(signal, 'SIGKILL')
    await removeParts(join(root, 'trees'))
    assert.deepEqual(await readdir(join(root, 'trees')), stands ? ['tree'] : [])
    if (stands) assert.equal(await readFile(join(root, 'trees/tree/a.txt'), 'utf8'), 'one')
  })
}

test('removing what is half-made asks for no folder', async () => {
  await removeParts('/nowhere/at/all')
})
