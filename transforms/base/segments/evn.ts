// Who says so, and when: EVN, and PID-33 with PID-34, as Provenance, by the tables EVN[Provenance]
// and PID[Provenance-Patient]. Whom they name is contained in it: an operator is nobody's chart.
import type { Resource, Segment, Value } from '#sdk'
import { eventReason } from '../codes.ts'
import { mappedConcept } from '../datatypes/concept.ts'
import { type Json, some } from '../json.ts'
import { type Parties, type Party, type Referrer, xcnParty } from '../parties.ts'
import { referenceTo, type Scope } from '../scope.ts'

const TERMS = 'http://terminology.hl7.org/CodeSystem'

/** `targets`: what the event changed, the patient and the visit. */
export function provenance(
  evn: Segment,
  targets: readonly Resource[],
  parties: Parties,
): Resource | undefined {
  const { scope } = parties
  const within = parties.referrer()
  const operators = some(evn.repetitions(5).map(value => within.to(inside(xcnParty(value, scope)))))
  const location = within.to(facility(evn.field(7), 'location'))
  const occurred = evn.field(6).valued ? scope.time(evn.field(6)) : undefined
  const reason = mappedConcept(evn.field(4), eventReason, scope)
  if (targets.length === 0) return undefined
  return scope.make('provenance', {
    id: scope.idOf('Provenance', [...scope.nameByPlace(evn), targets[0]?.id ?? '']),
    from: [evn],
    elements: {
      contained: within.contained,
      target: targets.map(target => referenceTo(target)),
      occurredDateTime: occurred,
      recorded: recorded(evn, scope),
      location,
      reason: some([reason]),
      activity: {
        text: some([scope.message.text('MSH-9.1'), scope.message.text('MSH-9.2')]).join('^'),
      },
      agent: agents(operators, within, evn),
    },
  })
}

/** PID-33 and PID-34: the last change of the patient's record, at its facility. */
export function lastUpdate(
  pid: Segment,
  patient: Resource,
  parties: Parties,
): Resource | undefined {
  const { scope } = parties
  if (!pid.field(33).valued || !pid.field(34).valued) return undefined
  const within = parties.referrer()
  const who = within.to(facility(pid.field(34), 'organization'))
  return scope.make('provenance', {
    id: scope.idOf('Provenance', [...scope.nameByPlace(pid), patient.id]),
    from: [pid],
    elements: {
      contained: within.contained,
      target: [referenceTo(patient)],
      occurredDateTime: scope.time(pid.field(33)),
      recorded: scope.facts.received_at,
      activity: { coding: [{ system: `${TERMS}/v3-DataOperation`, code: 'UPDATE' }] },
      agent: [
        {
          type: {
            coding: [{ system: `${TERMS}/provenance-participant-type`, code: 'performer' }],
          },
          who,
        },
      ],
    },
  })
}

const inside = (party: Party | undefined): Party | undefined => party && { ...party, id: undefined }

/** HD[Location] and HD[Organization]. */
function facility(hd: Value, step: 'location' | 'organization'): Party | undefined {
  const name = hd.text(1)
  const number = hd.text(2)
  if (name === undefined && number === undefined) return undefined
  const identifier = number === undefined ? [] : [{ value: number }]
  const elements = () => ({ identifier, name: name ?? number })
  return { step, from: hd.segment, id: undefined, elements }
}

/** Provenance.recorded is required: EVN-2, else when we received it. */
function recorded(evn: Segment, scope: Scope): string {
  return (evn.field(2).valued ? scope.instant(evn.field(2)) : undefined) ?? scope.facts.received_at
}

/** Provenance.agent is required: who entered it, else the facility that sent it (MSH-4). */
function agents(operators: readonly Json[], within: Referrer, evn: Segment): readonly Json[] {
  if (operators.length > 0) return operators.map(who => ({ who }))
  const { scope } = within
  const name = scope.message.text('MSH-4.1') ?? scope.facts.tenant
  const elements = () => ({ name })
  return [{ who: within.to({ step: 'organization', from: evn, id: undefined, elements }) }]
}
