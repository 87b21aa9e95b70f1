// Another program, run to its end within limits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from '../../src/kit/program.ts'

const node = (code: string, limits: { time_ms_max?: number; output_bytes_max?: number } = {}) =>
  runProgram(process.execPath, {
    args: ['-e', code],
    cwd: '/',
    time_ms_max: 60_000,
    output_bytes_max: 1_000,
    ...limits,
  })

test('what it printed and how it ended is told', async () => {
  const end = await node('console.log("é"); process.exit(3)')
  assert.deepEqual(end, { code: 3, out: 'é\n' })
})

test('it inherits no environment', async () => {
  const end = await node('console.log(process.env.HOME, process.env.PATH)')
  assert.equal(end.out, 'undefined undefined\n')
})

test('more output than allowed, or more time, ends it', async () => {
  assert.equal((await node('for (;;) console.log("x".repeat(100))')).code, null)
  assert.equal((await node('for (;;);', { time_ms_max: 200 })).code, null)
})

test('a program that is not there has not run', async () => {
  const options = { args: [], cwd: '/', time_ms_max: 1_000, output_bytes_max: 1_000 }
  assert.deepEqual(await runProgram('/nowhere/at/all', options), { code: null, out: '' })
})
