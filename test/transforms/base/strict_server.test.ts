// What the base makes, judged by somebody else: HAPI FHIR validates each resource against R4.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Resource } from '../../../src/model/event.ts'
import { hapiMissing, startHapi } from '../../peers/hapi_fhir/hapi_fhir.ts'
import { mapped } from './mapped.ts'

const folder = join(import.meta.dirname, '../../corpus/base')

interface Issue {
  readonly severity: string
  readonly diagnostics?: string
  readonly location?: readonly string[]
}

/**
 * The tables put PV2-8 and -9 into elements of R5 by the addresses that R5
 * (versions.html#extensions)
 * gives them for use in R4; this server knows versions up to 4.
 */
const laterExtension = /^Extension url '[^']*\/fhir\/5\.0\/[^']*' is not valid \(invalid Version/

async function errorsOf(base: string, resource: Resource): Promise<readonly string[]> {
  const answer = await fetch(`${base}/${resource.resourceType}/$validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  })
  const { issue = [] } = (await answer.json()) as { issue?: readonly Issue[] }
  return issue
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .filter(({ diagnostics = '' }) => !laterExtension.test(diagnostics))
    .map(({ diagnostics, location }) => `${location?.[0]}: ${diagnostics}`)
}

test('a strict R4 server finds no error in any resource of the golden cases', {
  skip: hapiMissing(),
  timeout: 900_000,
}, async t => {
  const hapi = await startHapi()
  t.after(() => hapi.close())
  for (const name of readdirSync(folder).filter(file => file.endsWith('.hl7'))) {
    const { events } = mapped(readFileSync(join(folder, name)))
    for (const resource of events.flatMap(event => event.resources)) {
      assert.deepEqual(await errorsOf(hapi.base, resource), [], `${name} ${resource.resourceType}`)
    }
  }
  // That it would have told: a status that is none.
  const wrong = { resourceType: 'Encounter', id: 'x', status: 'gone', class: { code: 'IMP' } }
  assert.notDeepEqual(await errorsOf(hapi.base, wrong), [])
})
