// The name of who runs this.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { userName } from '../../src/kit/user.ts'

test('names the user as the system does', () => {
  assert.equal(userName(), execFileSync('id', ['-un'], { encoding: 'utf8' }).trim())
})
