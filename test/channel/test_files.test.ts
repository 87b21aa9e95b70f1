// Test files of channels, read and checked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChannelTests, testFileOf } from '../../src/channel/test_files.ts'
import { TEST_EXAMPLE } from '../../src/declare/docs_tests.ts'
import { makeProject } from '../harness/engine.ts'

const CHANNEL = 'channels/harbor/adt_in.yaml'

async function read(text: string, files: Readonly<Record<string, string>> = {}) {
  const made = await makeProject({ [testFileOf(CHANNEL)]: text, ...files })
  try {
    return await readChannelTests(made.project, CHANNEL)
  } finally {
    await made.remove()
  }
}

const rules = async (text: string) =>
  (await read(text)).findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`)

test('reads cases with their places', async () => {
  const { cases, findings } = await read(TEST_EXAMPLE)
  assert.deepEqual(findings, [])
  assert.equal(cases.length, 1)
  const [one] = cases
  assert.equal(one?.name, 'admits an inpatient')
  assert.equal(one?.exact, false)
  assert.equal(one?.locate(['expect', 'ack']).line, 10)
  assert.equal(one?.locate(['expect', 'events', '0', 'Patient.name.family']).line, 14)
})

test('refuses a path to an element that FHIR does not have, where nothing would ever be there', async () => {
  const head = 'tests:\n  - name: a\n    message: x\n    expect:\n      events:\n'
  const event = (path: string) => rules(`${head}        - kind: x\n          ${path}\n`)
  assert.deepEqual(await event('Encounter.clas.code: null'), ['7:11 element_unknown'])
  for (const path of ['Patient.name[0].given[1]: A', 'Patient._birthDate.id: x', 'Task.none: x']) {
    assert.deepEqual(await event(path), [], path)
  }
})

test('a channel without a test file has no cases and no findings', async () => {
  const made = await makeProject({ [CHANNEL]: '' })
  const { bytes, cases, findings } = await readChannelTests(made.project, CHANNEL)
  await made.remove()
  assert.deepEqual({ bytes, cases, findings }, { bytes: undefined, cases: [], findings: [] })
})

test('takes the bytes of a file as they are', async () => {
  const { cases } = await read('tests:\n  - name: a\n    file: a.hl7\n', {
    'channels/harbor/a.hl7': 'MSH|\r\n',
  })
  const [one] = cases
  assert.ok(one !== undefined && 'bytes' in one.message)
  assert.equal(one.message.bytes.toString(), 'MSH|\r\n')
})

test('says what is wrong, by line and column, and runs none of the file', async () => {
  assert.deepEqual(await rules('tests:\n  - name: a\n    message: x\n    expct: {}\n'), [
    '4:5 unknown_key',
  ])
  assert.deepEqual(await rules('tests:\n  - name: a\n'), ['2:5 test_message'])
  assert.deepEqual(await rules('tests:\n  - name: a\n    file: no.hl7\n'), [
    '3:11 test_file_missing',
  ])
  const twice = 'tests:\n  - name: a\n    message: x\n  - name: a\n    message: x\n'
  assert.deepEqual(await rules(twice), ['4:11 duplicate_test'])
  const ack = 'tests:\n  - name: a\n    message: x\n    expect:\n      ack: AB\n'
  assert.deepEqual(await rules(ack), ['5:12 wrong_value'])
  const path = 'tests:\n  - name: a\n    message: x\n    expect:\n      events:\n        - knd: x\n'
  assert.deepEqual(await rules(path), ['6:11 test_path'])
  assert.deepEqual(await rules('tests: [\n'), ['2:1 yaml_syntax'])
  const at = 'tests:\n  - name: a\n    message: x\n    received_at: yesterday\n'
  assert.deepEqual(await rules(at), ['4:18 wrong_value'])
  assert.equal((await read(twice)).cases.length, 0)
})

test('names the path that was meant', async () => {
  const text = 'tests:\n  - name: a\n    message: x\n    expect:\n      events:\n        - knd: x\n'
  assert.match((await read(text)).findings[0]?.remedy ?? '', /Did you mean `kind`/)
})
