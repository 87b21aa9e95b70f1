// The screen of firth status --watch: fits the terminal, refreshes in place, obeys its keys and
// leaves the terminal as it was.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { World } from '../../src/cli/command.ts'
import { cut, fitTable } from '../../src/cli/fit.ts'
import { screenOf, watch } from '../../src/cli/status_watch.ts'
import { Failure } from '../../src/model/errors.ts'
import type { Status } from '../../src/operate/status.ts'

const channel = (name: string, waiting: number) => ({
  ...{ tenant: 'harbor', channel: name, per_second: 1, connections: 1 },
  ...{ waiting, since_ms: undefined },
})

const picture: Status = {
  ...{ pid: 1, started_at_ms: 0, now_ms: 60_000, project: `/srv/${'deep/'.repeat(30)}` },
  ...{ deployments: {}, feeds: [], groups: [], writes: [], people: [], pauses: [], replays: [] },
  ...{ remarks: {}, oldest: [], letters: undefined, space: [], dead: {}, alerts: [] },
  channels: [channel('calm', 0), channel('busy', 9)],
  search: { records: 0, behind: 0, rebuilding: false, trouble: undefined },
  log: { records: 0, bytes: 0, waiting_bytes: 0, trouble: undefined },
  store: { trouble: undefined },
  process: { rss_bytes: 1, event_loop_ms_p99: 1 },
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys.
const CONTROLS = /\x1b\[[?\d;]*[A-Za-z]/g

function terminal(columns = 80, rows = 24) {
  let press: ((key: string) => void) | undefined
  const written: string[] = []
  const world = {
    colours: true,
    size: () => ({ columns, rows }),
    signal: new AbortController().signal,
    out: (text: string) => void written.push(text),
    keys: (onKey: (key: string) => void) => {
      press = onKey
      return () => {
        press = undefined
      }
    },
  }
  const isReading = () => press !== undefined
  return {
    world: world as unknown as World,
    written,
    press: (key: string) => press?.(key),
    isReading,
  }
}

describe('firth status --watch', () => {
  for (const [columns, rows] of [
    [80, 24],
    [160, 50],
    [20, 5],
  ] as const) {
    it(`fills ${columns} columns and ${rows} rows and never more`, () => {
      const { world } = terminal(columns, rows)
      const lines = screenOf(picture, { sort: 'name', world })
        .replaceAll(CONTROLS, '')
        .split('\r\n')
      assert.equal(lines.length, rows)
      for (const line of lines) assert.ok(line.length <= columns, line)
      assert.match(lines.at(-1) ?? '', /^q quit/)
    })
  }

  it('sorts by another number with s, ends with q, and leaves the terminal as it was', async () => {
    const { world, written, press, isReading } = terminal()
    let asked = 0
    const last = watch(async () => {
      asked += 1
      if (asked === 2) press('s')
      if (asked === 3) press('s')
      if (asked === 5) press('q')
      else setImmediate(() => press('x'))
      return picture
    }, world)
    assert.equal(await last, picture)
    assert.equal(isReading(), false)
    const screens = written.slice(1, -1)
    const at = (screen: string | undefined, name: string) => screen?.indexOf(`harbor/${name}`) ?? -1
    assert.ok(at(screens[0], 'calm') < at(screens[0], 'busy'))
    assert.ok(at(screens.at(-1), 'busy') < at(screens.at(-1), 'calm'))
    assert.equal(written[0], '\x1b[?1049h\x1b[?25l')
    assert.equal(written.at(-1), '\x1b[?25h\x1b[?1049l')
  })

  it('shows why there is no picture, and goes on when there is one again', async () => {
    const { world, written, press } = terminal()
    let asked = 0
    const last = await watch(async () => {
      asked += 1
      if (asked === 3) press('q')
      else setImmediate(() => press('x'))
      if (asked === 1) throw new Failure('engine_not_running')
      return picture
    }, world)
    assert.equal(last, picture)
    assert.match(written[1] ?? '', /No Firth is running/)
    assert.match(written[2] ?? '', /harbor\/busy/)
  })
})

describe('what is fitted', () => {
  it('gives up the least needed columns first, and keeps those that are needed', () => {
    const columns = [{ title: 'name' }, { title: 'a', spare: 1 }, { title: 'b', spare: 2 }]
    const rows = [['n'.repeat(10), 'x'.repeat(10), 'y'.repeat(10)]]
    const heads = (width?: number) => fitTable(columns, rows, width).split('\n')[0]
    assert.match(heads() ?? '', /^name +a +b$/)
    assert.match(heads(25) ?? '', /^name +a$/)
    assert.match(heads(5) ?? '', /^name$/)
  })

  it('cuts a line where it is too long, without its colours counting or running on', () => {
    assert.equal(cut('abcdef', 6), 'abcdef')
    assert.equal(cut('abcdefg', 6), 'abcde…')
    assert.equal(cut('\x1b[1mabc\x1b[0m', 3), '\x1b[1mabc\x1b[0m')
    assert.equal(cut('\x1b[1mabcdef\x1b[0m', 4), '\x1b[1mabc…\x1b[0m')
  })
})
