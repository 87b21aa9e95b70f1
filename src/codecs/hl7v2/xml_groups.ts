// The groups in which HL7 v2.xml wraps the segments of a message (`<ORU_R01.PATIENT_RESULT>`), told
// from the order of the segments by the abstract syntax of v2.5.1. Structures that are not listed
// are written flat. Reading needs none of this: the segments stand in their order whatever wraps
// them.

/**
 * A group: its name, then its segments and groups in their order. Each may be missing; groups may
 * repeat, and so may segments with a star.
 */
type Group = readonly [string, ...(string | Group)[]]

const procedure: Group = ['PROCEDURE', 'PR1', 'ROL*']
const insurance: Group = ['INSURANCE', 'IN1', 'IN2', 'IN3*', 'ROL*']
const admission = [
  'SFT*',
  'EVN',
  'PID',
  'PD1',
  'ROL*',
  'NK1*',
  'PV1',
  'PV2',
  'ROL*',
  'DB1*',
] as const
const order: Group = [
  'ORDER_OBSERVATION',
  ...['ORC', 'OBR', 'NTE*'],
  ['TIMING_QTY', 'TQ1', 'TQ2*'],
  'CTD',
  ['OBSERVATION', 'OBX', 'NTE*'],
  ...['FT1*', 'CTI*'],
  ['SPECIMEN', 'SPM', 'OBX*'],
]
const patient: Group = ['PATIENT', 'PID', 'PD1', 'NTE*', 'NK1*', ['VISIT', 'PV1', 'PV2']]

const structures: Readonly<Record<string, Group>> = {
  ADT_A01: [
    'ADT_A01',
    'MSH',
    ...admission,
    ...['OBX*', 'AL1*', 'DG1*', 'DRG'],
    procedure,
    'GT1*',
    insurance,
    ...['ACC', 'UB1', 'UB2', 'PDA'],
  ],
  ADT_A03: [
    'ADT_A03',
    'MSH',
    ...admission,
    ...['AL1*', 'DG1*', 'DRG'],
    procedure,
    ...['OBX*', 'GT1*'],
    insurance,
    ...['ACC', 'PDA'],
  ],
  ADT_A39: ['ADT_A39', 'MSH', 'SFT*', 'EVN', ['PATIENT', 'PID', 'PD1', 'MRG', 'PV1']],
  ORU_R01: ['ORU_R01', 'MSH', 'SFT*', ['PATIENT_RESULT', patient, order], 'DSC'],
}

/** Structures of trigger events that share one (HL7 v2.5.1 table 0354). */
const shared: Readonly<Record<string, string>> = {
  ADT_A04: 'ADT_A01',
  ADT_A08: 'ADT_A01',
  ADT_A13: 'ADT_A01',
  ADT_A11: 'ADT_A09',
  ADT_A12: 'ADT_A09',
  ADT_A28: 'ADT_A05',
  ADT_A31: 'ADT_A05',
  ADT_A40: 'ADT_A39',
}

/** `ADT_A01` of MSH-9; what MSH-9.3 says goes first. */
export function structureOf(code: string, event: string, structure: string): string {
  if (/^[A-Z][A-Z0-9]{2}(?:_[A-Z0-9]{3})?$/.test(structure)) return structure
  const name = event === '' ? code : `${code}_${event}`
  return /^[A-Z][A-Z0-9]{2}(?:_[A-Z0-9]{3})?$/.test(name) ? (shared[name] ?? name) : 'HL7'
}

interface Open {
  readonly group: Group
  /** Which of its members came last; 0 before the first. */
  at: number
}

/** What to write before a segment: groups that end and groups that begin, from the outermost on. */
export interface Turn {
  readonly closed: number
  readonly opened: readonly string[]
}

const STAY: Turn = { closed: 0, opened: [] }

/** Follows the segments of one message. */
export class Grouping {
  /** From the structure itself to the innermost group; empty where the structure is not listed. */
  readonly #open: Open[] = []
  readonly #known: ReadonlySet<string>

  constructor(structure: string) {
    const root = Object.hasOwn(structures, structure) ? structures[structure] : undefined
    if (root !== undefined) this.#open.push({ group: root, at: 0 })
    this.#known = new Set(root === undefined ? [] : membersOf(root))
  }

  /** Groups that are open, the structure itself not counted. */
  get depth(): number {
    return Math.max(0, this.#open.length - 1)
  }

  /**
   * A segment that the structure does not have stays where it stands, as a Z-segment does; one that
   * comes where it has no place stands outside of all groups.
   */
  next(segment: string): Turn {
    if (!this.#known.has(segment)) return STAY
    for (const [level, open] of [...this.#open.entries()].reverse()) {
      const [here, ...deeper] = wayTo(open, segment)
      if (here === undefined) continue
      open.at = here.at
      const closed = this.#open.splice(level + 1).length
      this.#open.push(...deeper)
      return { closed, opened: deeper.map(({ group }) => group[0]) }
    }
    return { closed: this.#open.splice(1).length, opened: [] }
  }
}

function membersOf(group: Group): readonly string[] {
  const [, ...members] = group
  return members.flatMap(one => (typeof one === 'string' ? [one.replace('*', '')] : membersOf(one)))
}

/** From a group at its place to a segment: the places of it and of the groups on the way. */
function wayTo(open: Open, segment: string): Open[] {
  for (const [at, member] of open.group.entries()) {
    if (at === 0 || at < open.at) continue
    if (typeof member !== 'string') {
      const deeper = wayTo({ group: member, at: 0 }, segment)
      if (deeper.length > 0) return [{ group: open.group, at }, ...deeper]
    } else if (member === `${segment}*` || (member === segment && at > open.at)) {
      return [{ group: open.group, at }]
    }
  }
  return []
}
