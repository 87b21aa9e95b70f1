// A folder for a moment.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { listFolder } from '../../src/kit/files.ts'
import { withTemporaryFolder } from '../../src/kit/temporary.ts'

test('the folder is there for the work, and gone after it', async () => {
  const folder = await withTemporaryFolder('firth-test-', async folder => {
    await writeFile(join(folder, 'a'), 'x')
    assert.equal((await listFolder(folder))?.length, 1)
    return folder
  })
  assert.equal(await listFolder(folder), undefined)
})

test('it is gone also after work that failed, and the failure is told', async () => {
  let left = ''
  const work = async (folder: string) => {
    left = folder
    throw new Error('no')
  }
  await assert.rejects(withTemporaryFolder('firth-test-', work), /no/)
  assert.equal(await listFolder(left), undefined)
})
