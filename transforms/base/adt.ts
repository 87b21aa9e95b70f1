// ADT: A01 admitted, A03 discharged, A08 updated, by the official message maps ADT_A01 and ADT_A03.
import { Failure, type Kind, type MappedEvent, messageType } from '#sdk'
import { type Extensible, extensible } from './extensible.ts'
import { reportUnmapped, type Scope, some } from './scope.ts'
import { patient } from './segments/pid.ts'
import { encounter, namesVisit } from './segments/pv1.ts'

interface Trigger {
  readonly kind: Kind
  /** Event[EncounterStatus]; undefined where the event says nothing of the visit's status. */
  readonly status?: string
  /** Which end of the visit the event happens at. */
  readonly moment?: 'start' | 'end'
}

const triggers: Readonly<Record<string, Trigger>> = {
  'ADT^A01': { kind: 'patient.admitted', status: 'in-progress', moment: 'start' },
  'ADT^A03': { kind: 'patient.discharged', status: 'finished', moment: 'end' },
  'ADT^A08': { kind: 'patient.updated' },
}

const MAPPED = new Set(['MSH', 'EVN', 'PID', 'PD1', 'NK1', 'PV1', 'PV2'])

export const adt: Extensible = extensible({
  types: Object.keys(triggers),
  events(scope) {
    const trigger = triggers[messageType(scope.message)]
    if (trigger === undefined) throw new Failure('message_type_unmapped')
    return [scope.event(event(trigger, scope), scope.message.segments)]
  },
})

function event(trigger: Trigger, scope: Scope): MappedEvent {
  const { message } = scope
  const pid = message.segment('PID')
  const pv1 = message.segment('PV1')
  if (pid === undefined) throw new Failure('segment_missing', { segment: 'PID' })
  if (pv1 === undefined && trigger.moment !== undefined) {
    throw new Failure('segment_missing', { segment: 'PV1' })
  }
  const beside = message.segments
  const made = patient(pid, beside, scope)
  const happened = timeOf(scope, ['EVN', 6])
  const visit =
    pv1 === undefined || (trigger.moment === undefined && !namesVisit(pv1))
      ? undefined
      : encounter(
          {
            pv1,
            pid,
            beside,
            subject: made.resource,
            event: {
              status: trigger.status,
              ...(trigger.moment && { [trigger.moment]: happened }),
            },
          },
          scope,
        )
  reportUnmapped(scope, MAPPED)
  return {
    kind: trigger.kind,
    occurred_at: happened ?? occurredAt(trigger, scope),
    patient: made.id,
    visit: visit?.id ?? null,
    subject: (trigger.moment === undefined ? made.id : visit?.id) ?? undefined,
    resources: some([made.resource, visit?.resource]),
  }
}

/**
 * Decided here: the event's own time (EVN-6), else the visit's, else when it was recorded or sent.
 */
function occurredAt(trigger: Trigger, scope: Scope): string | undefined {
  const ofVisit = { start: 44, end: 45 } as const
  return (
    (trigger.moment && timeOf(scope, ['PV1', ofVisit[trigger.moment]])) ??
    timeOf(scope, ['EVN', 2]) ??
    timeOf(scope, ['MSH', 7])
  )
}

function timeOf(scope: Scope, [segment, field]: readonly [string, number]): string | undefined {
  const found = scope.message.segment(segment)
  return found && scope.time(found.field(field))
}
