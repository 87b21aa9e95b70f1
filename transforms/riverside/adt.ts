// Riverside's ADT: the base mappings under Riverside's codes and rules. What its mappings share is
// in identifiers.ts.
import { adt } from '#base/adt'
import { codes } from '#sdk'
import { known, visitorBadge } from './identifiers.ts'

export default adt.extend({
  codes: {
    patientClass: codes('./patient_class.csv'),
    admissionType: codes('./admission_type.csv'),
    maritalStatus: codes('./marital_status.csv'),
  },

  patient(patient, message) {
    patient.identifier = known(patient.identifier)
    const badge = visitorBadge(message)
    if (badge !== undefined) patient.identifier.push(badge)
  },

  encounter(encounter, message, at) {
    // ZPI-2 says how the patient is to be moved. The standard has no place for it, so it is a text
    // under a URL of the hospital's; a word that is not known is remarked, never guessed.
    const mobility = message.text('ZPI-2')
    if (mobility === undefined) return
    if (!MOBILITY.has(mobility)) return at.report('mobility_unknown', 'ZPI-2', 'Not a known word.')
    encounter.extension.push({ url: MOBILITY_URL, valueString: mobility })
  },
})

const MOBILITY = new Set(['BED', 'CHAIR', 'WALKS'])
const MOBILITY_URL = 'https://riverside.example/fhir/mobility'
