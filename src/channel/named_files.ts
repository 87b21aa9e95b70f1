// Files that settings name (certificates, keys, secrets): whether they are there is known before
// anything is opened.
import type { Table, Tables } from '../declare/room.ts'
import { type Path, pathOf } from '../declare/schema_path.ts'
import { isFile } from '../kit/files.ts'
import type { ConfigFinding } from '../model/plan.ts'
import type { Checked } from './check.ts'
import { finding } from './finding.ts'
import type { Documents } from './references.ts'
import { chosen } from './rules.ts'

type Rooms = Tables['sources'] | Tables['adapters']

export async function namedFiles(
  { channels, tenants }: Documents,
  { sources, adapters }: Tables,
): Promise<readonly ConfigFinding[]> {
  const targets = tenants.flatMap(one =>
    namesOf(one).map(name => filesOf(one, ['targets', name], adapters)),
  )
  const found = await Promise.all([
    ...channels.map(one => filesOf(one, ['source'], sources)),
    ...targets,
  ])
  return found.flat()
}

/** What is wrong with one target does not hide the others. */
function namesOf({ readable, value }: Documents['tenants'][number]): readonly string[] {
  const { targets } = readable ? value : { targets: {} }
  return typeof targets === 'object' && targets !== null ? Object.keys(targets) : []
}

async function filesOf(
  document: Checked<object>,
  path: Path,
  table: Rooms,
): Promise<readonly ConfigFinding[]> {
  if (!document.sound(path)) return []
  const entry = path.reduce((at, key) => (at as Record<string, object>)[key] ?? {}, document.value)
  const [kind = '', config = {}] = chosen(entry, table) ?? []
  const named = (table as Table<Rooms[string]>)[kind]?.files?.(config) ?? []
  const missing = await Promise.all(named.map(async one => ((await isFile(one.file)) ? [] : [one])))
  return missing.flat().map(({ path: below, file }) =>
    finding(document.locate([...path, kind, ...pathOf(below)]), {
      rule: 'named_file_missing',
      what: `There is no file ${file}.`,
      remedy: 'Put it there, or mend its path; a path begins where Firth is started.',
    }),
  )
}
