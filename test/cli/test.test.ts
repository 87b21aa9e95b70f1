// firth test as a person runs it while writing: again with every saved file, and asked before
// anything is changed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { World } from '../../src/cli/command.ts'
import { parse } from '../../src/cli/parse.ts'
import { test as command } from '../../src/cli/test.ts'
import { TEST_EXAMPLE } from '../../src/declare/docs_tests.ts'
import { FIRTH, makeProject } from '../harness/engine.ts'
import { tables } from './world.ts'

const TENANT = `tenant: harbor
time_zone: UTC
environment: development
targets:
  chart:
    toy: {}
`
const CHANNEL = `channel: adt_in
tenant: harbor
about: Admissions of a test.
source:
  toy_door: {}
transform: base
routes:
  - { name: chart, to: chart }
`
const WRONG = TEST_EXAMPLE.replace('IMP', 'AMB').replace(/\n {6}intents:[\s\S]*$/, '\n')

const files = (source: string, target: string) => ({
  'channels/harbor/tenant.yaml': TENANT.replace('toy: {}', target),
  'channels/harbor/adt_in.yaml': CHANNEL.replace('toy_door: {}', source),
  'channels/harbor/adt_in.test.yaml': WRONG,
})

const made = await makeProject(files('toy_door: {}', 'toy: {}'))
after(() => made.remove())
const file = join(made.project, 'channels/harbor/adt_in.test.yaml')

/** `firth test --update` at a terminal where a person answers. */
async function updateAnswering(answer: string) {
  let err = ''
  const questions: string[] = []
  const world: World = {
    tables,
    env: {},
    cwd: made.project,
    version: '0.0.0',
    colours: false,
    terminal: true,
    out: () => {},
    err: text => {
      err += text
    },
    progress: () => {},
    ask: async question => {
      questions.push(question)
      return answer
    },
    signal: new AbortController().signal,
  }
  const code = await command.run(parse(command, ['--update']), world)
  return { code, err, questions }
}

test('shows the change, asks, and leaves the file alone where the answer is no', async () => {
  const { code, err, questions } = await updateAnswering('n')
  assert.equal(code, 1)
  assert.match(err, /- +Encounter.class.code: AMB\n\+ +Encounter.class.code: IMP/)
  assert.equal(questions.length, 1)
  assert.equal(readFileSync(file, 'utf8'), WRONG)
})

test('changes what was shown where the answer is yes', async () => {
  const { code } = await updateAnswering('y')
  assert.equal(code, 0)
  assert.equal(readFileSync(file, 'utf8'), WRONG.replace('AMB', 'IMP'))
})

test('with --watch it runs again when a file is saved, and ends when told to', async t => {
  const fhir = 'fhir_r4: { base_url: "http://127.0.0.1:1/fhir" }'
  const other = await makeProject(files('mllp: { port: 2575 }', fhir))
  const child = spawn(FIRTH, ['test', '--watch', '--project', other.project])
  t.after(async () => {
    child.kill('SIGKILL')
    await other.remove()
  })
  let output = ''
  const seen = (pattern: RegExp) =>
    new Promise<void>(resolve => {
      const look = () => pattern.test(output) && resolve()
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      look()
    })
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await Promise.all([seen(/0 passed, 1 failed/), seen(/Watching/)])
  const ended = once(child, 'exit')
  writeFileSync(join(other.project, 'channels/harbor/adt_in.test.yaml'), 'tests: [')
  await seen(/yaml_syntax/)
  writeFileSync(
    join(other.project, 'channels/harbor/adt_in.test.yaml'),
    WRONG.replace('AMB', 'IMP'),
  )
  await seen(/1 passed/)
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})
