// A project's folder → findings and, when none of them is an error, a Plan. Every file is checked
// to its end before anything is said, and nothing is opened or run.
import { resolve } from 'node:path'
import type { Tables } from '../declare/room.ts'
import { compile } from '../declare/schema.ts'
import {
  type ChannelFile,
  channelSchema,
  engineSchema,
  type TenantFile,
  tenantSchema,
} from '../declare/schema_documents.ts'
import { isFile } from '../kit/files.ts'
import { sha256 } from '../kit/ids.ts'
import type { ConfigFinding, Plan } from '../model/plan.ts'
import { type AcceptedType, acceptedTypes, typesOfBase } from './accepted_types.ts'
import { baseFacts } from './base_facts.ts'
import { check } from './check.ts'
import { conditionRules } from './conditions.ts'
import { hasErrors, sortFindings } from './finding.ts'
import { keepRules } from './keep_rules.ts'
import { namedFiles } from './named_files.ts'
import { makePlan } from './plan.ts'
import { readProject, unreadableIn } from './project.ts'
import {
  type Documents,
  engineSecrets,
  modulePath,
  type Roots,
  referenceRules,
} from './references.ts'
import { type ChannelDocument, channelRules, engineRules, tenantOf, tenantRules } from './rules.ts'
import { checkSettings } from './settings.ts'
import { targetRules, unusedNames } from './target_rules.ts'
import type { Environment } from './variables.ts'
import { parseYaml } from './yaml.ts'

/** Where this engine's own files lie. */
export const ENGINE = resolve(import.meta.dirname, '../..')

export interface LoadOptions {
  readonly env: Environment
  /** `path=value`, laid over firth.yaml. */
  readonly sets: readonly string[]
  /** Where the engine's own mappings lie; another folder only in tests. */
  readonly engine?: string
}

export interface Loaded {
  /** Undefined when a finding is an error. */
  readonly plan: Plan | undefined
  /** By file and place. */
  readonly findings: readonly ConfigFinding[]
  /** Of every channel that could be read, also where something is wrong with it. */
  readonly channels: readonly ChannelSummary[]
}

export interface ChannelSummary {
  /** From the project's folder. */
  readonly file: string
  /** By its folder, or by its own word; '' where neither says. */
  readonly tenant: string
  /** Absolute path of its mapping, where it names one that is there. */
  readonly module: string | undefined
  /** The message types of `accept`, where they are well written. */
  readonly accepts: readonly AcceptedType[]
}

export async function loadProject(
  project: string,
  tables: Tables,
  options: LoadOptions,
): Promise<Loaded> {
  const roots: Roots = { project: resolve(project), engine: options.engine ?? ENGINE }
  try {
    return await loadFrom(roots, tables, options)
  } catch (cause) {
    const unreadable = unreadableIn(roots.project, cause)
    if (unreadable === undefined) throw cause
    return { plan: undefined, findings: [unreadable], channels: [] }
  }
}

async function loadFrom(roots: Roots, tables: Tables, options: LoadOptions): Promise<Loaded> {
  const { env, sets } = options
  const files = await readProject(roots.project)
  const channel = compile(channelSchema(tables))
  const tenant = compile(tenantSchema(tables))
  const engine = compile(engineSchema(tables))
  const documents: Documents = {
    channels: files.channels.map(({ file, folder, stem, bytes }) => {
      return { ...check<ChannelFile>(parseYaml(file, bytes), channel, env), folder, stem }
    }),
    tenants: files.tenants.map(({ file, folder, bytes }) => {
      return { ...check<TenantFile>(parseYaml(file, bytes), tenant, env), folder }
    }),
  }
  const settings = checkSettings({ bytes: files.engine, sets, env }, engine)
  const { steps } = await baseFacts(roots.engine)
  const made = steps.flatMap(({ resource }) => (resource === undefined ? [] : [resource]))
  const findings = sortFindings([
    ...files.findings,
    ...[...documents.channels, ...documents.tenants, settings].flatMap(one => one.findings),
    ...documents.channels.flatMap(one => channelRules(one, tables)),
    ...documents.channels.flatMap(typesOfBase),
    ...documents.channels.flatMap(conditionRules),
    ...documents.tenants.flatMap(one => tenantRules(one, tables)),
    ...targetRules(documents, tables, made),
    ...engineRules(settings, tables),
    ...keepRules(settings, documents),
    ...engineSecrets(settings, documents),
    ...(await referenceRules(documents, tables, roots)),
    ...(await namedFiles(documents, tables)),
  ])
  const channels = await Promise.all(documents.channels.map(one => summaryOf(one, roots)))
  if (hasErrors(findings)) return { plan: undefined, findings, channels }
  const contents = new Map(
    [...files.channels, ...files.tenants].map(one => [one.file, sha256(one.bytes)]),
  )
  const plan = await makePlan({ documents, settings: settings.value, contents, roots }, tables)
  return { plan, findings: sortFindings([...findings, ...unusedNames(documents)]), channels }
}

async function summaryOf(document: ChannelDocument, roots: Roots): Promise<ChannelSummary> {
  const { file, value } = document
  const transform = document.sound(['transform']) ? value.transform : undefined
  const path = transform === undefined ? undefined : modulePath(transform, roots)
  const module = path !== undefined && (await isFile(path)) ? path : undefined
  return { file, tenant: tenantOf(document) ?? '', module, accepts: acceptedTypes(document) }
}
