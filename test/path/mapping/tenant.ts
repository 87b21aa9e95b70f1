// A tenant's folder for tests: modules written into a temporary folder, and a mapper over it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../../src/kit/clock.ts'
import type { Facts } from '../../../src/model/errors.ts'
import type {
  CanonicalEvent,
  EventOrigin,
  Finding,
  Mapper,
  MappingFacts,
  MappingResult,
} from '../../../src/model/event.ts'
import { type MapperOptions, openMapper } from '../../../src/path/mapping/mapper.ts'

export const base = join(import.meta.dirname, '../../../transforms/base/index.ts')

export const facts: MappingFacts = {
  raw_id: '0000000000000000000000000r',
  tenant: 'harbor',
  channel: 'adt_in',
  received_at: '2026-03-01T16:15:00.000Z',
  time_zone: 'America/Chicago',
  assigning_authorities: { HARBOR: 'urn:oid:1.2.840.99.1' },
}

export const origin: EventOrigin = {
  topic: 'raw.harbor.adt_in',
  headers: { raw_id: facts.raw_id, control_id: 'C1', sha256: 'a'.repeat(64) },
  deployment: '0123456789ab',
  findings: [],
}

/** What a result says, its events read again. */
export type Read =
  | { readonly events: readonly CanonicalEvent[]; readonly findings: readonly Finding[] }
  | { readonly code: string; readonly facts: Facts }

export function read(result: MappingResult | undefined): Read {
  if (result === undefined) throw new Error('every job has a result')
  if ('code' in result) return result
  const events = result.events.map(({ value }) => JSON.parse(value.toString()) as CanonicalEvent)
  return { ...result, events }
}

/** A message whose control id a module of a test can look at. */
export function message(control_id: string, type = 'ADT^A01'): Buffer {
  return Buffer.from(
    [
      `MSH|^~\\&|HIS|HARBOR|FIRTH|LAB|20260301101500||${type}|${control_id}|P|2.5.1`,
      'EVN|A01|20260301101400',
      'PID|1||4711^^^HARBOR^MR||SYNTHETIC^AVERY||19700115|F',
      'PV1|1|I|3W^301^A||||||||||||||||V0001^^^HARBOR^VN',
    ].join('\r'),
  )
}

export interface Said {
  readonly what: string
  readonly facts: Facts
}

export interface Tenant {
  readonly folder: string
  readonly mapper: Mapper
  /** Every line that the mapper said. */
  readonly said: Said[]
  /** One message of that control id through a module of the folder. */
  one(module: string, control_id?: string): Promise<Read>
  many(module: string, control_ids: readonly string[]): Promise<readonly Read[]>
}

/** `modules`: text by path below the tenant's folder, which lies far from the engine. */
export async function tenant(
  t: TestContext,
  modules: Readonly<Record<string, string>>,
  options: Partial<MapperOptions> = {},
): Promise<Tenant> {
  const project = await mkdtemp(join(tmpdir(), 'firth_mapping_'))
  const folder = join(project, 'transforms', 'harbor')
  for (const [path, text] of Object.entries(modules)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const said: Said[] = []
  const mapper = openMapper({
    tenant: 'harbor',
    transforms: folder,
    mapping_ms_max: 5_000,
    mapping_memory_mb_max: 128,
    clock: systemClock,
    signals: {
      say: (_level, what, told = {}) => void said.push({ what, facts: told }),
      count() {},
    },
    ...options,
  })
  t.after(async () => {
    await mapper.close()
    await rm(project, { recursive: true, force: true })
  })
  const many = async (module: string, control_ids: readonly string[]) => {
    const jobs = control_ids.map(control_id => ({ raw: message(control_id), facts, origin }))
    return (await mapper.map(join(folder, module), jobs)).map(read)
  }
  return {
    folder,
    mapper,
    said,
    many,
    one: async (module, control_id = 'ONE') => (await many(module, [control_id]))[0] as Read,
  }
}

/**
 * A module whose `map` runs `body` before the base mapping; `body` sees `message` and `context`.
 */
export const moduleOf = (body: string, head = ''): string => `
import base from '#base'
import { defineMapping } from '#sdk'
${head}
export default defineMapping({
  types: base.types,
  map(message, context) {
    const id = message.text('MSH-10')
    ${body}
    return base.map(message, context)
  },
})
`
