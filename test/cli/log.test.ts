// firth log: what other programs read of the durable topics. The form of a line is kept, and the
// bytes of a value come back whole, whatever they are.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { exit } from '../../src/cli/command.ts'
import { jsonLine } from '../../src/cli/log.ts'
import { atEnd, folder, openLogIn, until } from '../path/rooms.ts'
import { START_MS } from '../path/toy.ts'
import { dataWith, lines, record, run } from './world.ts'

const RAW = 'raw.harbor.adt_in'
const abc = ['a', 'b', 'c', 'd', 'e'].map(value => record(value))
const values = (out: string) => lines(out).map(({ value }) => value)

describe('firth log read --json', () => {
  it('prints partition, offset, key, headers, value and time, one record a line', async t => {
    const headers = { raw_id: 'r', 'dlt.id': 'é' }
    const data = await dataWith(t, { [RAW]: [record('MSH|1\rPID|2', { key: 'a|b', headers })] })
    const { code, out, err } = await run(['log', 'read', RAW, '--data', data, '--json'])
    assert.equal(code, exit.ok)
    assert.equal(err, '')
    const [line, ...others] = lines(out)
    assert.ok(line)
    assert.deepEqual(others, [])
    assert.deepEqual(Object.keys(line), ['partition', 'offset', 'key', 'headers', 'value', 'time'])
    const { time, ...rest } = line
    assert.deepEqual(rest, { partition: 0, offset: 0, key: 'a|b', headers, value: 'MSH|1\rPID|2' })
    assert.equal(new Date(String(time)).toISOString(), time)
  })

  it('gives bytes that are no UTF-8 in base64, and says so', async t => {
    const bytes = Buffer.from('Ünïcödé', 'latin1')
    const data = await dataWith(t, { [RAW]: [record(bytes)] })
    const [line] = lines((await run(['log', 'read', RAW, '--data', data, '--json'])).out)
    assert.equal(line?.value_encoding, 'base64')
    assert.deepEqual(Buffer.from(String(line?.value), 'base64'), bytes)
  })

  it('brings every value back byte for byte: marks, nulls, line ends, half characters (G2)', () => {
    const special = [
      Buffer.alloc(0),
      Buffer.from([0xef, 0xbb, 0xbf, 0x4d]),
      Buffer.from([0x00, 0x0a, 0x0d, 0x1c, 0x7f]),
      Buffer.from('\u2028\u2029\ufeff\u{1f9ec}"\\'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from([0xc3]),
      Buffer.from([0xc0, 0x80]),
      Buffer.from('MSH', 'utf16le'),
    ]
    const any = fc.oneof(
      fc.constantFrom(...special),
      fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
    )
    fc.assert(
      fc.property(any, value => {
        const position = { topic: RAW, partition: 0, offset: 0, time_ms: START_MS }
        const line = jsonLine({ ...position, key: 'k', headers: {}, value })
        assert.equal(line.indexOf('\n'), line.length - 1)
        const read = JSON.parse(line) as { value: string; value_encoding?: 'base64' }
        assert.deepEqual(Buffer.from(read.value, read.value_encoding ?? 'utf8'), value)
      }),
    )
  })
})

describe('firth log read', () => {
  it('prints from --from up to, and not with, --to, by offset', async t => {
    const data = await dataWith(t, { [RAW]: abc })
    const read = async (...words: string[]) => {
      const { code, out } = await run(['log', 'read', RAW, '--data', data, '--json', ...words])
      assert.equal(code, exit.ok)
      return values(out)
    }
    assert.deepEqual(await read(), ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(await read('--from', '1', '--to', '3'), ['b', 'c'])
    assert.deepEqual(await read('--from', '4'), ['e'])
    assert.deepEqual(await read('--to', '2'), ['a', 'b'])
    assert.deepEqual(await read('--from', '5'), [])
    assert.deepEqual(await read('--from', '99', '--to', '2'), [])
    assert.deepEqual(await read('--to', '99'), ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(await read('--limit', '2'), ['a', 'b'])
    assert.deepEqual(await read('--from', '3', '--limit', '7'), ['d', 'e'])
    assert.deepEqual(await read('--limit', '0'), [])
  })

  it('prints from a time up to a time', async t => {
    const data = await dataWith(t, { [RAW]: abc })
    const all = lines((await run(['log', 'read', RAW, '--data', data, '--json'])).out)
    const time = (i: number) => String(all[i]?.time)
    const read = async (...words: string[]) =>
      values((await run(['log', 'read', RAW, '--data', data, '--json', ...words])).out)
    assert.deepEqual(await read('--from', time(2)), ['c', 'd', 'e'])
    assert.deepEqual(await read('--from', time(1), '--to', time(3)), ['b', 'c'])
    assert.deepEqual(await read('--from', '2000-01-01', '--to', '2000-01-02T00:00:00Z'), [])
    assert.deepEqual(await read('--from', '2999-01-01'), [])
  })

  it('refuses what is neither offset nor time, instead of guessing', async t => {
    const data = await dataWith(t, { [RAW]: abc })
    for (const text of ['yesterday', '1.5', 'x1', '21/11/2026', '2026-13-45', '']) {
      const { code, out, err } = await run(['log', 'read', RAW, '--data', data, `--from=${text}`])
      assert.equal(code, exit.usage, text)
      assert.equal(out, '')
      assert.match(err, /neither an offset nor a time/)
    }
  })

  it('shows people what stands there in lines', async t => {
    const data = await dataWith(t, {
      [RAW]: [record('MSH|1\rPID|2\r'), record(Buffer.from([0xff]))],
    })
    const { out } = await run(['log', 'read', RAW, '--data', data])
    assert.match(out, /^0\/0 {2}\S+Z {2}k\nraw_id=r\nMSH\|1\nPID\|2\n/)
    assert.match(out, /1 bytes that are not UTF-8: \/w==/)
    const coloured = await run(['log', 'read', RAW, '--data', data], { colours: true })
    assert.ok(coloured.out.startsWith('\x1b[1m0/0'))
  })

  it('reads a topic of any length', async t => {
    const data = await folder(t)
    const log = await openLogIn(data)
    await log.createTopic(RAW)
    const many = Array.from({ length: 1_300 }, (_, n) => record(`${n}`))
    await log.append(RAW, 0, many)
    await log.close()
    const { out } = await run(['log', 'read', RAW, '--data', data, '--json'])
    assert.deepEqual(
      values(out),
      many.map(({ value }) => value.toString()),
    )
  })

  it('reads beside a running engine that owns the folder', async t => {
    const data = await folder(t)
    const log = await openLogIn(data)
    atEnd(t, () => log.close())
    await log.createTopic(RAW)
    await log.append(RAW, 0, abc)
    const { out } = await run(['log', 'read', RAW, '--data', data, '--json'])
    assert.equal(lines(out).length, 5)
  })
})

describe('firth log read --follow', () => {
  it('goes on with what comes, until it is told to stop', async t => {
    const data = await folder(t)
    const log = await openLogIn(data)
    atEnd(t, () => log.close())
    await log.createTopic(RAW)
    await log.append(RAW, 0, abc)
    const stop = new AbortController()
    let out = ''
    const following = run(
      ['log', 'read', RAW, '--data', data, '--json', '--follow', '--from', '3'],
      {
        signal: stop.signal,
        onOut: text => {
          out = text
        },
      },
    )
    await until('what stood was printed', () => lines(out).length === 2)
    await log.append(RAW, 0, [record('f')])
    await until('what came was printed', () => lines(out).length === 3)
    stop.abort()
    const { code } = await following
    assert.equal(code, exit.ok)
    assert.deepEqual(values(out), ['d', 'e', 'f'])
  })

  it('ends by itself where its end or its limit is reached', async t => {
    const data = await dataWith(t, { [RAW]: abc })
    for (const [words, count] of [
      [['--to', '3'], 3],
      [['--limit', '4'], 4],
      [['--to', '0'], 0],
    ] as const) {
      const { code, out } = await run([
        'log',
        'read',
        RAW,
        '--data',
        data,
        '--json',
        '--follow',
        ...words,
      ])
      assert.equal(code, exit.ok)
      assert.equal(lines(out).length, count)
    }
  })

  it('waits for an end that is still to come', async t => {
    const data = await folder(t)
    const log = await openLogIn(data)
    atEnd(t, () => log.close())
    await log.createTopic(RAW)
    await log.append(RAW, 0, abc)
    const following = run(['log', 'read', RAW, '--data', data, '--json', '--follow', '--to', '6'])
    await log.append(RAW, 0, [record('f'), record('g')])
    assert.equal(lines((await following).out).length, 6)
  })
})

describe('firth log topics', () => {
  it('lists topics with their offsets and space, for people and for programs', async t => {
    const data = await dataWith(t, { [RAW]: abc, 'dead.harbor': [] })
    const { code, out } = await run(['log', 'topics', '--data', data])
    assert.equal(code, exit.ok)
    assert.match(out, /^topic +partition +first +next +records +space\n/)
    assert.match(out, /raw\.harbor\.adt_in +0 +0 +5 +5 /)
    const programs = lines((await run(['log', 'topics', '--data', data, '--json'])).out)
    assert.deepEqual(
      programs
        .map(info => [info.topic, info.partition, info.first_offset, info.next_offset])
        .sort(),
      [
        ['dead.harbor', 0, 0, 0],
        [RAW, 0, 0, 5],
      ],
    )
  })

  it('says that a log holds nothing yet', async t => {
    const data = await dataWith(t, {})
    const { code, out } = await run(['log', 'topics', '--data', data])
    assert.equal(code, exit.ok)
    assert.equal(out, 'The log holds no topic yet.\n')
    assert.deepEqual(await run(['log', 'topics', '--data', data, '--json']), {
      code: 0,
      out: '',
      err: '',
    })
  })

  it('takes the data folder of the project where none is given', async t => {
    const project = await folder(t)
    const { mkdir } = await import('node:fs/promises')
    await mkdir(`${project}/data`)
    const log = await openLogIn(`${project}/data`)
    await log.createTopic(RAW)
    await log.close()
    for (const words of [['--project', project], []]) {
      const { out } = await run(['log', 'topics', '--json', ...words], { cwd: project })
      assert.equal(lines(out).length, 1)
    }
  })
})
