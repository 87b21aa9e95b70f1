// ADT by the official message maps ADT_A01, A02, A05, A06, A09, A11 and A17, and by the decisions
// in README.md for the structures without one. One event for each patient of the message; what a
// message lacks is told, and what it has is mapped.
import { Failure, type MappedEvent, messageType, own, type Resource, type Segment } from '#sdk'
import { type Beside, besidePatient, besideVisit } from './adt_beside.ts'
import { type AdtGroup, adtGroups } from './adt_groups.ts'
import { type Trigger, triggers } from './adt_triggers.ts'
import { businessId, cx } from './datatypes/identifier.ts'
import { reportDeleted } from './deleted.ts'
import { type Extensible, extensible } from './extensible.ts'
import type { Json } from './json.ts'
import { Parties } from './parties.ts'
import { reportUnmapped, type Scope, some } from './scope.ts'
import { lastUpdate, provenance } from './segments/evn.ts'
import { linkBy, type PriorMade, prior } from './segments/mrg.ts'
import { messageHeader } from './segments/msh.ts'
import { identifiersOf, patient } from './segments/pid.ts'
import { type EncounterMade, encounter, namesVisit } from './segments/pv1.ts'

const MAPPED = new Set([
  ...['MSH', 'SFT', 'EVN', 'PID', 'PD1', 'ROL', 'PRT', 'NK1', 'PV1', 'PV2', 'OBX', 'NTE', 'AL1'],
  ...['IAM', 'DG1', 'PR1', 'GT1', 'IN1', 'IN2', 'IN3', 'MRG'],
])

export const adt: Extensible = extensible({
  types: Object.keys(triggers).map(code => `ADT^${code}`),
  events(scope) {
    const code = messageType(scope.message).slice('ADT^'.length)
    const trigger = own(triggers, code)
    if (trigger === undefined) throw new Failure('message_type_unmapped', { type: `ADT^${code}` })
    const groups = adtGroups(scope.message).filter(({ pid, pv1 }) => pid ?? pv1)
    if (groups.length === 0) throw new Failure('segment_missing', { segment: 'PID' })
    const links = trigger.shape === 'link' && groups.length > 1
    const others = links ? groups.map(group => group.pid) : []
    const events = groups.flatMap(group => eventsOf({ group, trigger, code, others }, scope))
    reportUnmapped(scope, MAPPED)
    reportDeleted(scope, MAPPED)
    return events
  },
})

interface Given {
  readonly group: AdtGroup
  readonly trigger: Trigger
  readonly code: string
  /** In A24 and A37, the patients beside each other. */
  readonly others: readonly (Segment | undefined)[]
}

/** One event; where a merge names several identities that go, one for each. */
function eventsOf(given: Given, scope: Scope): readonly MappedEvent[] {
  const { group, trigger } = given
  if (trigger.shape !== 'merge' && trigger.shape !== 'move') return [event(given, scope)]
  const [first] = group.merges
  if (first === undefined) {
    scope.report('segment_missing', 'MRG', 'The message names no identity that goes.')
    return [event(given, scope)]
  }
  return group.merges.map(merge => event({ ...given, merge }, scope))
}

function event(
  given: Given & { readonly merge?: AdtGroup['merges'][number] },
  scope: Scope,
): MappedEvent {
  const { group, trigger, code, merge } = given
  const { pid } = group
  scope.begin()
  const parties = new Parties(scope)
  const gone = merge && trigger.shape === 'merge' ? prior(merge.mrg, pid, scope) : undefined
  const made =
    pid &&
    patient(
      {
        pid,
        beside: group.all,
        roles: group.patientRoles,
        more: patientMore(given, gone, scope),
      },
      parties,
    )
  if (made === undefined) scope.report('segment_missing', 'PID', 'The message names no patient.')
  const beside = made && besidePatient(group, made.resource, parties)
  const visit = visitOf({ ...given, beside, subject: made?.resource }, parties)
  const facts = made && besideVisit({ group, patient: made.resource, visit }, parties)
  const targets = some([made?.resource, visit?.resource])
  const evn = scope.message.segment('EVN')
  const said = evn && provenance(evn, targets, parties)
  const updated = pid && made && lastUpdate(pid, made.resource, parties)
  const header = messageHeader(code, scope)
  const about = { trigger, visit, pv1: merge?.pv1 ?? group.pv1 }
  return scope.event(
    {
      kind: trigger.kind,
      occurred_at: occurredAt(about, scope),
      patient: made?.id ?? null,
      visit: visit?.id ?? null,
      subject: subjectOf({ trigger, gone, visit, patient: made?.id ?? null }),
      resources: some([
        header,
        ...parties.resources,
        made?.resource,
        gone?.resource,
        ...(beside?.resources ?? []),
        visit?.resource,
        ...(facts ?? []),
        said,
        updated,
      ]),
    },
    group.all,
  )
}

