// The table of transports (STYLE.md 8).
import { fhir_http } from './fhir_http/fhir_http.ts'
import { file } from './file/file.ts'
import { http } from './http/http.ts'
import { mllp } from './mllp/mllp.ts'

export const transports = { fhir_http, file, http, mllp } as const
