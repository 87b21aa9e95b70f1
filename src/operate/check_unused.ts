// Files of a tenant's transforms that nothing names: code tables that no module reads, modules that
// no channel runs and no other module imports.
import { basename, join } from 'node:path'
import { finding, topOf } from '../channel/finding.ts'
import { filesBelow, readBytes } from '../kit/files.ts'
import type { ConfigFinding } from '../model/plan.ts'

export interface TenantFolder {
  /** Absolute: the project. */
  readonly project: string
  readonly tenant: string
  /** Absolute paths of the modules that channels run. */
  readonly modules: readonly string[]
}

export async function unusedFiles(of: TenantFolder): Promise<readonly ConfigFinding[]> {
  const folder = `transforms/${of.tenant}`
  const files = (await filesBelow(join(of.project, folder))).filter(
    file => !file.includes('.cases/'),
  )
  const code = files.filter(file => file.endsWith('.ts'))
  const texts = new Map<string, string>()
  for (const file of code) {
    const bytes = await readBytes(join(of.project, folder, file))
    texts.set(file, bytes?.toString('utf8') ?? '')
  }
  const isNamed = (file: string) =>
    [...texts].some(([other, text]) => other !== file && text.includes(basename(file)))
  const runs = (file: string) => of.modules.includes(join(of.project, folder, file))
  return files.flatMap(file => {
    if (isNamed(file) || runs(file)) return []
    const place = topOf(`${folder}/${file}`)
    if (file.endsWith('.csv')) return [finding(place, TABLE)]
    return file.endsWith('.ts') ? [finding(place, MODULE)] : []
  })
}

const TABLE = {
  rule: 'table_unused',
  severity: 'warning',
  what: 'No module of the tenant reads this code table.',
  remedy: "Name it in a mapping: codes: { … : codes('./name.csv') }, or remove it.",
} as const

const MODULE = {
  rule: 'module_unused',
  severity: 'warning',
  what: 'No channel runs this module, and no other module imports it.',
  remedy: 'Name it under `transform` of a channel, or remove it.',
} as const
