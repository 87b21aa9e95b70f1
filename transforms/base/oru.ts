// ORU: R01, results, by the official message map ORU_R01. One event for each order (OBR), so that
// each report has its own kind and its own life. Results without an order are an event too, and so
// is a message without any result, which says so by its kind.
import type { BusinessId, MappedEvent, Resource, Segment } from '#sdk'
import { reportDeleted } from './deleted.ts'
import { EarlierResults } from './earlier_results.ts'
import { type Extensible, extensible } from './extensible.ts'
import { type Json, some } from './json.ts'
import { orderMade, ownName } from './order.ts'
import { Parties } from './parties.ts'
import { resultGroups, type SubjectGroup } from './result_groups.ts'
import { referenceTo, reportUnmapped, type Scope } from './scope.ts'
import { account } from './segments/account.ts'
import { messageHeader, messageName } from './segments/msh.ts'
import { relatedPerson } from './segments/nk1.ts'
import { kindOf, statusByResults } from './segments/obr.ts'
import { observation, type Surroundings } from './segments/obx.ts'
import { livingWill } from './segments/pd1.ts'
import { mother, patient } from './segments/pid.ts'
import { encounter, namesVisit } from './segments/pv1.ts'
import { careTeam } from './segments/rol.ts'

const MAPPED = new Set([
  ...['MSH', 'SFT', 'PID', 'PD1', 'NK1', 'PV1', 'PV2'],
  ...['ORC', 'OBR', 'OBX', 'NTE', 'SPM', 'TQ1', 'PRT'],
])

export const oru: Extensible = extensible({
  types: ['ORU^R01'],
  events(scope) {
    const header = messageHeader('R01', scope)
    const sent = timeSent(scope)
    const around = { header, sent, earlier: new EarlierResults(scope) }
    const events = resultGroups(scope.message).flatMap(group => eventsOf(group, around, scope))
    reportUnmapped(scope, MAPPED)
    reportDeleted(scope, MAPPED)
    return events
  },
})

/** Of the message as a whole. */
interface Around {
  readonly header: Resource
  /** MSH-7. */
  readonly sent: string | undefined
  readonly earlier: EarlierResults
}

function eventsOf(group: SubjectGroup, around: Around, scope: Scope): readonly MappedEvent[] {
  const subject = subjectOf(group, scope)
  const own = group.observations.map(observed => observation(observed, subject, subject.parties))
  // Those of the patient stand in the first event; the parties that they name came with them.
  const beside = [...subject.parties.resources, ...subject.resources, ...own]
  if (group.orders.length === 0) return [withoutOrder(own, { subject, beside, around }, scope)]
  return group.orders.map((order, i) => {
    const made = orderMade(order, { ...subject, earlier: around.earlier }, scope)
    const before = i === 0 ? beside : beside.slice(0, beside.length - own.length)
    const event: MappedEvent = {
      kind: made.kind,
      occurred_at: made.issued ?? around.sent,
      patient: subject.patient,
      visit: subject.visit,
      subject: made.subject,
      resources: [...before, ...made.resources, around.header],
    }
    return scope.event(event, some([order.obr, order.orc?.segment]))
  })
}

interface Beside {
  readonly subject: SubjectMade
  readonly beside: readonly Resource[]
  readonly around: Around
}

/** Results of the patient alone, or none at all. */
function withoutOrder(
  own: readonly Resource[],
  { subject, beside, around }: Beside,
  scope: Scope,
): MappedEvent {
  const [main] = own
  const event: MappedEvent = {
    kind: main === undefined ? 'result.empty' : kindOf(statusByResults(own), own),
    occurred_at: around.sent,
    patient: subject.patient,
    visit: subject.visit,
    subject: main && ownName(main),
    resources: [...beside, around.header],
  }
  if (main === undefined) {
    scope.report('result_empty', 'OBX', 'The message carries neither a report nor a result.')
  }
  return scope.event(event, scope.message.segments)
}

/** The patient and the visit, and what observations of theirs take from them. */
interface SubjectMade extends Surroundings {
  readonly parties: Parties
  readonly patient: BusinessId | null
  readonly visit: BusinessId | null
  /** References before those who refer. */
  readonly resources: readonly Resource[]
}

function subjectOf(group: SubjectGroup, scope: Scope): SubjectMade {
  const { pid, visit, beside, participations } = group
  const parties = new Parties(scope)
  const made = pid && patient({ pid, beside, roles: participations }, parties)
  const around = pid && made && besidePatient({ ...group, pid }, made.resource, parties)
  const stay =
    visit && namesVisit(visit.pv1)
      ? encounter(
          {
            ...{ pv1: visit.pv1, pid, beside, roles: visit.participations },
            ...{ subject: made?.resource, event: {}, more: around?.ofVisit ?? {} },
          },
          parties,
        )
      : undefined
  reportNotes([...group.notes, ...(visit?.notes ?? [])], scope)
  return {
    name: messageName(scope),
    subject: made?.resource,
    encounter: stay?.resource,
    effective: {},
    status: 'unknown',
    specimen: undefined,
    derivedFrom: [],
    parties,
    patient: made?.id ?? null,
    visit: stay?.id ?? null,
    resources: some([made?.resource, ...(around?.resources ?? []), stay?.resource]),
  }
}

/** Relatives, those who care for the patient, the wish for a living will, the account. */
function besidePatient(
  { pid, beside, participations }: SubjectGroup & { readonly pid: Segment },
  subject: Resource,
  parties: Parties,
): { readonly resources: readonly Resource[]; readonly ofVisit: Json } {
  const { scope } = parties
  const pd1 = beside.find(({ name }) => name === 'PD1')
  const relatives = beside.filter(({ name }) => name === 'NK1')
  const bill = account({ pid, patient: subject, guarantors: [] }, parties)
  return {
    resources: some([
      ...relatives.map(nk1 => relatedPerson(nk1, subject, scope)),
      mother(pid, subject, scope),
      careTeam(participations, subject, parties),
      pd1 && livingWill(pd1, subject, scope),
      bill,
    ]),
    ofVisit: { account: some([referenceTo(bill)]) },
  }
}

function reportNotes(notes: readonly Segment[], scope: Scope): void {
  for (const nte of notes) {
    scope.report(
      'segment_unmapped',
      nte.place(3),
      'R4 has no place for notes on a patient or visit.',
    )
  }
}

function timeSent(scope: Scope): string | undefined {
  const [msh] = scope.message.segments
  return msh && scope.time(msh.field(7))
}
