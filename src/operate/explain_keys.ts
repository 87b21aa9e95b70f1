// Topics of the keys that stand in files: channel, tenant, firth.yaml, tests of a channel, each
// with what it takes, what happens without it, and an example.
import type { JsonSchema } from '../declare/field.ts'
import type { Tables } from '../declare/room.ts'
import { channelSchema, engineSchema, tenantSchema } from '../declare/schema_documents.ts'
import { channelTestSchema } from '../declare/schema_tests.ts'
import { describe } from '../declare/schema_words.ts'
import { yamlText } from '../declare/yaml_text.ts'
import type { Topic } from './explain.ts'

interface KeyFile {
  readonly sort: string
  readonly where: string
  readonly schema: JsonSchema
}

export function keyTopics(tables: Tables): readonly Topic[] {
  const files: readonly KeyFile[] = [
    {
      sort: 'key of a channel',
      where: 'channels/<tenant>/<channel>.yaml',
      schema: channelSchema(tables),
    },
    {
      sort: 'key of a tenant',
      where: 'channels/<tenant>/tenant.yaml',
      schema: tenantSchema(tables),
    },
    { sort: 'key of the engine', where: 'firth.yaml', schema: engineSchema(tables) },
    {
      sort: 'key of tests',
      where: 'channels/<tenant>/<channel>.test.yaml',
      schema: channelTestSchema(),
    },
  ]
  return files.flatMap(file => below(file.schema, '', file))
}

function below(schema: JsonSchema, before: string, file: KeyFile): readonly Topic[] {
  const inner = withinOf(schema)
  const required = (inner.required ?? []) as readonly string[]
  return Object.entries((inner.properties ?? {}) as Record<string, JsonSchema>).flatMap(
    ([key, held]) => {
      const name = `${before}${key}`
      const topic = topicOf({ name, key, held, required: required.includes(key) }, file)
      return [topic, ...below(held, `${name}.`, file)]
    },
  )
}

/** Of a list its items, of keys of the analyst's choosing what stands under each. */
function withinOf(schema: JsonSchema): JsonSchema {
  const items = schema.items as JsonSchema | undefined
  const free = schema.additionalProperties
  if (items !== undefined) return items
  return typeof free === 'object' && free !== null ? (free as JsonSchema) : schema
}

interface Key {
  readonly name: string
  readonly key: string
  readonly held: JsonSchema
  readonly required: boolean
}

function topicOf({ name, key, held, required }: Key, { sort, where }: KeyFile): Topic {
  const { description = '', default: usual, examples } = held
  const inner = Object.keys((withinOf(held).properties ?? {}) as object)
  const example = Array.isArray(examples) ? examples[0] : undefined
  const takes = held.writeOnly === true ? 'a secret, from the environment' : describe(held)
  return {
    name,
    sort,
    lines: [
      String(description),
      `Stands in ${where}.`,
      `Takes: ${takes}.`,
      leftOut(required, usual),
      ...(inner.length > 0 ? [`Below it: ${inner.join(', ')}.`] : []),
      ...(example === undefined ? [] : ['Example:', ...indented(yamlText({ [key]: example }))]),
      ...(key === 'when' ? ['The grammar: firth explain when'] : []),
    ],
  }
}

function leftOut(required: boolean, usual: unknown): string {
  if (required) return 'It must be there.'
  return usual === undefined || typeof usual === 'object'
    ? 'It may be left out.'
    : `Left out: ${JSON.stringify(usual)}.`
}

export const indented = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`)
