// What the base mappings offer to tenants, read from the base itself: its steps, its code slots. It
// comes with the engine and is trusted; a base that is not there offers nothing.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFile } from '../kit/files.ts'

export interface BaseFacts {
  readonly steps: readonly { readonly name: string; readonly resource: string | undefined }[]
  readonly slots: readonly SlotFacts[]
}

export interface SlotFacts {
  readonly name: string
  readonly about: string
  /** Codes that senders write, with what they mean. */
  readonly codes: readonly (readonly [code: string, target: string])[]
  /** The whole value set, where FHIR binds it as required. */
  readonly values: readonly string[] | undefined
}

interface StepsModule {
  readonly stepNames: readonly string[]
  typeOf(step: string): string | undefined
}

interface CodesModule {
  readonly slots: Readonly<Record<string, Slot>>
}

interface Slot {
  readonly about: string
  readonly map: Readonly<Record<string, string | { readonly code: string }>>
  readonly values: ReadonlySet<string> | undefined
}

/** `engine`: where the engine's own files lie. */
export async function baseFacts(engine: string): Promise<BaseFacts> {
  const base = join(engine, 'transforms/base')
  if (!(await isFile(join(base, 'steps.ts')))) return { steps: [], slots: [] }
  const load = async (file: string) => import(pathToFileURL(join(base, file)).href)
  const { stepNames, typeOf } = (await load('steps.ts')) as StepsModule
  const { slots } = (await load('codes.ts')) as CodesModule
  return {
    steps: stepNames.map(name => {
      return { name, resource: name === 'event' ? undefined : typeOf(name) }
    }),
    slots: Object.entries(slots).map(([name, { about, map, values }]) => {
      const codes = Object.entries(map).map(([from, to]) => {
        return [from, typeof to === 'string' ? to : to.code] as const
      })
      return { name, about, codes, values: values && [...values] }
    }),
  }
}
