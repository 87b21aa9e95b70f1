// Harbor Clinic's results: the base mappings, and LOINC beside the laboratory's own codes.
import { oru } from '#base/oru'
import { codes } from '#sdk'
import { badge } from './badge.ts'

const LOINC = 'http://loinc.org'
const analytes = codes('./analytes.csv')

export default oru.extend({
  patient(patient, message) {
    const identifier = badge(message)
    if (identifier !== undefined) patient.identifier.push(identifier)
  },

  // A table of the tenant's own, in no slot: what it does not know is a finding all the same.
  observation(observation, _message, at) {
    const analyte = at.segment?.field(3)
    if (analyte?.text(3) !== 'L') return
    const row = at.lookup(analytes, analyte)
    if (row === undefined) return
    const coding = { system: LOINC, code: row.target, display: row.display }
    observation.code = {
      ...observation.code,
      coding: [coding, ...(observation.code?.coding ?? [])],
    }
  },
})
