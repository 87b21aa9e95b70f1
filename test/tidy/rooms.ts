// The declarations held against themselves: folder, key and kind agree, every example and every
// default passes its own schema, every doc is a sentence.
import { join } from 'node:path'
import type { Field, Fields } from '../../src/declare/field.ts'
import type { Room, Table } from '../../src/declare/room.ts'
import { compile } from '../../src/declare/schema.ts'
import { closed } from '../../src/declare/schema_documents.ts'
import { isFile, listFolder } from '../../src/kit/files.ts'

/** What is wrong between a table and the folder that it lists. */
export async function tableFaults(table: Table<Room>, folder: string): Promise<readonly string[]> {
  const entries = (await listFolder(folder)) ?? []
  const folders = entries.filter(entry => entry.kind === 'folder').map(entry => entry.name)
  const faults = folders
    .filter(name => !Object.hasOwn(table, name))
    .map(name => `${name} is a folder without a line in the table`)
  for (const [key, room] of Object.entries(table)) {
    if (room.kind !== key) faults.push(`${key} says that its kind is ${room.kind}`)
    if (!(await isFile(join(folder, key, `${key}.ts`))))
      faults.push(`${key} has no ${key}/${key}.ts`)
  }
  return faults
}

/** What is wrong with one declaration. */
export function roomFaults(room: Room): readonly string[] {
  const example = structuredClone(room.example)
  const issues = compile(closed(room.fields)).check(example)
  const lints = issues.length > 0 ? [] : (room.lint?.(example) ?? [])
  return [
    ...(isSentence(room.summary) ? [] : [`${room.kind}: the summary is no sentence`]),
    ...issues.map(one => `${room.kind}: the example is wrong: ${one.path.join('.')} ${one.what}`),
    ...lints.map(one => `${room.kind}: the example is linted: ${one.what}`),
    ...fieldFaults(room.fields, room.kind),
  ]
}

export function fieldFaults(fields: Fields, where: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    ...(isSentence(field.doc) ? [] : [`${where}.${name}: the doc is no sentence`]),
    ...valueFaults(field, `${where}.${name}`),
    ...('fields' in field ? fieldFaults(field.fields as Fields, `${where}.${name}`) : []),
  ])
}

/** The default and the example of a field, each as if a person had written it. */
function valueFaults(field: Field, where: string): readonly string[] {
  const shape = compile(closed({ field }))
  return [field.schema.default, field.example]
    .filter(value => value !== undefined)
    .flatMap(value => shape.check({ field: structuredClone(value) }))
    .map(issue => `${where}: its own default or example ${issue.what}`)
}

export const isSentence = (text: string) => /^[A-Z`"'(\d][\s\S]*\.$/.test(text)
