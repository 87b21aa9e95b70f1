// The table of adapters, one a vendor (STYLE.md 8).
import { fhir_r4 } from './fhir_r4/fhir_r4.ts'
import { file } from './file/file.ts'
import { hl7v2 } from './hl7v2/hl7v2.ts'
import { http } from './http/http.ts'

export const adapters = { fhir_r4, file, hl7v2, http } as const
