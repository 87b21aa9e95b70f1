// A project's own adapters: `adapters/index.ts` exports `adapters`, a table as the engine's own is.
// They are trusted code of whoever runs Firth, so they run in the engine; `#sdk` is their only door
// and resolves from wherever the project lies.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyAdapter, Table, Tables } from '../declare/room.ts'
import { isFile } from '../kit/files.ts'
import type { ConfigFinding } from '../model/plan.ts'
import { finding, topOf } from './finding.ts'

const INDEX = 'adapters/index.ts'
const ENGINE = join(import.meta.dirname, '../..')

export interface ProjectTables {
  readonly tables: Tables
  readonly findings: readonly ConfigFinding[]
}

/** The engine's tables with the project's adapters beside the built-in ones, and what is wrong. */
export async function withProjectAdapters(project: string, tables: Tables): Promise<ProjectTables> {
  const index = join(project, INDEX)
  // The repository is itself a project, and its adapters are the built-in ones.
  if (project === ENGINE || !(await isFile(index))) return { tables, findings: [] }
  openDoor(join(project, 'adapters'))
  try {
    const module = (await import(pathToFileURL(index).href)) as { adapters?: unknown }
    const own = tableOf(module.adapters)
    const findings = own === undefined ? [noTable()] : judge(own, tables)
    if (own === undefined || findings.length > 0) return { tables, findings }
    return { tables: { ...tables, adapters: { ...tables.adapters, ...own } }, findings }
  } catch (cause) {
    return { tables, findings: [broken(cause)] }
  }
}

/** `#sdk` for modules below this folder, which has no package.json of ours. */
function openDoor(folder: string): void {
  const below = pathToFileURL(`${folder}/`).href
  const sdk = pathToFileURL(join(ENGINE, 'src/sdk.ts')).href
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '#sdk' && context.parentURL?.startsWith(below)
        ? { url: sdk, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  })
}

function tableOf(value: unknown): Table<AnyAdapter> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const rooms = Object.values(value) as Partial<AnyAdapter>[]
  const whole = rooms.every(
    room => typeof room?.steps === 'function' && Array.isArray(room.profile),
  )
  return whole ? (value as Table<AnyAdapter>) : undefined
}

function judge(own: Table<AnyAdapter>, tables: Tables): ConfigFinding[] {
  return Object.entries(own).flatMap(([name, room]) => {
    if (Object.hasOwn(tables.adapters, name)) return [remark('adapter_name_taken', name)]
    if (room.kind !== name) return [remark('adapter_misnamed', name)]
    return Object.hasOwn(tables.transports, room.transport)
      ? []
      : [remark('adapter_transport_unknown', name)]
  })
}

const REMARKS = {
  adapter_name_taken: {
    what: 'has the name of a built-in adapter',
    remedy: 'Give it a name of its own.',
  },
  adapter_misnamed: {
    what: 'stands in the table under another name than its kind',
    remedy: 'Make the key in the table and `kind` the same.',
  },
  adapter_transport_unknown: {
    what: 'asks for a transport that does not exist',
    remedy: 'Name one of the built-in transports, e.g. fhir_http.',
  },
} as const

function remark(rule: keyof typeof REMARKS, name: string): ConfigFinding {
  const { what, remedy } = REMARKS[rule]
  return finding(topOf(INDEX), { rule, what: `The adapter ${name} ${what}.`, remedy })
}

const noTable = () =>
  finding(topOf(INDEX), {
    rule: 'adapters_missing',
    what: 'The file exports no table `adapters` of adapters made by `defineAdapter`.',
    remedy: 'Write: export const adapters = { my_adapter }, made by `defineAdapter` of #sdk.',
  })

/** The class and the place of what it threw; the message is the author's own and may be shown. */
function broken(cause: unknown): ConfigFinding {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  return finding(topOf(INDEX), {
    rule: 'adapters_unreadable',
    what: `The adapters cannot be loaded: ${name}: ${message.split('\n')[0] ?? ''}`,
    remedy: 'Mend the file; of imports it may use #sdk and files of its own folder.',
  })
}
