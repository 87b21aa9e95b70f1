// The table of transports (STYLE.md 8).
import { fhir_http } from './fhir_http/fhir_http.ts'

export const transports = { fhir_http } as const
