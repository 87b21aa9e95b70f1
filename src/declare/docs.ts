// Everything that is derived from the declarations and written down: the editors' schemas and the
// READMEs of rooms, of the files that people edit, of the model. `npm run generate` writes what
// stands here.
import { filesReadme } from './docs_files.ts'
import { modelReadme } from './docs_model.ts'
import { roomReadmes } from './docs_rooms.ts'
import { jsonText, published } from './docs_schema.ts'
import type { Tables } from './room.ts'
import { channelSchema, engineSchema, tenantSchema } from './schema_documents.ts'
import { channelTestSchema } from './schema_tests.ts'

export interface GeneratedFile {
  /** From the root of this repository. */
  readonly path: string
  readonly text: string
}

export async function generated(tables: Tables): Promise<readonly GeneratedFile[]> {
  return [
    schemaFile('channel', channelSchema(tables)),
    schemaFile('tenant', tenantSchema(tables)),
    schemaFile('firth', engineSchema(tables)),
    { path: 'channels/test.schema.json', text: jsonText(testSchema()) },
    ...roomReadmes(tables),
    { path: 'src/channel/README.md', text: filesReadme(tables) },
    { path: 'src/model/README.md', text: modelReadme() },
  ]
}

const TITLES = {
  channel: 'A channel of Firth',
  tenant: 'A tenant of Firth',
  firth: 'The settings of Firth itself',
} as const

function schemaFile(
  name: keyof typeof TITLES,
  schema: Parameters<typeof published>[0],
): GeneratedFile {
  const title = TITLES[name]
  const whole = { $schema: 'http://json-schema.org/draft-07/schema#', title, ...published(schema) }
  return { path: `channels/${name}.schema.json`, text: jsonText(whole) }
}

/** No variables here: a test says what it means. */
const testSchema = () => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Tests of a channel of Firth',
  ...channelTestSchema(),
})
