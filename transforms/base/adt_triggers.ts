// What each trigger event of ADT (HL7 v2.5.1 chapter 3.3, HL70003) is in our words: its kind, what
// it says of the visit, and which shape its message has. Status by the map Event[EncounterStatus];
// decided here, where that map is silent: the cancellations undo what they cancel.
import type { Kind } from '#sdk'

export interface Trigger {
  readonly kind: Kind
  /** Encounter.status; undefined where the event says nothing of it. */
  readonly status?: string
  /** Which end of the visit the event happens at. */
  readonly moment?: 'start' | 'end'
  /**
   * `visit`: the visit is what it is about, so it is made even without a number. `person`: the
   * visit beside it is made only where a number tells it. `merge`: MRG names an identity that goes
   * into PID's. `move`: MRG names earlier numbers of the visit. `link`: two patients side by side.
   */
  readonly shape: 'visit' | 'person' | 'merge' | 'move' | 'link'
}

const visit = (kind: Kind, status: string | undefined, moment?: 'start' | 'end'): Trigger => ({
  kind,
  shape: 'visit',
  ...(status === undefined ? {} : { status }),
  ...(moment === undefined ? {} : { moment }),
})
const person = (kind: Kind): Trigger => ({ kind, shape: 'person' })
const merge: Trigger = { kind: 'patient.merged', shape: 'merge' }
const move: Trigger = { kind: 'visit.updated', shape: 'move' }

export const triggers: Readonly<Record<string, Trigger>> = {
  A01: visit('patient.admitted', 'in-progress', 'start'),
  A02: visit('patient.transferred', 'in-progress'),
  A03: visit('patient.discharged', 'finished', 'end'),
  // The map says planned; but the patient has come (chapter 3.3.4), and a planned visit is A05's.
  A04: visit('patient.registered', 'in-progress', 'start'),
  A05: visit('visit.planned', 'planned'),
  A06: visit('visit.updated', undefined),
  A07: visit('visit.updated', undefined),
  A08: person('patient.updated'),
  A09: visit('visit.updated', undefined),
  A10: visit('visit.updated', undefined),
  A11: visit('visit.cancelled', 'cancelled'),
  A12: visit('visit.updated', 'in-progress'),
  A13: visit('visit.updated', 'in-progress'),
  A14: visit('visit.planned', 'planned'),
  A15: visit('visit.updated', 'in-progress'),
  A16: visit('visit.updated', 'in-progress'),
  A17: visit('patient.transferred', 'in-progress'),
  A18: merge,
  A21: visit('visit.updated', 'onleave'),
  A22: visit('visit.updated', 'in-progress'),
  A23: visit('visit.cancelled', 'entered-in-error'),
  A24: { kind: 'patient.linked', shape: 'link' },
  A25: visit('visit.updated', 'in-progress'),
  A26: visit('visit.updated', 'in-progress'),
  A27: visit('visit.cancelled', 'cancelled'),
  A28: person('patient.registered'),
  A29: person('patient.deleted'),
  A30: merge,
  A31: person('patient.updated'),
  A32: visit('visit.updated', undefined),
  A33: visit('visit.updated', undefined),
  A34: merge,
  A35: move,
  A36: merge,
  A37: { kind: 'patient.unlinked', shape: 'link' },
  A38: visit('visit.cancelled', 'cancelled'),
  A39: merge,
  A40: merge,
  A41: move,
  A42: move,
  A43: move,
  A44: move,
  A45: move,
  A46: merge,
  A47: merge,
  A48: merge,
  A49: move,
  A50: move,
  A51: move,
  A52: visit('visit.updated', 'in-progress'),
  A53: visit('visit.updated', 'onleave'),
  A54: visit('visit.updated', undefined),
  A55: visit('visit.updated', undefined),
  A60: person('patient.updated'),
  A61: visit('visit.updated', undefined),
  A62: visit('visit.updated', undefined),
}
