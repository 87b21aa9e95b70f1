// Times of HL7 v2 (TS/DTM, DT, TM; v2.5.1 chapter 2.A) as FHIR R4 writes them. Precision is kept:
// what the sender left out is not invented, but for minutes and seconds, without which FHIR allows
// no time. A time without an offset takes the tenant's zone, never the machine's.

/**
 * Taken now: the mapping process has no Intl.DateTimeFormat afterwards, because it can tell the
 * time.
 */
const { DateTimeFormat } = Intl

export type Precision = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

export interface Hl7Time {
  /** FHIR R4 dateTime. */
  readonly dateTime: string
  /** FHIR R4 date. */
  readonly date: string
  readonly precision: Precision
}

/** Each part only behind the one before it: year, month, day, hour, minute, second, fraction. */
const dateGrammar = String.raw`(\d{4})(?:(\d{2})(?:(\d{2})`
const clockGrammar = String.raw`(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?`
const grammar = new RegExp(String.raw`^${dateGrammar}${clockGrammar})?)?([+-]\d{4})?$`)

/** `zone` is an IANA name. Undefined where the text is no time. */
export function readTime(text: string, zone: string): Hl7Time | undefined {
  const match = grammar.exec(text)
  if (match === null) return undefined
  const [, year = '', month, day, hour, minute, second, fraction, offset] = match
  if (year === '0000' || !isDay(Number(year), month, day) || !isClock(hour, minute, second)) {
    return undefined
  }
  if (month === undefined) return { dateTime: year, date: year, precision: 'year' }
  if (day === undefined) {
    return { dateTime: `${year}-${month}`, date: `${year}-${month}`, precision: 'month' }
  }
  const date = `${year}-${month}-${day}`
  if (hour === undefined) return { dateTime: date, date, precision: 'day' }
  const zoned =
    offset === undefined
      ? zoneOffset(`${date}T${hour}:${minute ?? '00'}`, zone)
      : `${offset.slice(0, 3)}:${offset.slice(3)}`
  if (!offsetGrammar.test(zoned)) return undefined
  const precise = fraction === undefined ? '' : `.${fraction}`
  const time = `${hour}:${minute ?? '00'}:${second ?? '00'}${precise}`
  return {
    dateTime: `${date}T${time}${zoned}`,
    date,
    precision: minute === undefined ? 'hour' : second === undefined ? 'minute' : 'second',
  }
}

/** TM: `HH[MM[SS[.S…]]]` as a FHIR time, which has no zone. Undefined where the text is no time. */
export function readClock(text: string): string | undefined {
  const match = /^(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,6})?)?)?(?:[+-]\d{4})?$/.exec(text)
  if (match === null) return undefined
  const [, hour, minute, second, fraction] = match
  if (!isClock(hour, minute, second)) return undefined
  return `${hour}:${minute ?? '00'}:${second ?? '00'}${fraction ?? ''}`
}

const offsetGrammar = /^[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)$/

function isDay(year: number, month: string | undefined, day: string | undefined): boolean {
  if (month === undefined) return true
  const days = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][
    Number(month) - 1
  ]
  if (days === undefined) return false
  return day === undefined || (Number(day) >= 1 && Number(day) <= days)
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function isClock(hour = '00', minute = '00', second = '00'): boolean {
  return Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59
}

/**
 * Offset of a zone at a local time `YYYY-MM-DDTHH:MM`. In the hour that comes twice the first one
 * is taken; in the hour that is left out, the offset before it.
 */
function zoneOffset(local: string, zone: string): string {
  const wanted = Date.parse(`${local}:00Z`)
  // The offset before any change near by, then the one that holds at the instant so found.
  const before = minutesAt(wanted - DAY_MS, zone)
  const after = minutesAt(wanted - before * 60_000, zone)
  const fits = minutesAt(wanted - after * 60_000, zone) === after
  const minutes = fits ? after : before
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

const two = (number: number): string => String(number).padStart(2, '0')

const DAY_MS = 86_400_000

/**
 * Minutes east of UTC at an instant. Asking Intl costs microseconds, so most days are asked once.
 */
function minutesAt(instant: number, zone: string): number {
  const day = Math.floor(instant / DAY_MS)
  const morning = minutesAtMidnight(day, zone)
  return morning === minutesAtMidnight(day + 1, zone) ? morning : askIntl(instant, zone)
}

const MIDNIGHTS_MAX = 32_768
const midnights = new Map<string, Map<number, number>>()

function minutesAtMidnight(day: number, zone: string): number {
  let known = midnights.get(zone)
  if (known === undefined || known.size >= MIDNIGHTS_MAX) {
    known = new Map()
    midnights.set(zone, known)
  }
  let minutes = known.get(day)
  if (minutes === undefined) {
    minutes = askIntl(day * DAY_MS, zone)
    known.set(day, minutes)
  }
  return minutes
}

const formats = new Map<string, Intl.DateTimeFormat>()

function askIntl(instant: number, zone: string): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    formats.set(zone, format)
  }
  const name = format.formatToParts(instant).find(part => part.type === 'timeZoneName')?.value
  const match = /([+-])(\d{2}):(\d{2})/.exec(name ?? '')
  if (match === null) return 0 // 'GMT'
  const size = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -size : size
}
