// Riverside's results. The laboratory flags in its own words and names its tests in its own codes.
import { oru } from '#base/oru'
import { codes } from '#sdk'
import { known } from './identifiers.ts'

const tests = codes('./laboratory_tests.csv')

export default oru.extend({
  codes: { interpretation: codes('./flags.csv') },

  patient(patient) {
    patient.identifier = known(patient.identifier)
  },

  observation(observation, _message, at) {
    const test = at.segment?.field(3)
    if (test === undefined || test.text(3) === 'LN') return
    const row = at.lookup(tests, test)
    if (row === undefined || row.target === '') return
    const coding = { system: 'http://loinc.org', code: row.target, display: row.display }
    observation.code = {
      ...observation.code,
      coding: [coding, ...(observation.code?.coding ?? [])],
    }
  },
})
