// Harbor Clinic's ADT: the base mappings, the clinic's own classes of visit, and the badge that its
// system sends in ZPI.
import { adt } from '#base/adt'
import { codes } from '#sdk'
import { badge } from './badge.ts'

export default adt.extend({
  // A code table goes into a slot of the base; what it does not name, the official table decides.
  codes: { patientClass: codes('./patient_class.csv') },

  // A step changes what the base has made. Its lists are always there, so there is nothing to ask.
  patient(patient, message) {
    const identifier = badge(message)
    if (identifier !== undefined) patient.identifier.push(identifier)
  },
})
