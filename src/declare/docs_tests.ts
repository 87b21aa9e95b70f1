// What an analyst reads of test files: the keys, the paths, and a whole example that a test runs.
import { keyTable, yamlBlock } from './docs_markdown.ts'
import { channelTestSchema } from './schema_tests.ts'

export const TEST_EXAMPLE = `# yaml-language-server: $schema=../test.schema.json
tests:
  - name: admits an inpatient
    message: |
      MSH|^~\\&|HIS|HARBOR|FIRTH|FIRTH|20260105080000+0000||ADT^A01^ADT_A01|A1|P|2.5.1
      EVN|A01|20260105080000+0000
      PID|1||M000014^^^HARBOR^MR||Elm^Bo^Q||19440315|F
      PV1|1|I|3W^301^A||||||||||||||||V0700000^^^HARBOR^VN
    expect:
      ack: AA
      events:
        - kind: patient.admitted
          patient.value: M000014
          Patient.name.family: Elm
          Encounter.class.code: IMP
      intents:
        - { target: chart, resource: Patient, operation: update }
`

const PATHS =
  'An event is read by paths: `kind`, `occurred_at`, `patient.system`, `patient.value`, `visit.system`, ' +
  '`visit.value`, and below the type of a resource the elements of FHIR R4: `Patient.name.family`, ' +
  '`Observation[1].valueQuantity.value`. Positions count from 0; where one is left out, any will do. A list ' +
  'stands for all the values there in their order, `null` for nothing at all. A text that looks like a number ' +
  'needs quotes: `"00123"`.'

const RULES =
  'Events are compared in number and order, of each only the paths that are written. Intents and findings that ' +
  'are written must be there; others may be. `[]` means none. A dead letter that is not expected fails the ' +
  'test. With `exact: true` nothing may be there that is not written. `firth test --update` shows what it would ' +
  'change in the file, asks, and keeps comments and order.'

export function testsPart(): readonly string[] {
  return [
    '## channels/&lt;tenant&gt;/&lt;channel&gt;.test.yaml',
    keyTable(channelTestSchema()),
    PATHS,
    RULES,
    yamlBlock(TEST_EXAMPLE),
    'Beside a mapping, `transforms/<tenant>/<name>.cases/` holds golden cases: each `*.hl7` with a `.json` ' +
      'that is the whole of what the mapping makes of it. `firth test` runs both.',
  ]
}
