// Times: precision, zones, what is no time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readClock, readTime } from '../../../src/codecs/hl7v2/datetime.ts'

const chicago = (text: string) => readTime(text, 'America/Chicago')?.dateTime

test('keeps the precision that the sender gave', () => {
  assert.equal(chicago('2026'), '2026')
  assert.equal(chicago('202603'), '2026-03')
  assert.equal(chicago('20260301'), '2026-03-01')
  assert.equal(chicago('202603011015'), '2026-03-01T10:15:00-06:00')
  assert.equal(chicago('20260301101559'), '2026-03-01T10:15:59-06:00')
  assert.equal(chicago('20260301101559.1200'), '2026-03-01T10:15:59.1200-06:00')
  assert.deepEqual(readTime('2026030110', 'UTC'), {
    dateTime: '2026-03-01T10:00:00+00:00',
    date: '2026-03-01',
    precision: 'hour',
  })
  assert.equal(readTime('20260301101559', 'UTC')?.precision, 'second')
  assert.equal(readTime('202603', 'UTC')?.date, '2026-03')
})

test("an offset of the sender's own is kept, the zone is for times without", () => {
  assert.equal(chicago('20260301101500+0530'), '2026-03-01T10:15:00+05:30')
  assert.equal(chicago('20260301101500-0000'), '2026-03-01T10:15:00-00:00')
  assert.equal(chicago('20260701101500'), '2026-07-01T10:15:00-05:00')
  assert.equal(readTime('20260701101500', 'Asia/Kathmandu')?.dateTime, '2026-07-01T10:15:00+05:45')
})

test('the hour that comes twice is the first one, the hour left out has the offset before it', () => {
  assert.equal(chicago('20261101013000'), '2026-11-01T01:30:00-05:00')
  assert.equal(chicago('20261101003000'), '2026-11-01T00:30:00-05:00')
  assert.equal(chicago('20261101023000'), '2026-11-01T02:30:00-06:00')
  assert.equal(chicago('20260308013000'), '2026-03-08T01:30:00-06:00')
  assert.equal(chicago('20260308023000'), '2026-03-08T02:30:00-06:00')
  assert.equal(chicago('20260308033000'), '2026-03-08T03:30:00-05:00')
  const berlin = (text: string) => readTime(text, 'Europe/Berlin')?.dateTime.slice(-6)
  assert.deepEqual(
    ['20261025013000', '20261025023000', '20261025033000', '20260329023000'].map(berlin),
    ['+02:00', '+02:00', '+01:00', '+01:00'],
  )
})

test('every local time of a year has an offset that its zone really has then', () => {
  const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Tokyo']
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1975-01-01'), max: new Date('2037-12-31'), noInvalidDate: true }),
      fc.constantFrom(...zones),
      (date, zone) => {
        const text = date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
        const { dateTime = '' } = readTime(text, zone) ?? {}
        const instant = new Date(dateTime)
        const parts = new Intl.DateTimeFormat('sv-SE', {
          timeZone: zone,
          dateStyle: 'short',
          timeStyle: 'medium',
        }).format(instant)
        const shown = parts.replaceAll(/[- :]/g, '')
        // In the hour left out no instant shows the text; there the offset before it moves it on.
        const moved = Math.abs(Number(shown.slice(0, 10)) - Number(text.slice(0, 10)))
        assert(shown === text || moved <= 1, `${text} in ${zone}`)
      },
    ),
    { numRuns: 500 },
  )
})

test('reads what senders write beside the standard, and remarks it', () => {
  const read = (text: string) => {
    const { dateTime, precision, remark } = readTime(text, 'America/Chicago') ?? {}
    return [dateTime, precision, remark]
  }
  const told: Readonly<Record<string, readonly unknown[]>> = {
    '202603012400': ['2026-03-02T00:00:00-06:00', 'minute', 'hour_24'],
    '20261231240000.00': ['2027-01-01T00:00:00-06:00', 'second', 'hour_24'],
    '20161231235960-0000': ['2016-12-31T23:59:59-00:00', 'second', 'leap_second'],
    '20161231175960.5': ['2016-12-31T17:59:59-06:00', 'second', 'leap_second'],
    '19700000': ['1970', 'year', 'zero_part'],
    '197000': ['1970', 'year', 'zero_part'],
    '19700500': ['1970-05', 'month', 'zero_part'],
    '19700000000000': ['1970', 'year', 'zero_part'],
    '20260301101500Z': ['2026-03-01T10:15:00+00:00', 'second', 'zone_form'],
    '20260301101500-06:00': ['2026-03-01T10:15:00-06:00', 'second', 'zone_form'],
    '20260301101500+05': ['2026-03-01T10:15:00+05:00', 'second', 'zone_form'],
    '20260301101500.123456789-0600': ['2026-03-01T10:15:00.123456789-06:00', 'second', undefined],
  }
  for (const [text, wanted] of Object.entries(told)) assert.deepEqual(read(text), wanted, text)
  for (const text of [
    '202603012401',
    '2026-03',
    '20260301101560',
    '2026030125',
    '19701300',
    '00000000',
  ]) {
    assert.equal(readTime(text, 'UTC'), undefined, text)
  }
})

test('knows the offsets of long ago, in whole minutes', () => {
  assert.equal(chicago('19450701120000'), '1945-07-01T12:00:00-05:00')
  assert.equal(chicago('19200701120000'), '1920-07-01T12:00:00-05:00')
  assert.match(chicago('18800101120000') ?? '', /^1880-01-01T12:00:00-05:5[01]$/)
  assert.match(readTime('19300101120000', 'Europe/Amsterdam')?.dateTime ?? '', /\+00:(?:19|20|00)$/)
})

test('what is no time is undefined', () => {
  for (const text of [
    '',
    '0000',
    '26',
    '20261',
    '20261301',
    '20260230',
    '20250229',
    '19000229',
    '2026030124',
    '202603011060',
    '20260301101560',
    '2026-03-01',
    '20260301101500+25',
    '20260301101500+9900',
    '20260301T1015',
    'today',
    '20260301101500.',
  ]) {
    assert.equal(chicago(text), undefined, text)
  }
  assert.equal(chicago('20240229'), '2024-02-29')
  assert.equal(chicago('20000229'), '2000-02-29')
})

test('reads times of day, which have no zone', () => {
  assert.equal(readClock('10'), '10:00:00')
  assert.equal(readClock('1015'), '10:15:00')
  assert.equal(readClock('101559.25'), '10:15:59.25')
  assert.equal(readClock('1015-0600'), '10:15:00')
  for (const text of ['', '24', '1060', '10:15', 'x']) assert.equal(readClock(text), undefined)
})
