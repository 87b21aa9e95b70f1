// The groups of a result message that its segments only imply, by the structure ORU_R01 (HL7 v2.5.1
// chapter 7.3.1, with what v2.8 adds): patients with what stands beside them, orders, results,
// specimens, and to each its notes and participations. A segment out of order has a place too.
import type { Message, Segment } from '#sdk'

/** What may stand behind any segment and belongs to it. */
interface Annexes {
  readonly notes: Segment[]
  /** PRT. */
  readonly participations: Segment[]
}

export interface ObservedGroup extends Annexes {
  readonly obx: Segment
}

export interface SpecimenGroup extends Annexes {
  readonly spm: Segment
  readonly observations: ObservedGroup[]
}

export interface OrderedGroup extends Annexes {
  readonly orc: (Annexes & { readonly segment: Segment }) | undefined
  /** Undefined where an ORC stands without an OBR, or results without any order. */
  readonly obr: Segment | undefined
  readonly timings: Segment[]
  readonly observations: ObservedGroup[]
  readonly specimens: SpecimenGroup[]
}

export interface VisitGroup extends Annexes {
  readonly pv1: Segment
}

export interface SubjectGroup extends Annexes {
  readonly pid: Segment | undefined
  /** PD1, NK1, PV2 … : whatever stands before the first order. */
  readonly beside: Segment[]
  readonly visit: VisitGroup | undefined
  /** OBX before any order: of the patient, not of a report (v2.8). */
  readonly observations: ObservedGroup[]
  readonly orders: readonly OrderedGroup[]
}

/** In one pass, so in linear time. A message without PID has one subject that is nobody. */
export function resultGroups(message: Message): readonly SubjectGroup[] {
  const reading = new Reading()
  for (let i = 1; i < message.segments.length; i++) reading.take(message.segments[i] as Segment)
  return reading.end()
}

interface OpenOrder extends OrderedGroup {
  obr: Segment | undefined
}

interface OpenSubject extends SubjectGroup {
  visit: VisitGroup | undefined
  readonly orders: OpenOrder[]
}

class Reading {
  readonly #subjects: OpenSubject[] = []
  #subject: OpenSubject | undefined
  #order: OpenOrder | undefined
  #specimen: SpecimenGroup | undefined
  /** To whom the next NTE and PRT belong. */
  #annexes: Annexes | undefined

  end(): readonly SubjectGroup[] {
    this.#subjectHere()
    return this.#subjects
  }

  take(segment: Segment): void {
    switch (segment.name) {
      case 'PID':
        this.#openSubject(segment)
        return
      case 'ORC':
        this.#takeOrder(segment)
        return
      case 'OBR':
        this.#takeRequest(segment)
        return
      case 'OBX':
        this.#takeResult(segment)
        return
      case 'SPM':
        this.#takeSpecimen(segment)
        return
      default:
        this.#takeBeside(segment)
    }
  }

  #takeOrder(segment: Segment): void {
    const orc = { segment, ...annexes() }
    this.#openOrder(orc)
    this.#annexes = orc
  }

  #takeRequest(obr: Segment): void {
    // An ORC waits for its OBR; what stood between them (a document) stays in their order.
    const waits = this.#order !== undefined && this.#order.obr === undefined
    const order = waits ? this.#orderHere() : this.#openOrder(undefined)
    order.obr = obr
    this.#specimen = undefined
    this.#annexes = order
  }

  /** Many senders name the specimen first: then the results behind it are the order's. */
  #takeSpecimen(spm: Segment): void {
    const order = this.#orderHere()
    const specimen = { spm, observations: [], ...annexes() }
    order.specimens.push(specimen)
    this.#specimen = order.observations.length > 0 ? specimen : undefined
    this.#annexes = specimen
  }

  #takeResult(obx: Segment): void {
    const group = { obx, ...annexes() }
    const home = this.#specimen ?? this.#order ?? this.#subjectHere()
    home.observations.push(group)
    this.#annexes = group
  }

  #takeBeside(segment: Segment): void {
    switch (segment.name) {
      case 'NTE':
        this.#annexesHere().notes.push(segment)
        return
      case 'PRT':
        this.#annexesHere().participations.push(segment)
        return
      case 'TQ1':
        this.#orderHere().timings.push(segment)
        return
      case 'PV1':
        this.#takeVisit(segment)
        return
      case 'SFT':
      case 'DSC':
        return
      default:
        this.#subjectHere().beside.push(segment)
    }
  }

  /** Before the first order, as the standard has it; a later one is kept beside. */
  #takeVisit(pv1: Segment): void {
    const subject = this.#subjectHere()
    if (subject.visit !== undefined) {
      subject.beside.push(pv1)
      return
    }
    subject.visit = { pv1, ...annexes() }
    this.#annexes = subject.visit
  }

  #openSubject(pid: Segment | undefined): OpenSubject {
    const subject: OpenSubject = {
      pid,
      beside: [],
      visit: undefined,
      observations: [],
      orders: [],
      ...annexes(),
    }
    this.#subjects.push(subject)
    this.#subject = subject
    this.#order = undefined
    this.#specimen = undefined
    this.#annexes = subject
    return subject
  }

  #openOrder(orc: OrderedGroup['orc']): OpenOrder {
    const order: OpenOrder = {
      orc,
      obr: undefined,
      timings: [],
      observations: [],
      specimens: [],
      ...annexes(),
    }
    this.#subjectHere().orders.push(order)
    this.#order = order
    this.#specimen = undefined
    return order
  }

  #subjectHere(): OpenSubject {
    return this.#subject ?? this.#openSubject(undefined)
  }

  #orderHere(): OpenOrder {
    return this.#order ?? this.#openOrder(undefined)
  }

  #annexesHere(): Annexes {
    return this.#annexes ?? this.#subjectHere()
  }
}

const annexes = (): Annexes => ({ notes: [], participations: [] })