/** A29 takes a person out; merges and links say how two patients hang together. */
function patientMore(given: Given, gone: PriorMade | undefined, scope: Scope): Json {
  const { trigger, others, group } = given
  if (trigger.kind === 'patient.deleted') return { active: false }
  if (gone !== undefined) return { link: [linkBy(gone.id, 'replaces')] }
  if (trigger.kind !== 'patient.linked') return {}
  const links = others.flatMap(pid => {
    if (pid === undefined || pid === group.pid) return []
    const id = businessId(identifiersOf(pid, scope)[0])
    return id === undefined ? [] : [linkBy(id, 'seealso')]
  })
  return { link: links }
}

interface Visiting extends Given {
  readonly merge?: AdtGroup['merges'][number]
  readonly beside: Beside | undefined
  readonly subject: Resource | undefined
}

/** The visit of the event, where there is one that is told apart from others. */
function visitOf(visiting: Visiting, parties: Parties): EncounterMade | undefined {
  const { group, trigger, merge, beside, subject } = visiting
  const { scope } = parties
  const pv1 = merge?.pv1 ?? group.pv1
  if (pv1 === undefined) {
    if (trigger.shape === 'visit') {
      scope.report('segment_missing', 'PV1', 'The message names no visit.')
    }
    return undefined
  }
  if (trigger.shape !== 'visit' && !namesVisit(pv1)) return undefined
  const happened = timeOf(scope, ['EVN', 6])
  const moment = trigger.moment && { [trigger.moment]: happened }
  const before = merge === undefined ? undefined : cx(merge.mrg.field(5), scope, 'VN')
  return encounter(
    {
      pv1,
      pid: group.pid,
      beside: group.all,
      roles: group.visitRoles,
      subject,
      event: { status: trigger.status, ...moment },
      more: beside?.ofVisit ?? {},
      priors: before === undefined ? [] : [{ use: 'old', ...before }],
    },
    parties,
  )
}

type Id = MappedEvent['patient']

/** What the event is about: the identity that goes, the visit, or the patient. */
function subjectOf(known: {
  readonly trigger: Trigger
  readonly gone: PriorMade | undefined
  readonly visit: EncounterMade | undefined
  readonly patient: Id
}): MappedEvent['subject'] {
  const { trigger, gone, visit, patient: id } = known
  if (gone !== undefined) return gone.id
  if (trigger.shape === 'visit' || trigger.shape === 'move') return visit?.id ?? id ?? undefined
  return id ?? undefined
}

/**
 * Decided here: the event's own time (EVN-6), else the visit's, else when it was recorded or sent.
 */
function occurredAt(
  about: { readonly trigger: Trigger; readonly pv1: Segment | undefined },
  scope: Scope,
): string | undefined {
  const { trigger, pv1 } = about
  const ofVisit = trigger.moment && pv1?.field(trigger.moment === 'start' ? 44 : 45)
  return (
    timeOf(scope, ['EVN', 6]) ??
    (ofVisit && scope.time(ofVisit)) ??
    timeOf(scope, ['EVN', 2]) ??
    timeOf(scope, ['MSH', 7])
  )
}

function timeOf(scope: Scope, [segment, field]: readonly [string, number]): string | undefined {
  const found = scope.message.segment(segment)
  return found && scope.time(found.field(field))
}
