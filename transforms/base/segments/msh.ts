// MSH (with SFT) as MessageHeader, by the tables MSH[MessageHeader], SFT[MessageHeader] and the
// HD maps. It tells of the message, not of the patient, so no route writes it; the organizations
// that it names are contained in it and become nobody's resources.
import type { Message, Resource, Segment, Value } from '#sdk'
import { isOid } from '../datatypes/identifier.ts'
import { compact, type Json, type Scope, some } from '../scope.ts'

const V2 = 'http://terminology.hl7.org/CodeSystem/v2-'
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

/** `trigger`: the event that the message is mapped as, where MSH-9.2 is empty. */
export function messageHeader(trigger: string, scope: Scope): Resource {
  const { message } = scope
  const msh = message.segments[0] as Segment
  const parties = partiesOf(msh)
  const elements = {
    meta: compact({ security: security(msh), tag: processing(msh.field(11)) }),
    language: language(msh.field(19)),
    contained: some(Object.values(parties)),
    eventCoding: event(msh, trigger),
    destination: destinations(msh, parties),
    sender: inside(parties.sender),
    source: source(msh, message),
    responsible: inside(parties.responsible),
  }
  const id = scope.idOf('MessageHeader', messageName(scope))
  return scope.make('messageHeader', { id, from: [msh], elements })
}

/** What is known by its message alone is told by the raw record and, in a batch, by MSH-10. */
export function messageName(scope: Scope): readonly string[] {
  return [scope.facts.raw_id, scope.message.text('MSH-10') ?? '']
}

const inside = (party: Json | undefined): Json | undefined =>
  party && { reference: `#${String(party.id)}` }

/** MSG[Coding]. */
function event(msh: Segment, trigger: string): Json {
  const type = msh.field(9)
  const display = some([type.text(1), type.text(2), type.text(3)]).join('^')
  return { system: `${V2}0003`, code: type.text(2) ?? trigger, display }
}

/** MSH-8, MSH-26 and MSH-27. MSH-8 is free text of the site, hence without a system. */
function security(msh: Segment): readonly Json[] {
  const coded = [...msh.repetitions(26), ...msh.repetitions(27)].map(value =>
    compact({ code: value.text(1), display: value.text(2) }),
  )
  return some([compact({ code: msh.text(8) }), ...coded])
}

/** PT[Meta]. */
function processing(value: Value): readonly Json[] {
  const [id, mode] = [value.text(1), value.text(2)]
  return [
    ...(id === undefined ? [] : [{ system: `${V2}0103`, code: id }]),
    ...(mode === undefined ? [] : [{ system: `${V2}0207`, code: mode }]),
  ]
}

/** Resource.language is a BCP 47 tag, so what has not the form of one is left out. */
function language(value: Value): string | undefined {
  const code = value.text(1) ?? value.text(4)
  return code !== undefined && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(code) ? code : undefined
}

/** SFT names the software. MessageHeader.source is required, its endpoint as well. */
function source(msh: Segment, message: Message): Json | undefined {
  const sft = message.segment('SFT')
  const address = msh.text(24) === undefined ? msh.field(3) : msh.field(24)
  const [application, system] = [msh.text(3, 1), msh.text(24, 1)]
  return compact({
    // Decided here, as with MSH-5 and MSH-25: where the network address names the system, the
    // application is the software on it.
    name: system ?? application,
    software: sft?.text(3) ?? (system === undefined ? undefined : application),
    version: sft?.text(2),
    ...endpoint(address),
  })
}

/** The receiving application and, where it has another name, the network that leads to it. */
function destinations(msh: Segment, { facility, receiver }: Parties): readonly Json[] {
  const [application, network] = [msh.field(5), msh.field(25)]
  const to = inside(facility ?? receiver)
  const apart = application.valued && network.valued && application.text(1) !== network.text(1)
  if (apart) {
    return some([
      compact({ ...destination(application), receiver: to }),
      compact(destination(network)),
    ])
  }
  const hd = network.valued ? network : application
  return hd.valued || to !== undefined ? some([compact({ ...destination(hd), receiver: to })]) : []
}

const destination = (hd: Value): Json => ({ name: hd.text(1), ...endpoint(hd) })

/** HD[MessageHeader.source-endpoint]: what is no address is said to be unknown. */
function endpoint(hd: Value): Json {
  const uri = uriOf(hd)
  if (uri !== undefined) return { endpoint: uri }
  return { _endpoint: { extension: [{ url: ABSENT, valueCode: 'unknown' }] } }
}

/** The universal id of an HD as a URI, where its type says how it is one. */
function uriOf(hd: Value): string | undefined {
  const id = hd.text(2)?.trim()
  if (id === undefined || id === '' || /\s/.test(id)) return undefined
  switch (hd.text(3)?.trim()) {
    case 'ISO':
      return isOid(id) ? `urn:oid:${id}` : undefined
    case 'UUID':
      return `urn:uuid:${id.toLowerCase()}`
    case 'DNS':
      return `urn:dns:${id}`
    case 'URI':
      return id
    default:
      return undefined
  }
}

interface Parties {
  readonly sender: Json | undefined
  readonly responsible: Json | undefined
  readonly receiver: Json | undefined
  readonly facility: Json | undefined
}

/**
 * Decided here, where the table lets MSH-23 take the place of MSH-6: the receiving facility is a
 * part of the organization that answers for it, so both are kept.
 */
function partiesOf(msh: Segment): Parties {
  const receiver = responsible('receiver', msh.field(23))
  return {
    sender: facility('sender', msh.field(4), { address: country(msh) }),
    responsible: responsible('responsible', msh.field(22)),
    receiver,
    facility: facility('facility', msh.field(6), { partOf: inside(receiver) }),
  }
}

/** MSH-17. */
function country(msh: Segment): readonly Json[] {
  return some([compact({ country: msh.text(17) })])
}

/** HD[Organization]; an address alone makes one too. */
function facility(id: string, hd: Value, more: Json): Json | undefined {
  const identifiers = some([compact({ value: hd.text(1) }), universal(hd)])
  if (identifiers.length === 0 && more.partOf !== undefined) return undefined
  const made = compact({ identifier: identifiers, ...more })
  return made && { resourceType: 'Organization', id, ...made }
}

function universal(hd: Value): Json | undefined {
  const [value, type] = [hd.text(2), hd.text(3)]
  if (value === undefined) return undefined
  return compact({
    type: type === undefined ? undefined : { coding: [{ system: `${V2}0301`, code: type }] },
    system: type === 'ISO' || type === 'UUID' ? 'urn:ietf:rfc:3986' : undefined,
    value: type === 'ISO' && isOid(value) ? `urn:oid:${value}` : value,
  })
}

/** XON[Organization]. */
function responsible(id: string, xon: Value): Json | undefined {
  const number = xon.text(10) ?? xon.text(3)
  const type = xon.text(7)
  const identifier =
    number === undefined
      ? undefined
      : compact({
          type: type === undefined ? undefined : { coding: [{ system: `${V2}0203`, code: type }] },
          value: number,
        })
  const made = compact({ identifier: some([identifier]), name: xon.text(1) })
  return made && { resourceType: 'Organization', id, ...made }
}
