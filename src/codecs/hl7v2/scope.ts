// What belongs below a segment or to a group, for paths such as `OBR[2]/OBX[*]-5` and
// `ORDER_OBSERVATION[2].OBX-5`. A message is a flat list; which segment stands under which is told
// by their order (abstract message syntax, HL7 v2.5.1 chapters 3, 4, 7 and 10), here by a rank.

/** Smaller stands above: a scope ends before the next segment of its own rank or of one above. */
const ranks: Readonly<Record<string, number>> = {
  MSH: 0,
  PID: 1,
  SCH: 1,
  PV1: 2,
  ORC: 2,
  RGS: 2,
  OBR: 3,
  RXA: 3,
  RXO: 3,
  RXE: 3,
  RXD: 3,
  TXA: 3,
  AIS: 3,
  AIG: 3,
  AIL: 3,
  AIP: 3,
  SPM: 4,
  TQ1: 4,
  OBX: 5,
  // These stand below a visit as below an order, and end neither.
  NK1: 6,
  IN1: 6,
  PR1: 6,
  GT1: 6,
  DG1: 6,
  AL1: 6,
}

/** A group begins with its first segment; ORC and OBR begin an order together. */
const groups: Readonly<Record<string, string>> = {
  PATIENT_RESULT: 'PID',
  PATIENT: 'PID',
  PATIENT_VISIT: 'PV1',
  VISIT: 'PV1',
  NEXT_OF_KIN: 'NK1',
  INSURANCE: 'IN1',
  PROCEDURE: 'PR1',
  GUARANTOR: 'GT1',
  DIAGNOSIS: 'DG1',
  ALLERGY: 'AL1',
  ORDER: 'ORDER',
  ORDER_OBSERVATION: 'ORDER',
  COMMON_ORDER: 'ORDER',
  ORDER_DETAIL: 'OBR',
  OBSERVATION_REQUEST: 'OBR',
  TIMING: 'TQ1',
  TIMING_QTY: 'TQ1',
  SPECIMEN: 'SPM',
  OBSERVATION: 'OBX',
  RESULT: 'OBX',
  RESOURCES: 'RGS',
  SERVICE: 'AIS',
  GENERAL_RESOURCE: 'AIG',
  LOCATION_RESOURCE: 'AIL',
  PERSONNEL_RESOURCE: 'AIP',
}

export function isGroup(name: string): boolean {
  return Object.hasOwn(groups, name)
}

interface Named {
  readonly name: string
}

/**
 * The segments of the nth scope of that name (0: of all of them), its first segment included. One
 * pass over `segments`.
 */
export function scopeOf<S extends Named>(
  segments: readonly S[],
  within: { readonly name: string; readonly ordinal: number },
): readonly S[] {
  const head = isGroup(within.name) ? (groups[within.name] ?? '') : within.name
  const found: S[] = []
  const place: Place = { inside: false, ordered: false }
  let count = 0
  for (const segment of segments) {
    if (begins(segment.name, head, place)) {
      count += 1
      place.inside = true
    } else if (place.inside && ends(segment.name, head)) place.inside = false
    if (segment.name === 'ORC') place.ordered = true
    else if (segment.name === 'OBR' || segment.name === 'PID') place.ordered = false
    if (place.inside && (within.ordinal === 0 || count === within.ordinal)) found.push(segment)
    if (within.ordinal > 0 && count > within.ordinal) break
  }
  return found
}

interface Place {
  inside: boolean
  /** An ORC came, and the OBR that belongs to it did not yet. */
  ordered: boolean
}

function begins(name: string, head: string, place: Place): boolean {
  if (head !== 'ORDER') return name === head
  return name === 'ORC' || (name === 'OBR' && !place.ordered)
}

function ends(name: string, head: string): boolean {
  const rank = ranks[name]
  if (rank === undefined) return false
  // Segments without a rank hold what follows them up to the next one that has one.
  const own = head === 'ORDER' ? ranks.ORC : ranks[head]
  // The OBR behind its ORC stands within the order.
  return own === undefined || rank <= (own ?? 0)
}
