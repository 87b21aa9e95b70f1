// The house style, executed (STYLE.md 28). Each check runs over the whole repository, and each is
// shown a bad sample first: a check that cannot fail checks nothing.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { adapters } from '../adapters/index.ts'
import { integer, text } from '../src/declare/field.ts'
import type { Room, Table } from '../src/declare/room.ts'
import { channelFields, engineFields, tenantFields } from '../src/declare/schema_documents.ts'
import { logs } from '../src/logs/index.ts'
import { catalogue } from '../src/model/errors.ts'
import { sources } from '../src/sources/index.ts'
import { stores } from '../src/stores/index.ts'
import { transports } from '../src/transports/index.ts'
import { floorsKept } from './tidy/floors.ts'
import { fieldFaults, isSentence, roomFaults, tableFaults } from './tidy/rooms.ts'
import { type Check, isCode, isShipped, ROOT, readSources, type Source } from './tidy/source.ts'
import { untested, unusedCodes } from './tidy/tested.ts'
import * as words from './tidy/words.ts'

const files = await readSources()
const inSrc = (one: Source) => one.path.startsWith('src/') && isCode(one)

interface House {
  readonly says: string
  readonly check: Check
  readonly of: (source: Source) => boolean
  /** Each must be complained of. */
  readonly bad: readonly Source[]
  /** Each must pass: what is easily mistaken for bad. */
  readonly good: readonly Source[]
}

const at = (path: string, text: string): Source => ({ path, text })
const inPath = (text: string) => at('src/path/a.ts', text)

const house: readonly House[] = [
  {
    says: 'imports go down only, and never into another room',
    check: floorsKept,
    of: isShipped,
    bad: [
      at('src/kit/a.ts', "import { x } from '../model/errors.ts'"),
      at('src/model/a.ts', "import type { X } from '../declare/field.ts'"),
      at('src/sources/mllp/a.ts', "import { x } from '../timer/timer.ts'"),
      at('src/sources/mllp/a.ts', "import { x } from '../../logs/embedded/embedded.ts'"),
      at('src/channel/a.ts', "import { x } from '../path/path.ts'"),
      at('src/path/a.ts', "import {\n  x,\n} from '../channel/load.ts'"),
      at('src/path/a.ts', "const x = await import('../operate/trace.ts')"),
      at('src/operate/a.ts', "export { x } from '../cli/run.ts'"),
      at('src/cli/a.ts', "import '../main.ts'"),
      at('src/codecs/a.ts', "import { parse } from 'yaml'"),
      at('src/channel/a.ts', "import pad from 'left-pad'"),
      at('src/path/a.ts', "import { readFile } from 'node:fs/promises'"),
      at('src/sources/mllp/a.ts', "import net from 'node:net'"),
      at('src/kit/a.ts', "import { DatabaseSync } from 'node:sqlite'"),
      at('src/sdk.ts', "export { x } from './wire/http.ts'"),
      at('transforms/harbor/adt.ts', "import { x } from '../other/adt.ts'"),
      at('transforms/harbor/adt.ts', "import { hash } from 'node:crypto'"),
      at('adapters/fhir_r4/a.ts', "import { x } from '../../src/sdk.ts'"),
      at('adapters/fhir_r4/a.ts', "import { x } from '#base'"),
      at('src/elsewhere/a.ts', ''),
    ],
    good: [
      at(
        'src/sources/mllp/a.ts',
        "import { x } from './b.ts'\nimport { y } from '../../wire/mllp.ts'",
      ),
      at('src/sources/index.ts', "import { mllp } from './mllp/mllp.ts'"),
      at('src/path/mapping/a.ts', "import { x } from '../path.ts'"),
      at('transforms/harbor/adt.ts', "import adt from '#base/adt'\nimport { x } from '#sdk'"),
      at('src/channel/a.ts', "import { parse } from 'yaml'"),
    ],
  },
  {
    says: 'files stay under 400 lines',
    check: words.shortEnough,
    of: isCode,
    bad: [inPath('a\n'.repeat(401))],
    good: [inPath('a\n'.repeat(400))],
  },
  {
    says: 'lines stay within 100 columns, quoted sentences aside',
    check: words.narrowEnough,
    of: isCode,
    bad: [inPath(`// ${'a'.repeat(98)}`), inPath(`${'a'.repeat(101)}`)],
    good: [inPath(`// ${'a'.repeat(97)}`), inPath(`  message: '${'a '.repeat(60)}',`)],
  },
  {
    says: 'every file opens with one to five lines of comment',
    check: words.opensWithComment,
    of: isCode,
    bad: [
      inPath("import x from 'y'\n// late\n"),
      inPath(`${'// a\n'.repeat(6)}x`),
      inPath('\n// a\n'),
    ],
    good: [inPath('// a\nx'), inPath('#!/usr/bin/env node\n// a\nx')],
  },
  {
    says: 'files and folders are named in snake_case',
    check: words.snakeCase,
    of: ({ path }) => path.includes('/'),
    bad: [at('src/path/deliverIt.ts', ''), at('src/Path/a.ts', ''), at('channels/a-b/c.yaml', '')],
    good: [at('src/path/1_receive.ts', ''), at('src/path/README.md', ''), at('.ci/run', '')],
  },
  {
    says: 'clock and chance are touched through kit/ only',
    check: words.worldBehindKit,
    of: isShipped,
    bad: [
      inPath('const t = Date.now()'),
      inPath('const t = new Date()'),
      inPath('x(Math.random())'),
      inPath('setTimeout(x, 1)'),
      inPath('await fetch(url)'),
    ],
    good: [
      inPath('const t = new Date(0)'),
      inPath('socket.setTimeout(1)'),
      inPath("// Date.now() is not there\nrefuse('Math.random()')"),
      at('src/kit/clock.ts', 'Date.now()'),
    ],
  },
  {
    says: 'nothing prints but the command line',
    check: words.noConsole,
    of: one => inSrc(one) && !one.path.startsWith('src/cli/'),
    bad: [inPath('console.log(1)'), inPath('  console.error(x)')],
    good: [inPath('// console.log'), inPath('context.console_x')],
  },
  {
    says: 'nothing is caught to silence without a word why',
    check: words.noSilentCatch,
    of: isShipped,
    bad: [
      inPath('try { a() } catch {}'),
      inPath('try { a() } catch (e) { }'),
      inPath('p.catch(() => {})'),
    ],
    good: [inPath('// Somebody else waits for it.\np.catch(() => {})'), inPath('p.catch(log)')],
  },
  {
    says: 'no loose end without its issue',
    check: words.noLooseEnds,
    of: isShipped,
    bad: [inPath('// TODO later'), inPath('// FIXME')],
    good: [inPath('// TODO(#12) later'), inPath('const TODOS = 1')],
  },
  {
    says: 'functions take at most three positional parameters',
    check: words.fewParameters,
    of: isShipped,
    bad: [inPath('function f(a: A, b: B, c: C, d: D) {}'), inPath('function f<T>(a, b, c, d) {}')],
    good: [
      inPath('function f(a: A, b: Map<B, C>, { d, e }: D) {}'),
      inPath('function f(\n  a,\n  b,\n  c,\n) {}'),
    ],
  },
  {
    says: 'no file names a place of one machine',
    check: words.noForbiddenWords,
    of: () => true,
    bad: [
      at('README.md', `see ${'/wo'}rk/main/src`),
      at('package-lock.json', `"res${'olved'}": "x"`),
      at('a.json', `https://registry.${'npmjs'}.org/x`),
    ],
    good: [at('README.md', 'see /work of art'), at('a.yaml', 'host: registry.example')],
  },
]

