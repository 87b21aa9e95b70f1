// Rules about files, shapes and names: what a finding of each means, an example that has it, and
// what to do. Code, docs and `firth explain` read this one table.
import { type FindingRule, rule } from './finding_rule.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
export const fileRules = {
  yaml_syntax: rule(
    'error',
    'The file is no valid YAML, or not in UTF-8, or too large to be a configuration.',
    {
      example: 'routes: [ {name: chart',
      remedy:
        'Look at the indentation, the quotes and the brackets at that place and on the line above.',
    },
  ),
  variable_needs_quotes: rule(
    'error',
    'A variable stands bare inside { } or [ ], where YAML reads it as something else.',
    {
      example: 'tls: { key: ${KEY} }',
      remedy: 'Write "${KEY}", or put the key on a line of its own.',
    },
  ),
  variable_missing: rule('error', 'A variable has no value in the environment, and no default.', {
    example: 'port: ${PORT}',
    remedy: 'Set it where Firth is started, or give a default: ${PORT:-2575}.',
  }),
  unknown_key: rule(
    'error',
    'A key is not known at this place; nothing is accepted that Firth would not act on.',
    {
      example: 'abuot: Admissions.',
      remedy: 'Correct or remove it; firth explain lists the keys.',
    },
  ),
  missing_key: rule('error', 'A key that must be there is not.', {
    example: 'source: { mllp: {} }',
    remedy: 'Add it as its finding shows.',
  }),
  wrong_value: rule('error', 'A value is of another type, or outside of what may stand there.', {
    example: 'port: 70000',
    remedy: 'Write what the finding says; firth explain KEY tells more.',
  }),
  wrong_kind: rule(
    'error',
    'A source, log or store is one kind, and a target has one adapter; here stand several, or none.',
    {
      example: 'source: { mllp: { port: 2575 }, timer: {} }',
      remedy: 'Keep one and remove the others.',
    },
  ),
  room_setting: rule(
    'error',
    'The room that is chosen (a source, an adapter, a log …) objects to its settings.',
    {
      example: 'source: { mllp: { port: 2575, host: 0.0.0.0 } }',
      remedy: 'Do what the finding says; firth explain KIND lists the settings.',
    },
  ),
  named_file_missing: rule(
    'error',
    'A certificate, key or secret that settings name is not there.',
    {
      example: 'tls: { ca: /etc/firth/none.pem }',
      remedy: 'Put it there, or mend its path; a path begins where Firth is started.',
    },
  ),
  keep_unknown: rule(
    'warning',
    'What is to be kept otherwise is no tenant and no topic of the project.',
    {
      example: 'keep: { harbr: { keep_ms: 604800000 } }',
      remedy: 'Correct or remove it; firth log topics lists the topics that there are.',
    },
  ),
  project_missing: rule('error', 'The project has no folder named channels.', {
    example: 'firth check --project /nowhere',
    remedy: 'Point --project at the folder that holds channels/.',
  }),
  no_channels: rule('warning', 'The folder channels/ holds no channel, so nothing comes in.', {
    example: 'channels/',
    remedy: 'Add channels/<tenant>/<channel>.yaml, or let firth new channel write one.',
  }),
  folder_not_read: rule('warning', 'A folder inside the folder of a tenant is not read.', {
    example: 'channels/riverside/old/adt_in.yaml',
    remedy: 'Move its channels up, or the folder elsewhere.',
  }),
  file_not_read: rule(
    'error',
    'A file looks like a channel and is not read, because of its ending.',
    { example: 'channels/riverside/adt_in.yml', remedy: 'Rename it to .yaml.' },
  ),
  file_unreadable: rule('error', 'A file or a folder is there and cannot be read.', {
    example: 'chmod 000 channels/riverside/adt_in.yaml',
    remedy: 'Give it to the user as whom Firth runs.',
  }),
  file_not_checked: rule('error', 'A file named on the command line is none that Firth reads.', {
    example: 'firth check chanels/adt_in.yaml',
    remedy: 'Name a file below channels/ or transforms/ of the project.',
  }),
  name_differs: rule(
    'error',
    'The name in the file and the name of the file or folder are not the same.',
    { example: '# channels/riverside/adt_in.yaml\nchannel: adt', remedy: 'Make both the same.' },
  ),
  name_reserved: rule('error', 'The name belongs to Firth itself.', {
    example: 'tenant: base',
    remedy: 'Choose another name.',
  }),
  duplicate_channel: rule('error', 'Two channels of a tenant have one name.', {
    example: 'channel: adt_in',
    remedy: 'Rename or remove one of them.',
  }),
  duplicate_tenant: rule('error', 'A tenant is described in two files.', {
    example: 'tenant: riverside',
    remedy: 'Keep one of the two files.',
  }),
  set_malformed: rule('error', 'A --set of the command line is no setting.', {
    example: 'firth run --set mapping',
    remedy: 'Write --set path=value.',
  }),
  adapters_missing: rule(
    'error',
    'The file adapters/index.ts of the project exports no table of adapters.',
    {
      example: 'export const adapter = {}',
      remedy: 'Export `adapters`, a table of rooms made by defineAdapter of #sdk.',
    },
  ),
  adapters_unreadable: rule(
    'error',
    'The file adapters/index.ts of the project cannot be loaded.',
    {
      example: 'export const adapters = nothing',
      remedy: 'Mend it; it may import #sdk and files of its own folder.',
    },
  ),
  adapter_name_taken: rule('error', 'An adapter of the project has the name of a built-in one.', {
    example: 'export const adapters = { fhir_r4 }',
    remedy: 'Give it a name of its own.',
  }),
  adapter_misnamed: rule(
    'error',
    'An adapter stands in the table under another name than its kind.',
    {
      example: 'export const adapters = { crm: other }',
      remedy: 'Make the key in the table and `kind` the same.',
    },
  ),
  adapter_transport_unknown: rule('error', 'An adapter asks for a transport that does not exist.', {
    example: "transport: 'carrier_pigeon'",
    remedy: 'Name one of the built-in transports.',
  }),
} as const satisfies Record<string, FindingRule>
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of YAML are shown.
