// firth check and firth explain, as a person and as a program run them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { project, SMALLEST } from '../channel/toy.ts'
import { exit, run } from './world.ts'

const CHANNEL = 'channels/harbor/adt_in.yaml'
const text = SMALLEST.replace('mllp:\n    port: 2575', 'toy_door: {}')

describe('firth check', () => {
  it('ends with 0 and a summary where nothing is wrong', async t => {
    const folder = await project(t, { [CHANNEL]: text })
    const { code, out } = await run(['check', '--project', folder])
    assert.equal(out, '0 errors, 0 warnings in 1 channel, 1 tenant, 0 mappings.\n')
    assert.equal(code, exit.ok)
  })

  it('tells each error with its place, and ends with 3', async t => {
    const folder = await project(t, { [CHANNEL]: text.replace('about', 'abuot') })
    const { code, out } = await run(['check', '--project', folder])
    assert.match(
      out,
      /^channels\/harbor\/adt_in\.yaml:3:1 error unknown_key: .*\n {2}Did you mean/m,
    )
    assert.match(out, /^1 error, 1 warning in/m)
    assert.equal(code, exit.config)
  })

  it('lets warnings pass, and with --strict not', async t => {
    const folder = await project(t, { [CHANNEL]: text.replace('about: Admissions.\n', '') })
    assert.equal((await run(['check', '--project', folder])).code, exit.ok)
    assert.equal((await run(['check', '--project', folder, '--strict'])).code, exit.config)
  })

  it('prints one array of findings for programs', async t => {
    const folder = await project(t, { [CHANNEL]: text.replace('about', 'abuot') })
    const { out } = await run(['check', '--project', folder, '--json'])
    const findings = JSON.parse(out) as Record<string, unknown>[]
    assert.deepEqual(
      findings.map(({ file, line, column, severity, rule }) => [
        file,
        line,
        column,
        severity,
        rule,
      ]),
      [
        [CHANNEL, 1, 10, 'warning', 'about_missing'],
        [CHANNEL, 3, 1, 'error', 'unknown_key'],
      ],
    )
    const sound = await project(t, { [CHANNEL]: text })
    assert.equal((await run(['check', '--project', sound, '--json'])).out, '[]\n')
  })

  it('tells only of the files that are named, and of those that are none', async t => {
    const other = text.replace('adt_in', 'oru_in').replace('about', 'abuot')
    const folder = await project(t, { [CHANNEL]: text, 'channels/harbor/oru_in.yaml': other })
    const of = (...files: string[]) => run(['check', ...files], { cwd: folder })
    assert.equal((await of(CHANNEL)).code, exit.ok)
    assert.equal((await of('channels/harbor')).code, exit.config)
    const wrong = await of('channels/harbor/adt_im.yaml')
    assert.match(wrong.out, /error file_not_checked.*\n {2}Did you mean .*adt_in\.yaml/)
    assert.equal(wrong.code, exit.config)
  })

  it('says in words that there is no project, no YAML, or half a file', async t => {
    const folder = await project(t, { [CHANNEL]: text.slice(0, 40) })
    for (const [where, rule] of [
      [`${folder}/nowhere`, 'project_missing'],
      [folder, 'error'],
    ] as const) {
      const { code, out, err } = await run(['check', '--project', where])
      assert.equal(code, exit.config)
      assert.match(out, new RegExp(rule))
      assert.doesNotMatch(out + err, /\n\s+at /, 'no stack')
    }
  })
})