for (const { says, check, of, bad, good } of house) {
  test(`the check can fail: ${says}`, () => {
    for (const sample of bad) assert.notDeepEqual(check(sample), [], `missed: ${sample.text}`)
    for (const sample of good) assert.deepEqual(check(sample), [], `wronged: ${sample.text}`)
  })

  test(says, () => {
    const looked = files.filter(of)
    assert.ok(looked.length > 0, 'there is something to look at')
    assert.deepEqual(looked.flatMap(check), [])
  })
}

const toy: Room = {
  kind: 'toy',
  summary: 'A toy.',
  fields: { port: integer({ doc: 'A port.', default: 1, minimum: 1 }) },
  example: { port: 2 },
}

test('the check can fail: declarations agree with themselves', () => {
  assert.deepEqual(roomFaults(toy), [])
  const faults = (change: Partial<Room>) => roomFaults({ ...toy, ...change }).length
  assert.equal(faults({ summary: 'a toy' }), 1)
  assert.equal(faults({ example: { port: 0 } }), 1)
  assert.equal(faults({ example: { prot: 1 } }), 1)
  assert.equal(faults({ fields: { port: integer({ doc: 'no sentence' }) } }), 1)
  assert.equal(faults({ fields: { port: integer({ doc: 'A.', default: 0, minimum: 1 }) } }), 1)
  assert.equal(
    faults({ fields: { port: text({ doc: 'A.', example: '', optional: true }) }, example: {} }),
    1,
  )
  const lint = () => [{ path: '', severity: 'warning', what: 'x', remedy: 'y' }] as const
  assert.equal(faults({ lint }), 1)
})

test('every declaration agrees with itself', () => {
  const all: Table<Room>[] = [sources, transports, adapters, logs, stores]
  assert.deepEqual(
    all.flatMap(table => Object.values(table).flatMap(roomFaults)),
    [],
  )
  assert.deepEqual(fieldFaults(channelFields, 'channel'), [])
  assert.deepEqual(fieldFaults(tenantFields, 'tenant'), [])
  assert.deepEqual(fieldFaults(engineFields, 'firth'), [])
})

test('the check can fail: tables agree with their folders', async () => {
  const folder = join(ROOT, 'src/sources')
  const renamed = { mllp: { ...sources.mllp, kind: 'mlp' } }
  assert.equal((await tableFaults(renamed, folder)).length, 1)
  assert.ok((await tableFaults({}, folder)).length >= 1)
  assert.ok((await tableFaults({ ...sources, toy }, folder)).length >= 1)
})

test('folder, key and kind of every room are the same', async () => {
  const faults = await Promise.all([
    tableFaults(sources, join(ROOT, 'src/sources')),
    tableFaults(transports, join(ROOT, 'src/transports')),
    tableFaults(adapters, join(ROOT, 'adapters')),
    tableFaults(logs, join(ROOT, 'src/logs')),
    tableFaults(stores, join(ROOT, 'src/stores')),
  ])
  assert.deepEqual(faults.flat(), [])
})

test('every error code is a sentence, is used, and the check for it can fail', () => {
  const codes = Object.keys(catalogue)
  assert.deepEqual(unusedCodes(['never_used'], files), ['never_used'])
  assert.deepEqual(unusedCodes(codes, files), [])
  const unsaid = Object.entries(catalogue).filter(([, entry]) => !isSentence(entry.message))
  assert.deepEqual(unsaid, [])
})

test('every source file has its test, and the check for it can fail', () => {
  const alone = [at('src/path/lonely.ts', ''), at('src/sources/new_one/new_one.ts', '')]
  assert.equal(untested(alone).length, 2)
  assert.equal(untested([...alone, at('test/path/lonely.test.ts', '')]).length, 1)
  assert.deepEqual(untested(files), [])
})
