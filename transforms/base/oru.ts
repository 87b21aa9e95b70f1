// ORU: R01, results, by the official message map ORU_R01. One event for each report (OBR), so that
// each has its own kind and its own life.
import { Failure, type MappedEvent, type PatientGroup, patientGroups } from '#sdk'
import { type Extensible, extensible } from './extensible.ts'
import { reportUnmapped, type Scope, some } from './scope.ts'
import { report } from './segments/obr.ts'
import { patient } from './segments/pid.ts'
import { encounter, namesVisit } from './segments/pv1.ts'

const MAPPED = new Set(['MSH', 'PID', 'PD1', 'NK1', 'PV1', 'PV2', 'ORC', 'OBR', 'OBX', 'NTE'])

export const oru: Extensible = extensible({
  types: ['ORU^R01'],
  events(scope) {
    const groups = patientGroups(scope.message)
    if (groups.every(({ orders }) => orders.length === 0)) {
      throw new Failure('segment_missing', { segment: 'OBR' })
    }
    const events = groups.flatMap(group => eventsOf(group, scope))
    reportUnmapped(scope, MAPPED)
    return events
  },
})

function eventsOf(group: PatientGroup, scope: Scope): readonly MappedEvent[] {
  const { pid, others, orders } = group
  const subject = pid && patient(pid, others, scope)
  const pv1 = others.find(({ name }) => name === 'PV1')
  const visit =
    pv1 && namesVisit(pv1)
      ? encounter({ pv1, pid, beside: others, subject: subject?.resource, event: {} }, scope)
      : undefined
  for (const segment of others) {
    if (segment.name !== 'OBX' && segment.name !== 'NTE') continue
    scope.report('segment_unmapped', segment.place(1), 'It belongs to no order (OBR).')
  }
  const around = { subject: subject?.resource, encounter: visit?.resource }
  const sent = scope.message.segment('MSH')
  return orders.map(order => {
    const made = report(order, around, scope)
    const event = {
      kind: made.kind,
      occurred_at: made.issued ?? (sent && scope.time(sent.field(7))),
      patient: subject?.id ?? null,
      visit: visit?.id ?? null,
      subject: made.id,
      resources: some([subject?.resource, visit?.resource, ...made.observations, made.report]),
    }
    return scope.event(event, [order.obr])
  })
}
