// What `firth check` says of an HTTP target in a tenant's file: by line and column, to the
// character of a template.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adapters } from '../../../adapters/index.ts'
import { loadProject } from '../../../src/channel/load.ts'
import { logs } from '../../../src/logs/index.ts'
import { sources } from '../../../src/sources/index.ts'
import { stores } from '../../../src/stores/index.ts'
import { transports } from '../../../src/transports/index.ts'
import { project, SMALLEST } from '../../channel/toy.ts'

const tables = { adapters, logs, sources, stores, transports }

const channel = `${SMALLEST}transform: base
routes:
  - { name: desk, to: desk }
`

test('a check finds what is wrong with templates, rules and repeating, each at its place', async t => {
  const tenant = `tenant: harbor
time_zone: America/Chicago
targets:
  desk:
    http:
      base_url: https://desk.example.org
      request:
        path: /visits/{visit.value}
        body:
          text: "Left: {Encounter.period.ende}"
          lines:
            - "{event"
            - '{event | date(YYYY)}'
      outcomes:
        - { when: status = 200 and boddy = 1, outcome: fix }
    on_unknown: resend_same_id
`
  const folder = await project(t, {
    'channels/harbor/adt_in.yaml': channel,
    'channels/harbor/tenant.yaml': tenant,
  })
  const { findings } = await loadProject(folder, tables, { env: {}, sets: [] })
  const brief = findings
    .filter(one => one.file.endsWith('tenant.yaml'))
    .map(one => `${one.line}:${one.column} ${one.severity} ${one.rule}: ${one.what}`)
  assert.deepEqual(brief, [
    '8:23 warning room_setting: {visit.value} puts something of the patient into a URL, and URLs are written down.',
    '10:24 error room_setting: FHIR R4 has no element `ende` in {Encounter.period.ende}.',
    '12:16 error room_setting: A brace is not closed.',
    '13:30 error room_setting: Here a text in double quotes is expected.',
    '15:36 error room_setting: `boddy` is nothing of an answer.',
    '16:17 error resend_unsafe: The adapter http gives the far end no id by which it knows a call again.',
  ])
})
