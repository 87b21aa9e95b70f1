// Times of HL7 v2 (TS/DTM, DT, TM; v2.5.1 chapter 2.A) as FHIR R4 writes them. Precision is kept:
// what the sender left out is not invented, but for minutes and seconds, without which FHIR allows
// no time. A time without an offset takes the tenant's zone, never the machine's. What senders
// write beside the standard is read where it can mean one thing only, with a remark that says so.

/**
 * Taken now: the mapping process has no Intl.DateTimeFormat afterwards, because it can tell the
 * time.
 */
const { DateTimeFormat } = Intl

export type Precision = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

/**
 * `hour_24`: midnight at the end of a day, read as that of the next. `leap_second`: second 60, read
 * as 59, for most programs know none. `zero_part`: a month or day 00, read as left out.
 * `zone_form`: an offset in another form than +HHMM.
 */
export type TimeRemark = 'hour_24' | 'leap_second' | 'zero_part' | 'zone_form'

export interface Hl7Time {
  /** FHIR R4 dateTime. */
  readonly dateTime: string
  /** FHIR R4 date. */
  readonly date: string
  readonly precision: Precision
  /** Present where the text is not as the standard has it. */
  readonly remark?: TimeRemark
}

/** Each part only behind the one before it: year, month, day, hour, minute, second, fraction. */
const dateGrammar = String.raw`(\d{4})(?:(\d{2})(?:(\d{2})`
const clockGrammar = String.raw`(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?`
const zoneGrammar = String.raw`(Z|[+-]\d{2}(?::?\d{2})?)?`
const grammar = new RegExp(`^${dateGrammar}${clockGrammar})?)?${zoneGrammar}$`)

/** `zone` is an IANA name. Undefined where the text is no time. */
export function readTime(text: string, zone: string): Hl7Time | undefined {
  const match = grammar.exec(text)
  if (match === null) return undefined
  const [, year = '', month, day, hour, minute, second, fraction, offset] = match
  if (year === '0000') return undefined
  // Behind a date alone `-03` could as well be a month.
  if (hour === undefined && offset !== undefined && offset.length !== 5) return undefined
  if (isZeros(month, day, hour)) return { ...partial(year, monthOf(month)), remark: 'zero_part' }
  if (!isDay(Number(year), month, day)) return undefined
  if (month === undefined || day === undefined) return partial(year, month)
  const date = `${year}-${month}-${day}`
  if (hour === undefined) return { dateTime: date, date, precision: 'day' }
  const precision = minute === undefined ? 'hour' : second === undefined ? 'minute' : 'second'
  const clock = clockOf({ hour, minute, second, fraction })
  if (clock === undefined) return undefined
  const on = clock.remark === 'hour_24' ? nextDay(date) : date
  const zoned =
    offset === undefined ? zoneOffset(`${on}T${clock.time.slice(0, 5)}`, zone) : written(offset)
  if (!offsetGrammar.test(zoned)) return undefined
  const remark = clock.remark ?? (offset?.length === 5 || !offset ? undefined : 'zone_form')
  return {
    dateTime: `${on}T${clock.time}${zoned}`,
    date: on,
    precision,
    ...(remark && { remark }),
  }
}

function partial(year: string, month: string | undefined): Hl7Time {
  if (month === undefined) return { dateTime: year, date: year, precision: 'year' }
  return { dateTime: `${year}-${month}`, date: `${year}-${month}`, precision: 'month' }
}

/** `19700000`, `19700500`, `197000`: a part that is not known, written as 00. */
function isZeros(month?: string, day?: string, hour?: string): boolean {
  if (hour !== undefined && Number(hour) > 0) return false
  if (month === '00') return day === undefined || day === '00'
  return day === '00' && Number(month) <= 12
}

const monthOf = (month: string | undefined) => (month === '00' ? undefined : month)

interface ClockParts {
  readonly hour: string
  readonly minute: string | undefined
  readonly second: string | undefined
  readonly fraction: string | undefined
}

function clockOf(
  parts: ClockParts,
): { readonly time: string; readonly remark?: TimeRemark } | undefined {
  const { hour, minute = '00', second = '00', fraction } = parts
  const precise = fraction === undefined ? '' : `.${fraction}`
  if (hour === '24' && parts.minute === '00' && Number(`${second}${precise}`) === 0) {
    return { time: '00:00:00', remark: 'hour_24' }
  }
  if (second === '60' && minute === '59' && Number(hour) <= 23) {
    return { time: `${hour}:59:59`, remark: 'leap_second' }
  }
  return isClock(hour, minute, second)
    ? { time: `${hour}:${minute}:${second}${precise}` }
    : undefined
}

function nextDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
}

/** `+0530`, `+05:30`, `+05` and `Z` as FHIR has them. */
function written(offset: string): string {
  if (offset === 'Z') return '+00:00'
  return `${offset.slice(0, 3)}:${offset.slice(3).replace(':', '') || '00'}`
}

/** TM: `HH[MM[SS[.S…]]]` as a FHIR time, which has no zone. Undefined where the text is no time. */
export function readClock(text: string): string | undefined {
  const match = /^(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,9})?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/.exec(text)
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
 * is taken; in the hour that is left out, the offset before it. In whole minutes, which is all that
 * FHIR can write: the seconds of local mean times before standard time are left out.
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
