// Identifiers: CX, EI and the authorities behind them (HD), by the tables CX[Identifier],
// EI[Identifier-Extension] and HD[uri].
import { type BusinessId, own, type Value } from '#sdk'
import { compact, type Json, some } from '../json.ts'
import type { Scope } from '../scope.ts'
import { tables } from '../v2_tables.ts'

/** CX. `typeCode` (HL70203) is assigned where the field itself says what kind it is. */
export function cx(value: Value, scope: Scope, typeCode?: string): Json | undefined {
  const id = value.text(1)?.trim()
  if (id === undefined || id === '') return undefined
  const starts = value.part(7)
  const ends = value.part(8)
  return compact({
    extension: checkDigit(value),
    type: identifierType(typeCode ?? value.text(5)?.trim(), scope),
    system: authority(value.part(4), scope),
    value: id,
    period:
      starts.valued || ends.valued
        ? compact({ start: scope.time(starts), end: scope.time(ends) })
        : undefined,
  })
}

/** CX-2 and CX-3. */
function checkDigit(value: Value): readonly Json[] | undefined {
  const [digit, scheme] = [value.text(2), value.text(3)]
  const made = some([
    digit === undefined ? undefined : { url: `${CORE}/identifier-checkDigit`, valueString: digit },
    scheme === undefined
      ? undefined
      : { url: `${CORE}/namingsystem-checkDigit`, valueString: scheme },
  ])
  return made.length === 0 ? undefined : made
}

const CORE = 'http://hl7.org/fhir/StructureDefinition'

/** DLN: a driver's licence; whoever issued it is its system. */
export function dln(value: Value, scope: Scope): Json | undefined {
  const id = value.text(1)?.trim()
  if (id === undefined || id === '') return undefined
  const issuer = value.text(2)
  return compact({
    type: identifierType('DL', scope),
    system: issuer === undefined ? undefined : localUri(issuer),
    value: id,
    period: compact({ end: scope.time(value.part(3)) }),
  })
}

/** EI: the identifier, then its authority in components 2 to 4. */
export function ei(value: Value, scope: Scope, typeCode?: string): Json | undefined {
  const id = value.text(1)?.trim()
  if (id === undefined || id === '') return undefined
  const system = systemOf(
    { namespace: value.text(2), universal: value.text(3), type: value.text(4) },
    scope,
  )
  return compact({ type: identifierType(typeCode, scope), system, value: id })
}

/** A code of HL70203. */
export function identifierType(code: string | undefined, scope: Scope): Json | undefined {
  if (code === undefined || code === '') return undefined
  return { coding: [{ system: tableSystem({ table: '0203', code }, scope), code }] }
}

interface TableCode {
  /** Number of an HL7 v2 table: four digits. */
  readonly table: string
  readonly code: string
}

/** The system of a code in an HL7 v2 table: the table's, or the facility's where it is its own. */
export function tableSystem({ table, code }: TableCode, scope: Scope): string {
  const known = tables.get(table)
  if (known === undefined || known.has(code)) {
    return `http://terminology.hl7.org/CodeSystem/v2-${table}`
  }
  return localSystem(`HL7${table}`, scope)
}

/** A code system that belongs to the facility that sent it (MSH-4). */
export function localSystem(name: string, scope: Scope): string {
  const facility = scope.message.text('MSH-4.1') ?? scope.facts.tenant
  return `${localUri(facility)}:${encodeURIComponent(name.toWellFormed())}`
}

/** HD as a system. */
export function authority(hd: Value, scope: Scope): string {
  return systemOf({ namespace: hd.text(1), universal: hd.text(2), type: hd.text(3) }, scope)
}

/** What tells one resource from its likes: system and value of an identifier made here. */
export function businessId(identifier: Json | undefined): BusinessId | undefined {
  const { system, value } = identifier ?? {}
  return typeof system === 'string' && typeof value === 'string' ? { system, value } : undefined
}

/** HD: namespace, universal id and its type. */
export interface Authority {
  readonly namespace: string | undefined
  readonly universal: string | undefined
  readonly type: string | undefined
}

/**
 * The tenant's own table first, then the universal id, then a URI made of the namespace, always the
 * same for the same text. An identifier without any authority belongs to the facility that sent it
 * (MSH-4).
 */
export function systemOf(hd: Authority, scope: Scope): string {
  return (
    known(hd, scope) ??
    known(
      {
        namespace: scope.message.text('MSH-4.1'),
        universal: scope.message.text('MSH-4.2'),
        type: scope.message.text('MSH-4.3'),
      },
      scope,
    ) ??
    localUri(scope.facts.tenant)
  )
}

function known({ namespace, universal, type }: Authority, scope: Scope): string | undefined {
  const table = scope.facts.assigning_authorities
  const named = own(table, namespace) ?? own(table, universal)
  if (named !== undefined) return named
  if (universal !== undefined) {
    const uri = universalUri(universal.trim(), type?.trim())
    if (uri !== undefined) return uri
  }
  const name = namespace ?? universal
  return name === undefined ? undefined : localUri(name)
}

function universalUri(id: string, type: string | undefined): string | undefined {
  if (type === 'ISO' && isOid(id)) return `urn:oid:${id}`
  if (type === 'UUID' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    return `urn:uuid:${id.toLowerCase()}`
  }
  if (type === 'URI' && /^[a-z][a-z0-9+.-]*:\S+$/i.test(id)) return id
  return undefined
}

/** The shortest ones are the roots of the tree: nobody's, and refused by strict servers. */
export function isOid(text: string): boolean {
  return text.length >= 6 && /^[0-2](\.(0|[1-9]\d*))+$/.test(text)
}

/** A URI for a name that has none. */
export function localUri(name: string): string {
  return `urn:id:${encodeURIComponent(name.trim().toWellFormed())}`
}
