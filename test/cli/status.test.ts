// firth status: the picture of a running engine in words and as JSON, and trouble as an exit code.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { exit } from '../../src/cli/command.ts'
import type { Status } from '../../src/operate/status.ts'
import { serveControl } from '../../src/wire/control.ts'
import { atEnd, folder } from '../path/rooms.ts'
import { START_MS } from '../path/toy.ts'
import { lines, run } from './world.ts'

const picture: Status = {
  pid: 4_242,
  started_at_ms: START_MS - 3 * 3_600_000,
  now_ms: START_MS,
  project: '/srv/harbor',
  deployments: { harbor: 'd1' },
  feeds: [
    {
      tenant: 'harbor',
      channel: 'adt_in',
      address: 'mllp 127.0.0.1:2575',
      feed: '2575|HIS|HARBOR',
      connections: 2,
      received: 1_200,
      acknowledged: 1_199,
      refused: 1,
      last_at_ms: START_MS - 12_000,
      per_second: 3.26,
    },
  ],
  groups: [
    {
      group: 'route.harbor',
      topic: 'canonical.harbor',
      partition: 0,
      waiting: 17,
      since_ms: START_MS - 300_000,
      trouble: undefined,
    },
    {
      group: 'transform.harbor.adt_in',
      topic: 'raw.harbor.adt_in',
      partition: 0,
      waiting: 0,
      since_ms: undefined,
      trouble: undefined,
    },
  ],
  writes: [
    {
      tenant: 'harbor',
      target: 'chart',
      state: 'accepted',
      shown: 'pending',
      count: 9,
      since_ms: START_MS - 60_000,
      paused_until_ms: START_MS + 30_000,
      paused_for: 'target_down',
      breaker: 'open',
      breaker_since_ms: START_MS,
      rate_per_second: undefined,
      rate_wait_ms: 0,
    },
  ],
  people: [],
  pauses: [],
  replays: [],
  remarks: { 'harbor.chart': ['It does not declare patch of Task.'] },
  channels: [
    {
      ...{ tenant: 'harbor', channel: 'adt_in', per_second: 3.26, connections: 2 },
      ...{ waiting: 0, since_ms: undefined },
    },
  ],
  oldest: [
    {
      ...{ tenant: 'harbor', target: 'chart', intent_id: '1'.repeat(32), state: 'accepted' },
      ...{ since_ms: START_MS - 60_000, words: 'breaker open after target_down' },
    },
  ],
  letters: {
    reasons: [
      { tenant: 'harbor', channel: 'adt_in', code: 'mapping_failed', class: 'poison', count: 2 },
    ],
    decided: { harbor: 1 },
  },
  alerts: [],
  space: [
    {
      ...{ topic: 'raw.harbor.adt_in', partition: 0, why: 'open_dead_letter', name: 'abc' },
      ...{ more: 1, records: 7, since_ms: START_MS - 86_400_000 },
    },
  ],
  search: { records: 5, behind: 0, rebuilding: false, trouble: undefined },
  dead: { harbor: 2, north: 0 },
  log: { records: 5_000, bytes: 3 * 1024 ** 2, waiting_bytes: 0, trouble: undefined },
  store: { trouble: undefined },
  process: { rss_bytes: 1, event_loop_ms_p99: 1 },
}

async function engineSaying(t: TestContext, said: Status): Promise<string> {
  const data = await folder(t)
  const control = await serveControl(
    data,
    async () => said,
    cause => assert.fail(String(cause)),
  )
  atEnd(t, () => control.close())
  return data
}

describe('firth status', () => {
  it('shows feeds, what waits and since when, writes, pauses and dead letters', async t => {
    const { code, out } = await run(['status', '--data', await engineSaying(t, picture)])
    assert.equal(code, exit.failed)
    for (const part of [
      /^Firth \/srv\/harbor, running for 3 h, process 4242\n/,
      /\nlog: 5000 records, 3\.0 MiB\n/,
      /harbor\/adt_in +2575\|HIS\|HARBOR +2 +1200 +1199 +1 +3\.3 +12 s ago\n/,
      /route\.harbor +canonical\.harbor +17 +5 min ago\n/,
      /harbor\/chart +accepted +pending +9 +60 s ago +target_down, again in 30 s\n/,
      /\nharbor\.chart says of itself:\n {2}It does not declare patch of Task\.\n/,
      /\nharbor\/adt_in +3\.3 +2 +0\n/,
      /\nharbor\/chart +accepted +60 s ago +breaker open after target_down +1{32}\n/,
      /\nraw\.harbor\.adt_in +open_dead_letter +abc and 1 more +7 +24 h ago\n/,
      /\n +2 +harbor\/adt_in +mapping_failed\n/,
      /\nDead letters: harbor 2 \(1 more decided\)\. See: firth dead list\n$/,
    ]) {
      assert.match(out, part)
    }
    assert.ok(!out.includes('transform.harbor.adt_in'), 'who keeps up is not listed as waiting')
  })

  it('says what waits for people, and how a target is limited', async t => {
    const [line] = picture.writes
    assert.ok(line)
    const limited = { ...line, paused_for: undefined, rate_per_second: 10, rate_wait_ms: 2_000 }
    const people = [{ tenant: 'harbor', target: 'chart', approvals: 3, unknown: 1, dead: 2 }]
    const data = await engineSaying(t, { ...picture, writes: [limited], people })
    const { code, out } = await run(['status', '--data', data])
    assert.equal(code, exit.ok)
    assert.match(out, /10 calls\/s, next in 2 s\n/)
    assert.match(
      out,
      /\nWaiting for people at harbor\/chart: 3 to approve \(firth approve list\), /,
    )
    assert.match(out, /1 that may have landed .*, 2 dead that hold their patients /)
  })

  it('says in words where there is nothing to show', async t => {
    const none = { feeds: [], groups: [], writes: [], dead: {}, letters: undefined, space: [] }
    const quiet = { ...picture, ...none, channels: [], oldest: [] }
    const { out } = await run(['status', '--data', await engineSaying(t, quiet)])
    for (const words of [
      'no sender has connected yet',
      'nothing waits between the stations',
      'no write was asked for yet',
    ]) {
      assert.ok(out.includes(words), words)
    }
    assert.ok(!out.includes('Dead letters'))
  })

  it('gives programs the picture whole', async t => {
    const { code, out } = await run(['status', '--json', '--data', await engineSaying(t, picture)])
    assert.equal(code, exit.failed)
    assert.deepEqual(lines(out), [JSON.parse(JSON.stringify(picture))])
  })

  it('ends with 1 where the log, the store or a unit is in trouble, and shows which', async t => {
    const [first, ...rest] = picture.groups
    assert.ok(first)
    const troubled: [Status, RegExp][] = [
      [{ ...picture, log: { ...picture.log, trouble: 'no room' } }, /TROUBLE: no room/],
      [{ ...picture, store: { trouble: 'locked by a tool' } }, /locked by a tool/],
      [{ ...picture, groups: [{ ...first, trouble: 'log_io_error' }, ...rest] }, /log_io_error/],
    ]
    for (const [status, words] of troubled) {
      const { code, out } = await run(['status', '--data', await engineSaying(t, status)])
      assert.equal(code, exit.failed)
      assert.match(out, words)
    }
  })

  it('ends with 4 where no engine runs', async t => {
    assert.equal((await run(['status', '--data', await folder(t)])).code, exit.unavailable)
  })
})
