// The table of adapters, one a vendor (STYLE.md 8).
import { fhir_r4 } from './fhir_r4/fhir_r4.ts'

export const adapters = { fhir_r4 } as const
