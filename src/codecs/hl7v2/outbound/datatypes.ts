// Data types of FHIR R4 as those of HL7 v2 (v2.5.1 chapter 2.A): the tables of HL7 v2-to-FHIR
// backwards. Each function writes one repetition; undefined where there is nothing to write.
import type { SetValue } from '../edit.ts'
import { addressUse, equipment, nameUse, own, plain, systemName, telecomUse } from './codes.ts'
import { type Json, object, objects, text, texts } from './fhir_tree.ts'

/** Identifier systems as the far end writes them: URI → namespace. */
export type Authorities = ReadonlyMap<string, string>

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** A dateTime, instant or date as TS or DTM: `20260105100000-0500`. */
export function time(value: unknown): string | undefined {
  const [date = '', clock = ''] = (text(value) ?? '').split('T')
  const [, year = '', month = '', day = ''] = DATE.exec(date) ?? []
  if (year === '') return undefined
  const [, hour = '', minute = '', second = '', fraction = '', zone = ''] = CLOCK.exec(clock) ?? []
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '')
  return `${year}${month}${day}${hour}${minute}${second}${fraction.slice(0, 5)}${offset}`
}

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/

/** HD: namespace, universal id, its type. */
export function hd(system: string | undefined, authorities: Authorities): readonly string[] {
  if (system === undefined) return []
  const namespace = authorities.get(system) ?? ''
  const [, oid] = /^urn:oid:(.+)$/.exec(system) ?? []
  if (oid !== undefined) return [namespace, oid, 'ISO']
  if (namespace !== '') return [namespace]
  const [, uuid] = /^urn:uuid:(.+)$/.exec(system) ?? []
  if (uuid !== undefined) return ['', uuid, 'UUID']
  const [, name] = /^urn:id:([^:]+)$/.exec(system) ?? []
  return name === undefined ? ['', system, 'URI'] : [plain(name)]
}

export function cx(identifier: Json, authorities: Authorities): SetValue {
  const value = text(identifier.value)
  if (value === undefined) return undefined
  const authority = hd(text(identifier.system), authorities)
  const { start, end } = object(identifier.period) ?? {}
  const period = [time(start), time(end)]
  return [value, checkDigit(identifier), '', authority, typeOf(identifier), '', ...period]
}

function checkDigit({ extension }: Json): string | undefined {
  const url = `${CORE}/identifier-checkDigit`
  return text(objects(extension).find(one => one.url === url)?.valueString)
}

/** HL70203. */
export function typeOf({ type }: Json): string | undefined {
  const [coding] = objects(object(type)?.coding)
  return text(coding?.code)
}

export function ei(identifier: Json | undefined, authorities: Authorities): SetValue {
  const value = text(identifier?.value)
  return value === undefined ? undefined : [value, ...hd(text(identifier?.system), authorities)]
}

/**
 * CWE or CE: two codings, and the words where no coding has them. `table` is the one of HL7 v2
 * whose code comes first where there is one: HL70063.
 */
export function cwe(concept: unknown, table?: string): SetValue {
  const known = object(concept)
  if (known === undefined) return undefined
  const codings = objects(known.coding)
  const ofTable = codings.filter(one => systemName(text(one.system)) === table)
  const [first, second] = [...ofTable, ...codings.filter(one => !ofTable.includes(one))]
  const words = text(known.text)
  if (first === undefined) return words === undefined ? undefined : ['', words]
  return [
    ...coding(first),
    ...(second === undefined ? ['', '', ''] : coding(second)),
    '',
    '',
    words,
  ]
}

function coding(one: Json): readonly (string | undefined)[] {
  return [text(one.code), text(one.display), systemName(text(one.system))]
}

/** The code alone, for fields that were IS or ID. */
export function code(concept: unknown): string | undefined {
  const [first] = objects(object(concept)?.coding)
  return text(first?.code) ?? text(object(concept)?.text)
}

export function xpn(name: Json): SetValue {
  const [given, ...others] = texts(name.given)
  const [suffix, degree, ...more] = texts(name.suffix)
  const family = text(name.family) ?? (given === undefined ? text(name.text) : undefined)
  const use = own(nameUse, text(name.use))
  const prefix = texts(name.prefix).join(' ')
  const first = [family, given, others.join(' '), suffix, prefix, degree, use]
  return more.length === 0 ? first : [...first, '', '', '', '', '', '', more.join(' ')]
}

export function xad(address: Json): SetValue {
  const [line, ...others] = texts(address.line)
  const use = own(addressUse, text(address.use)) ?? (address.type === 'postal' ? 'M' : undefined)
  const street = line ?? text(address.text)
  const { city, state, postalCode, country, district } = address
  const place = [city, state, postalCode, country].map(text)
  return [street, others.join(' '), ...place, use, '', text(district)]
}

/** XTN: the number as it stands (component 1), or an e-mail address (component 4). */
export function xtn(telecom: Json): SetValue {
  const value = text(telecom.value)
  if (value === undefined) return undefined
  const use = text(telecom.use)
  const isEmail = telecom.system === 'email'
  const kind = use === 'mobile' && !isEmail ? 'CP' : own(equipment, text(telecom.system))
  const said = isEmail && use === undefined ? 'NET' : own(telecomUse, use)
  return isEmail ? ['', said, kind, value] : [value, said, kind]
}

/** XCN of a Practitioner. */
export function xcn(practitioner: Json, authorities: Authorities): SetValue {
  const [identifier] = objects(practitioner.identifier)
  const [name] = objects(practitioner.name)
  const [qualification] = objects(practitioner.qualification)
  const own = name === undefined ? [] : (xpn(name) as readonly SetValue[])
  const [family, given, second, suffix, prefix] = own
  const authority = hd(text(identifier?.system), authorities)
  return [
    ...[text(identifier?.value), family, given, second, suffix, prefix],
    ...[code(qualification?.code), '', authority, '', '', ''],
    identifier && typeOf(identifier),
  ]
}

/** A decimal with the precision that was sent (extension-quantity-precision). */
export function decimal(quantity: Json): string | undefined {
  const { value } = quantity
  if (typeof value !== 'number') return text(value)
  const extensions = objects(object(quantity._value)?.extension)
  const digits = extensions.find(({ url }) => url === `${CORE}/quantity-precision`)?.valueInteger
  if (typeof digits === 'number' && digits <= 100) return value.toFixed(digits)
  return /e/.test(String(value)) ? PLAIN.format(value) : String(value)
}

const PLAIN = new Intl.NumberFormat('en-US', { useGrouping: false, maximumSignificantDigits: 17 })

/** Units of a Quantity (OBX-6). */
export function units({ unit, system, code: unitCode }: Json): SetValue {
  const known = text(unitCode) ?? text(unit)
  return known === undefined ? undefined : [known, text(unit), systemName(text(system))]
}
