// firth.yaml alone: what an engine needs to start although the channels beside it are not right.
import { join, resolve } from 'node:path'
import type { Tables } from '../declare/room.ts'
import { compile } from '../declare/schema.ts'
import { engineSchema } from '../declare/schema_documents.ts'
import { readBytes } from '../kit/files.ts'
import type { ConfigFinding, EnginePlan } from '../model/plan.ts'
import { hasErrors, sortFindings } from './finding.ts'
import type { LoadOptions } from './load.ts'
import { enginePlan } from './plan.ts'
import { engineRules } from './rules.ts'
import { checkSettings } from './settings.ts'

export interface LoadedSettings {
  /** Undefined when a finding is an error. */
  readonly engine: EnginePlan | undefined
  readonly findings: readonly ConfigFinding[]
  /** The file as it was read; undefined where there is none, and every key has its default. */
  readonly bytes: Buffer | undefined
}

export async function loadSettings(
  project: string,
  tables: Tables,
  options: Pick<LoadOptions, 'env' | 'sets'>,
): Promise<LoadedSettings> {
  return settingsOf(await readBytes(join(resolve(project), 'firth.yaml')), tables, options)
}

/** `bytes`: of a firth.yaml, wherever it lies. */
export function settingsOf(
  bytes: Buffer | undefined,
  tables: Tables,
  { env, sets }: Pick<LoadOptions, 'env' | 'sets'>,
): LoadedSettings {
  const settings = checkSettings({ bytes, sets, env }, compile(engineSchema(tables)))
  const findings = sortFindings([...settings.findings, ...engineRules(settings, tables)])
  if (hasErrors(findings)) return { engine: undefined, findings, bytes }
  return { engine: enginePlan(settings.value, tables), findings, bytes }
}
