// Who may import whom (the layout's floors): downwards only, rooms never each other, each npm
// package and each door to the outside world in its one place.
import { dirname, join } from 'node:path'
import type { Check, Source } from './source.ts'

const FLOOR_1 = ['src/kit/', 'src/model/', 'src/declare/', 'src/codecs/', 'src/wire/']

/** The first line whose folder matches decides; a folder may always import from itself. */
const floors: readonly { readonly of: RegExp; readonly may: readonly string[] }[] = [
  { of: /^src\/kit\//, may: [] },
  { of: /^src\/model\//, may: FLOOR_1.slice(0, 1) },
  { of: /^src\/declare\//, may: FLOOR_1.slice(0, 2) },
  { of: /^src\/codecs\//, may: FLOOR_1.slice(0, 3) },
  { of: /^src\/wire\//, may: FLOOR_1.slice(0, 4) },
  { of: /^src\/(mapping_)?sdk\.ts$/, may: [...FLOOR_1.slice(0, 4), 'src/mapping_sdk.ts'] },
  { of: /^src\/(sources|transports|logs|stores)\/[^/]+\//, may: FLOOR_1 },
  { of: /^src\/(sources|transports|logs|stores)\//, may: FLOOR_1 },
  { of: /^src\/(channel|path)\//, may: [...FLOOR_1, 'src/mapping_sdk.ts'] },
  { of: /^src\/operate\//, may: [...FLOOR_1, 'src/channel/', 'src/path/'] },
  { of: /^src\/(api|console|cli)\//, may: [...FLOOR_1, 'src/channel/', 'src/operate/'] },
  { of: /^src\/main\.ts$/, may: ['src/', 'adapters/'] },
  { of: /^transforms\/base\//, may: ['#sdk', '#base'] },
  { of: /^transforms\/[^/]+\//, may: ['#sdk', '#base'] },
  { of: /^adapters\/[^/]+\//, may: ['#sdk'] },
  { of: /^adapters\//, may: [] },
]

/** Each npm package is imported in one folder (STYLE.md 20). */
const homes: Readonly<Record<string, string>> = {
  'fhir/r4.js': 'src/codecs/',
  'fast-xml-parser': 'src/codecs/',
  ajv: 'src/declare/',
  yaml: 'src/channel/',
  winston: 'src/operate/',
  jose: 'src/wire/',
  rfc6902: 'src/codecs/',
  'prom-client': 'src/operate/',
  '@opentelemetry/api': 'src/wire/',
  '@opentelemetry/exporter-trace-otlp-http': 'src/wire/',
  '@opentelemetry/resources': 'src/wire/',
  '@opentelemetry/sdk-trace-base': 'src/wire/',
}

/** Node's doors to disk, network and other processes, and the folders that may open them. */
const doors: readonly { readonly modules: RegExp; readonly in: RegExp }[] = [
  { modules: /^node:fs/, in: /^src\/(kit|wire|logs|stores|cli)\/|^src\/main\.ts$/ },
  { modules: /^node:(net|tls|https?|http2|dgram|dns)/, in: /^src\/(kit|wire)\// },
  { modules: /^node:sqlite$/, in: /^src\/(logs|stores)\// },
  { modules: /^node:(child_process|cluster)/, in: /^src\/kit\// },
  { modules: /^node:worker_threads$/, in: /^src\/(kit|logs|stores)\// },
  { modules: /^node:timers/, in: /^src\/kit\// },
]

const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g

export function importsOf({ text }: Source): readonly string[] {
  return [...text.matchAll(IMPORT)].map(match => match[1] ?? match[2] ?? '')
}

export const floorsKept: Check = source => {
  const floor = floors.find(one => one.of.test(source.path))
  if (floor === undefined) return [`${source.path} lies on no floor of the layout`]
  return importsOf(source).flatMap(wanted => {
    const complaint = judge(source.path, wanted, floor.may)
    return complaint === undefined ? [] : [`${source.path} imports ${wanted}: ${complaint}`]
  })
}

function judge(path: string, wanted: string, may: readonly string[]): string | undefined {
  if (wanted.startsWith('node:')) return judgeDoor(path, wanted)
  if (wanted.startsWith('#')) {
    return may.includes(wanted.split('/')[0] ?? '') ? undefined : 'only tenants and vendors do'
  }
  if (!wanted.startsWith('.')) {
    const home = homes[wanted]
    if (home === undefined) return 'no npm package of this name has a place in the layout'
    return path.startsWith(home) ? undefined : `this package is imported in ${home} only`
  }
  const target = join(dirname(path), wanted)
  const roof = floors.find(one => one.of.test(path))?.of.exec(path)?.[0] ?? path
  const allowed = [roof, ...may].some(folder => target.startsWith(folder))
  return allowed ? undefined : 'imports go down, and never into another room'
}

function judgeDoor(path: string, wanted: string): string | undefined {
  if (!path.startsWith('src/')) return 'transforms and adapters are pure'
  const door = doors.find(one => one.modules.test(wanted))
  return door === undefined || door.in.test(path) ? undefined : 'the outside world is behind kit/'
}
