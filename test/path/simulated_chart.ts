// A FHIR server that exists only here, for generated interleavings: it keeps every request in its
// log, shows a new resource to searches some time after it was made, and meets each change with the
// fault that it is told to. What it holds and what it logs are the witness of the properties.
import type { Answer, Call, HttpCall } from '../../src/model/intent.ts'
import type { OpenTransport } from '../../src/model/rooms.ts'

/**
 * `lost`: it never arrives. `landed`: it is done, and the answer is lost. `late`: the answer is
 * lost and it is done some time later. `refused`: no connection. `busy`: 503. `slow_down`: 429.
 * `meddled`: somebody else changes the resource just before. `crash`: it is done, and the engine
 * dies.
 */
export const faults = [
  'none',
  'lost',
  'landed',
  'late',
  'refused',
  'busy',
  'slow_down',
  'meddled',
  'crash',
] as const
export type Fault = (typeof faults)[number]

interface Held {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly body: Readonly<Record<string, unknown>>
  readonly made_at_ms: number
}

/** One request, in the order in which they arrived. */
export interface Logged {
  readonly at_ms: number
  readonly kind: 'search' | 'read' | 'create' | 'update'
  readonly type: string
  /** Of what a create makes or a search asks for: `system|value`. */
  readonly identifier: string
  readonly id: string | undefined
  readonly if_match: string | undefined
  readonly body: Readonly<Record<string, unknown>>
  readonly fault: Fault
  /** What the engine was told; 0: nothing. */
  status: number
}

/** One change of what it holds, in the order in which they were done. */
export interface Landing {
  readonly request: Logged
  readonly id: string
  readonly version_before: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface ChartOptions {
  now(): number
  /** Done so many milliseconds later, on the simulation's clock. */
  later(wait_ms: number, work: () => void): void
  /** The fault of the next change. */
  nextFault(): Fault
  readonly visible_ms: number
  readonly late_ms: number
  /** What it answers to a stale version: R4 says 412, others 409. */
  readonly stale: 409 | 412
  crash(): void
}

export class SimulatedChart implements OpenTransport {
  readonly log: Logged[] = []
  readonly landings: Landing[] = []
  readonly held = new Map<string, Held>()
  #made = 0
  readonly #options: ChartOptions

  constructor(options: ChartOptions) {
    this.#options = options
  }

  async close(): Promise<void> {}

  async call(call: Call): Promise<Answer> {
    if (call.kind !== 'http') throw new Error('a FHIR server takes HTTP')
    const request = this.#logged(call)
    this.log.push(request)
    const answer = this.#answer(request)
    request.status = answer.kind === 'answer' ? answer.status : 0
    return answer
  }

  #logged(call: HttpCall): Logged {
    const [type = '', id] = call.path.split('/')
    const kind =
      call.method === 'GET' ? 'read' : call.method === 'PUT' ? 'update' : id ? 'search' : 'create'
    const body = kind === 'create' || kind === 'update' ? JSON.parse(call.body ?? '{}') : {}
    const asked = kind === 'search' ? new URLSearchParams(call.body).get('identifier') : undefined
    return {
      at_ms: this.#options.now(),
      kind,
      type,
      identifier: asked ?? identifierOf(body),
      id: kind === 'search' ? undefined : id,
      if_match: call.headers['if-match'],
      body,
      fault: call.changes ? this.#options.nextFault() : 'none',
      status: 0,
    }
  }

  #answer(request: Logged): Answer {
    const { fault } = request
    const { later, late_ms, crash } = this.#options
    switch (fault) {
      case 'lost':
        return NO_ANSWER
      case 'landed':
        this.#do(request)
        return NO_ANSWER
      case 'late':
        later(late_ms, () => this.#do(request))
        return NO_ANSWER
      case 'refused':
        return { kind: 'not_sent', code: 'target_down', facts: {} }
      case 'busy':
        return answerOf(503)
      case 'slow_down':
        return { ...answerOf(429), headers: { 'retry-after': '2' } }
      case 'crash': {
        const answer = this.#do(request)
        crash()
        return answer
      }
      case 'meddled':
        this.#meddle(request)
        return this.#do(request)
      case 'none':
        return this.#do(request)
    }
  }

  #do(request: Logged): Answer {
    const { type, id } = request
    switch (request.kind) {
      case 'read': {
        const held = this.held.get(`${type}/${id}`)
        return held === undefined ? answerOf(404) : answerOf(200, held)
      }
      case 'search': {
        const entry = this.#visible(type, request.identifier).map(shown)
        const body = JSON.stringify({
          resourceType: 'Bundle',
          entry: entry.map(resource => ({ resource })),
        })
        return { kind: 'answer', status: 200, headers: {}, body }
      }
      case 'create': {
        const [match, ...more] = this.#visible(type, request.identifier)
        if (more.length > 0) return answerOf(412)
        if (match !== undefined) return answerOf(200, match)
        this.#made += 1
        return answerOf(201, this.#keep(request, { type, id: `${type}-${this.#made}`, version: 0 }))
      }
      case 'update': {
        const held = this.held.get(`${type}/${id}`)
        if (held === undefined) return answerOf(404)
        if (request.if_match !== `W/"${held.version}"`) return answerOf(this.#options.stale)
        return answerOf(200, this.#keep(request, held))
      }
    }
  }

  #keep(request: Logged, before: Pick<Held, 'type' | 'id' | 'version'>): Held {
    const { type, id, version } = before
    const known = this.held.get(`${type}/${id}`)
    const next: Held = {
      type,
      id,
      version: version + 1,
      body: request.body,
      made_at_ms: known?.made_at_ms ?? this.#options.now(),
    }
    this.held.set(`${type}/${id}`, next)
    this.landings.push({ request, id, version_before: version, body: request.body })
    return next
  }

  /** Somebody at the far end writes a remark into what is about to be written. */
  #meddle({ type, id }: Logged): void {
    const held = this.held.get(`${type}/${id}`)
    if (held === undefined) return
    const body = { ...held.body, language: 'en' }
    this.held.set(`${type}/${id}`, { ...held, version: held.version + 1, body })
  }

  /** Searches and conditional creates look into an index that lags behind. */
  #visible(type: string, identifier: string): readonly Held[] {
    const seen_ms = this.#options.now() - this.#options.visible_ms
    return [...this.held.values()].filter(
      one =>
        one.type === type &&
        one.made_at_ms <= seen_ms &&
        identifiersOf(one.body).includes(identifier),
    )
  }
}

const NO_ANSWER: Answer = { kind: 'no_answer', code: 'target_answer_unknown', facts: {} }

function answerOf(status: number, held?: Held): Answer & { kind: 'answer' } {
  if (held === undefined) return { kind: 'answer', status, headers: {}, body: '' }
  const headers = { etag: `W/"${held.version}"` }
  return { kind: 'answer', status, headers, body: JSON.stringify(shown(held)) }
}

const shown = ({ id, version, body }: Held) => ({
  ...body,
  id,
  meta: { versionId: String(version) },
})

export function identifiersOf(body: Readonly<Record<string, unknown>>): readonly string[] {
  const list = (body.identifier ?? []) as readonly { system: string; value: string }[]
  return list.map(({ system, value }) => `${system}|${value}`)
}

const identifierOf = (body: Readonly<Record<string, unknown>>) => identifiersOf(body)[0] ?? ''
