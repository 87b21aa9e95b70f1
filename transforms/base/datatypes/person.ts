// How people are called and reached: names (XPN), addresses (XAD), telecom (XTN). Tables
// XPN[HumanName], XAD[Address], XTN[ContactPoint]. Who acts is in ../parties.ts.
import type { Value } from '#sdk'
import { addressType, addressUse, nameUse, telecomSystem, telecomUse } from '../codes.ts'
import { compact, type Json, some } from '../json.ts'
import type { Scope } from '../scope.ts'
import { mapped } from './concept.ts'

/** XPN; without what XPN-15 says, which is a name of its own. */
export function xpn(value: Value, scope: Scope): Json | undefined {
  return compact({
    extension: assembly(value),
    use: mapped(value.part(7), nameUse, scope),
    family: value.part(1).text(1),
    given: some([value.text(2), value.text(3)]),
    prefix: some([value.text(5)]),
    suffix: some([value.text(4), value.text(6), value.text(14)]),
    period: period([value.part(12), value.part(13), value.part(10)], scope),
  })
}

/** XPN where a list of names may stand: the name, and the one that the person is called by. */
export function xpns(value: Value, scope: Scope): readonly Json[] {
  const called = value.text(15)
  const nickname = called === undefined ? undefined : { use: 'nickname', given: [called] }
  return some([xpn(value, scope), nickname])
}

/** XPN-11, HL70444: F family first, G given first. */
function assembly(value: Value): readonly Json[] | undefined {
  const valueCode = value.text(11)
  if (valueCode !== 'F' && valueCode !== 'G') return undefined
  return [{ url: `${CORE}/humanname-assembly-order`, valueCode }]
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** Begin and end in fields of their own, else a range (DR). */
export function period(
  [start, end, range]: readonly [Value, Value, Value],
  scope: Scope,
): Json | undefined {
  if (start.valued || end.valued) {
    return compact({ start: scope.time(start), end: scope.time(end) })
  }
  if (!range.valued) return undefined
  return compact({ start: scope.time(range.part(1)), end: scope.time(range.part(2)) })
}

export function xad(value: Value, scope: Scope): Json | undefined {
  const street = value.part(1)
  const tract = value.text(10)
  return compact({
    extension:
      tract === undefined
        ? undefined
        : [{ url: `${CORE}/iso21090-ADXP-censusTract`, valueString: tract }],
    use: mapped(value.part(7), addressUse, scope),
    type: mapped(value.part(7), addressType, scope),
    line: some([street.text(1), street.text(2), street.text(3), value.text(2), value.text(19)]),
    city: value.text(3),
    district: value.part(9).text(2) ?? value.part(9).text(1),
    state: value.text(4),
    postalCode: value.text(5),
    country: value.text(6),
    period: period([value.part(13), value.part(14), value.part(12)], scope),
  })
}

/**
 * `use` is what the field stands for where XTN.2 says nothing. Decided here, where the table would
 * write an absent system: what holds an @ is an e-mail address, anything else a phone.
 */
export function xtn(value: Value, use: string | undefined, scope: Scope): Json | undefined {
  const equipment = value.text(3)
  const number = phoneNumber(value)
  const email = value.text(4) ?? (number?.includes('@') ? number : undefined)
  const isEmail = equipment === 'Internet' || equipment === 'X.400' || number === undefined
  const text = isEmail ? (email ?? number) : number
  if (text === undefined) return undefined
  const kind = equipment === undefined ? 'phone' : mapped(value.part(3), telecomSystem, scope)
  const said = value.part(2)
  const rank = value.text(18)
  return compact({
    extension: text === email ? undefined : numberParts(value),
    system: text === email ? 'email' : (kind ?? 'other'),
    value: text,
    use: equipment === 'CP' ? 'mobile' : said.valued ? mapped(said, telecomUse, scope) : use,
    rank: rank !== undefined && /^[1-9]\d{0,8}$/.test(rank) ? Number(rank) : undefined,
    period: compact({ start: scope.time(value.part(13)), end: scope.time(value.part(14)) }),
  })
}

/** XTN-5 to XTN-8, as they were sent, beside the number that is made of them. */
function numberParts(value: Value): readonly Json[] | undefined {
  const made = numberNames.flatMap(([part, name]) => {
    const text = value.text(part)
    return text === undefined ? [] : [{ url: `${CORE}/contactpoint-${name}`, valueString: text }]
  })
  return made.length === 0 ? undefined : made
}

const numberNames = [
  [5, 'country'],
  [6, 'area'],
  [7, 'local'],
  [8, 'extension'],
] as const

function phoneNumber(value: Value): string | undefined {
  const unformatted = value.text(12)
  if (unformatted !== undefined) return unformatted
  const local = value.text(7)
  if (local === undefined) return value.text(1)
  const [country, area, extension] = [value.text(5), value.text(6), value.text(8)]
  return some([
    country === undefined ? undefined : `+${country}`,
    area,
    local,
    extension === undefined ? undefined : `X${extension}`,
  ]).join(' ')
}
