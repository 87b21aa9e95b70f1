// The README of the files that people edit: every key of a channel, a tenant and firth.yaml, with a
// whole example of each. The settings of a kind stand in the README of its room.
import { GENERATED, keyTable, yamlBlock } from './docs_markdown.ts'
import { rulesPart } from './docs_rules.ts'
import { testsPart } from './docs_tests.ts'
import { whenParts } from './docs_when.ts'
import type { JsonSchema } from './field.ts'
import type { Table, Tables } from './room.ts'
import { channelSchema, closed, engineSchema, tenantSchema } from './schema_documents.ts'
import { targetFields } from './schema_tenant.ts'
import { yamlText } from './yaml_text.ts'

export function filesReadme(tables: Tables): string {
  const { sources, adapters, logs, stores } = tables
  const parts = [
    GENERATED('src/declare/schema_documents.ts and the tables of rooms'),
    '# The files that people edit',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the analyst's text that is shown.
    'Any value may hold `${NAME}` or `${NAME:-default}`, taken from the environment. Inside `{ … }` and `[ … ]` it needs quotes. Unknown keys are refused.',
    ...filePart('channels/&lt;tenant&gt;/&lt;channel&gt;.yaml', channelSchema(tables), ['source']),
    `Kinds of source: ${links(sources, '../sources')}.`,
    yamlBlock(yamlText(channelExample(tables))),
    '### Conditions: `accept.when` and `routes[].when`',
    ...whenParts(),
    ...filePart('channels/&lt;tenant&gt;/tenant.yaml', tenantSchema(tables), ['targets']),
    `\`targets\` holds the far ends by name, each with one adapter (${links(adapters, '../../adapters')}). Beside it:`,
    keyTable(closed(targetFields)),
    yamlBlock(yamlText(tenantExample(tables))),
    ...testsPart(),
    ...filePart('firth.yaml', engineSchema(tables), ['log', 'store']),
    `Kinds of log: ${links(logs, '../logs')}. Kinds of store: ${links(stores, '../stores')}. Every key has a default. \`firth run --set limits.mapping_ms_max=2000\` lays a value over the file; the kind may be left out, as in \`--set log.segment_bytes_max=67108864\`.`,
    ...rulesPart(),
    '## Editors',
    EDITORS,
  ]
  return `${parts.join('\n\n')}\n`
}

const filePart = (title: string, schema: JsonSchema, chosen: readonly string[]) => {
  const properties = Object.entries((schema.properties ?? {}) as object)
  const rest = Object.fromEntries(properties.filter(([key]) => !chosen.includes(key)))
  return [`## ${title}`, keyTable({ ...schema, properties: rest })]
}

const links = (table: Table<unknown>, folder: string) =>
  Object.keys(table)
    .map(kind => `[${kind}](${folder}/${kind}/README.md)`)
    .join(', ')

const EDITORS =
  'With the YAML language server (Visual Studio Code, Neovim, IntelliJ and others) an editor completes keys and values, shows these sentences, and marks what is wrong while it is typed. The first line of a file says which schema: `# yaml-language-server: $schema=../channel.schema.json`, and likewise `tenant.schema.json` and `test.schema.json`; in firth.yaml it is `$schema=channels/firth.schema.json`. The schemas lie in channels/; a project elsewhere copies them from there.'

/** Small and whole: each is checked against its own schema by a test. */
export function channelExample({ sources }: Tables) {
  return {
    channel: 'adt_in',
    tenant: 'harbor_clinic',
    about: 'Admissions and discharges from the hospital system.',
    source: firstOf(sources),
    accept: { messages: ['ADT'] },
    transform: 'base',
    routes: [{ name: 'chart', to: 'chart' }],
  }
}

export function tenantExample({ adapters }: Tables) {
  return {
    tenant: 'harbor_clinic',
    name: 'Harbor Clinic',
    time_zone: 'America/New_York',
    environment: 'test',
    assigning_authorities: { HARBOR: 'urn:oid:2.16.840.1.113883.19.5' },
    targets: { chart: { ...firstOf(adapters), limits: { in_flight: 4 } } },
  }
}

function firstOf(table: Table<{ readonly kind: string; readonly example: object }>) {
  const room = Object.values(table)[0]
  return room === undefined ? {} : { [room.kind]: structuredClone(room.example) }
}
