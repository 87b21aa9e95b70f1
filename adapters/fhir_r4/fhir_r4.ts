// A plain FHIR R4 server: HAPI, Medplum, a vendor's generic endpoint. Resources are known there by
// their business identifiers; every write may be repeated without a second effect.
import { defineAdapter, filesOfHttp, httpFields, lintHttp } from '#sdk'
import { nextStep } from './conversation.ts'
import { deliver } from './deliver.ts'
import { profile } from './profile.ts'
import { survey } from './survey.ts'
import { verify } from './verify.ts'

export const fhir_r4 = defineAdapter({
  kind: 'fhir_r4',
  summary:
    'Writes resources to a FHIR R4 server by their business identifiers: made where they are ' +
    'missing, updated against the version just read, and read back.',
  fields: httpFields,
  example: { base_url: 'https://fhir.example.org/r4' },
  lint: lintHttp,
  files: filesOfHttp,
  transport: 'fhir_http',
  transportConfig: config => config,
  idempotency: 'natural',
  profile,
  settle_ms: 5_000,
  visible_ms: 1_000,
  survey: () => survey(profile),
  steps: () => ({
    deliver: input => nextStep(deliver(input), input.answers),
    verify: input => nextStep(verify(input), input.answers),
  }),
})
