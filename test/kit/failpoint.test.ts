// Named deaths for tests: a process dies at its failpoint's n-th pass, and nowhere without the
// variable.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'

const module = new URL('../../src/kit/failpoint.ts', import.meta.url).href
const script = `
  import { failpoint } from '${module}'
  for (let i = 1; i <= 4; i++) { failpoint('other'); console.log(i); failpoint('here') }`

function run(wanted?: string): { passes: number; signal: string | null; status: number | null } {
  const { FIRTH_FAILPOINT: _, ...env } = process.env
  const { stdout, signal, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    {
      env: wanted === undefined ? env : { ...env, FIRTH_FAILPOINT: wanted },
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  return { passes: stdout.trim().split('\n').length, signal, status }
}

describe('failpoint', () => {
  it('does nothing without the variable, with an empty one, and under another name', () => {
    for (const wanted of [undefined, '', 'elsewhere', 'elsewhere:2']) {
      assert.deepEqual(run(wanted), { passes: 4, signal: null, status: 0 })
    }
  })

  it('kills at the first pass, without any farewell', () => {
    assert.deepEqual(run('here'), { passes: 1, signal: 'SIGKILL', status: null })
  })

  it('kills at the pass that was named', () => {
    assert.deepEqual(run('here:3'), { passes: 3, signal: 'SIGKILL', status: null })
  })

  it('lives on where the named pass never comes', () => {
    assert.deepEqual(run('here:5'), { passes: 4, signal: null, status: 0 })
  })
})
