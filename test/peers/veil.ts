// Hides for a while what a FHIR server has just taken, as an index or a copy that lags does: reads
// and searches show what stood before. What is hidden is nevertheless there.
import type { IncomingHttpHeaders } from 'node:http'
import type { Random } from '../../src/kit/random.ts'

export interface Behind {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Hides {
  readonly part: number
  readonly ms_max: number
}

interface Hidden {
  readonly until_ms: number
  /** Undefined: it did not stand before. */
  readonly before: string | undefined
}

interface Resource {
  readonly resourceType?: string
  readonly id?: string
  readonly entry?: readonly { readonly resource?: Resource }[]
  readonly [name: string]: unknown
}

export const isSearch = (path: string): boolean => /_search(\?|$)|\?/.test(path)

export class Veil {
  /** `Type/id` → as it was last seen. */
  readonly #seen = new Map<string, string>()
  readonly #hidden = new Map<string, Hidden>()
  readonly #random: Random
  readonly #hides: Hides

  constructor(random: Random, hides: Hides) {
    this.#random = random
    this.#hides = hides
  }

  /** What is shown of an answer. */
  over(asked: { readonly method: string; readonly path: string }, answer: Behind): Behind {
    const name = nameOf(asked.path, answer)
    if (asked.method === 'POST' && !isSearch(asked.path)) {
      if (answer.status === 201) this.#cover(name, undefined)
      return answer
    }
    if (asked.method === 'PUT') {
      if (answer.status === 200) this.#cover(name, this.#seen.get(name))
      return answer
    }
    if (asked.method === 'GET' && !isSearch(asked.path)) return this.#shown(name, answer)
    return this.#searched(answer)
  }

  #cover(name: string, before: string | undefined): void {
    if (this.#random.fraction() >= this.#hides.part) return
    const until_ms = Date.now() + this.#random.fraction() * this.#hides.ms_max
    this.#hidden.set(name, { until_ms, before })
  }

  #under(name: string): Hidden | undefined {
    const hidden = this.#hidden.get(name)
    return hidden !== undefined && hidden.until_ms > Date.now() ? hidden : undefined
  }

  #shown(name: string, answer: Behind): Behind {
    const hidden = this.#under(name)
    if (hidden === undefined) {
      if (answer.status === 200) this.#seen.set(name, answer.body)
      return answer
    }
    if (hidden.before === undefined) return { status: 404, headers: JSON_ONLY, body: NOT_FOUND }
    const { meta } = parsed(hidden.before) as { meta?: { versionId?: string } }
    const headers = { ...answer.headers, etag: `W/"${meta?.versionId ?? ''}"` }
    return { status: 200, headers, body: hidden.before }
  }

  #searched(answer: Behind): Behind {
    const bundle = parsed(answer.body)
    if (bundle?.resourceType !== 'Bundle' || bundle.entry === undefined) return answer
    const entry = bundle.entry.flatMap(one => {
      const { resourceType, id } = one.resource ?? {}
      const hidden = this.#under(`${resourceType}/${id}`)
      if (hidden === undefined) return [one]
      return hidden.before === undefined ? [] : [{ ...one, resource: parsed(hidden.before) ?? {} }]
    })
    return { ...answer, body: JSON.stringify({ ...bundle, entry, total: entry.length }) }
  }
}

const JSON_ONLY = { 'content-type': 'application/fhir+json' }
const NOT_FOUND = JSON.stringify({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'not-found' }],
})

/** `Type/id` of what was asked for or made. */
function nameOf(path: string, answer: Behind): string {
  const [, asked] = /\/([A-Z]\w+\/[^/?]+)$/.exec(path.split('?')[0] ?? '') ?? []
  if (asked !== undefined) return asked
  const [, made] = /\/([A-Z]\w+\/[^/?]+)/.exec(String(answer.headers.location ?? '')) ?? []
  return made ?? ''
}

function parsed(body: string): Resource | undefined {
  try {
    return JSON.parse(body) as Resource
  } catch {
    // A page of HTML is no resource.
    return undefined
  }
}
