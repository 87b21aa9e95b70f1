// What the server says of itself (FHIR R4 http.html#capabilities), held against what this adapter
// writes. Servers say too little and too much (both are seen), so what is not declared is told to a
// person and denied by nobody; only another version of FHIR stops everything.
import type { Capability, Survey, Surveyed } from '#sdk'
import { objectOf, verdict } from './answers.ts'

export function survey(profile: readonly Capability[]): Survey {
  return {
    call: {
      kind: 'http',
      method: 'GET',
      path: 'metadata',
      headers: { accept: 'application/fhir+json' },
      body: undefined,
      changes: false,
    },
    read(answer) {
      if (answer.kind !== 'answer') return UNANSWERED
      const { status, body } = answer
      if (status === 401 || status === 403 || status === 429 || status >= 500) return UNANSWERED
      const statement = objectOf(body)
      if (statement?.resourceType !== 'CapabilityStatement') return SAYS_NOTHING
      return judged(statement, profile)
    },
  }
}

const UNANSWERED: Surveyed = { answered: false, remarks: [] }
const SAYS_NOTHING: Surveyed = {
  answered: true,
  remarks: ['It does not describe itself: /metadata answers no CapabilityStatement.'],
}

type Statement = Readonly<Record<string, unknown>>

function judged(statement: Statement, profile: readonly Capability[]): Surveyed {
  const { fhirVersion } = statement
  const version = typeof fhirVersion === 'string' ? fhirVersion : ''
  if (/^[\d.]{1,20}$/.test(version) && !version.startsWith('4.')) {
    const { code, facts } = verdict('target_misconfigured', { fhir_version: version })
    const remarks = [`It speaks FHIR ${version}, and this adapter FHIR R4: nothing is sent.`]
    return { answered: true, remarks, refuses: { code: code ?? 'target_misconfigured', facts } }
  }
  const declared = declaredBy(statement)
  const missing = (needs: string) =>
    profile
      .filter(row => needed(row).includes(needs) && !declared.get(row.resource)?.has(needs))
      .map(row => row.resource)
  const remarks = NEEDS.flatMap(needs => {
    const types = missing(needs)
    return types.length === 0 ? [] : [`It does not declare ${WORDS[needs]} of ${listed(types)}.`]
  })
  return { answered: true, remarks }
}

/** Interactions by their codes of the standard, and what stands beside them. */
const WORDS = {
  create: 'create',
  conditionalCreate: 'conditional create (without it a write that is repeated may double)',
  read: 'read',
  update: 'update',
  patch: 'patch',
  'search-type': 'search',
} as const
const NEEDS = Object.keys(WORDS) as (keyof typeof WORDS)[]

function needed({ operations }: Capability): readonly string[] {
  const makes = operations.includes('create') || operations.includes('update')
  return [
    ...['read', 'search-type'],
    ...(makes ? ['create', 'conditionalCreate'] : []),
    ...operations.filter(one => one === 'update' || one === 'patch'),
  ]
}

function declaredBy({ rest }: Statement): ReadonlyMap<string, ReadonlySet<string>> {
  const servers = listOf(rest).filter(one => one.mode !== 'client')
  const resources = servers.flatMap(one => listOf(one.resource))
  return new Map(
    resources.map(one => {
      const codes = listOf(one.interaction).map(({ code }) => String(code))
      return [
        String(one.type),
        new Set([...codes, ...(one.conditionalCreate === true ? [COND] : [])]),
      ]
    }),
  )
}

const COND = 'conditionalCreate'

const listOf = (value: unknown): readonly Statement[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'object' && one !== null) : []

const SHOWN_MAX = 5

function listed(types: readonly string[]): string {
  const more = types.length - SHOWN_MAX
  const shown = types.slice(0, SHOWN_MAX).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
