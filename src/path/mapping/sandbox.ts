// What a tenant's code finds around it in its process: its own folder, `#sdk` and `#base`, and a
// language without clock, chance, network or machine. Node's permission model shuts files and
// processes; this shuts what it leaves open (design: section 5).
import { Buffer } from 'node:buffer'
import { type RegisterHooksOptions, registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fenceReads } from '../../kit/read_now.ts'
import { realPath } from '../../kit/real_path.ts'
import { freezeAll } from './lockdown.ts'

export interface Fences {
  /** Absolute, real paths, each ending with a slash. */
  readonly engine: string
  readonly base: string
  /** Undefined where the tenant has no modules of its own. */
  readonly tenant: string | undefined
}

/** From here on a module under `tenant` or `base` reaches only what the fences name. */
export function fenceImports(fences: Fences): void {
  const resolve: NonNullable<RegisterHooksOptions['resolve']> = (specifier, context, next) => {
    const from = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : ''
    const isEntry = fenceOf(from, fences) === undefined && specifier.startsWith('file:')
    // The engine's own files import as they always do; the modules that it loads are fenced.
    if (fenceOf(from, fences) === undefined && !isEntry) return next(specifier, context)
    const found = isEntry
      ? fencedImport(fileURLToPath(specifier), '', fences)
      : fencedImport(specifier, from, fences)
    if (found.path === undefined) throw new Error(found.wrong)
    // Always a module of the language's own kind: no `require`, no way into Node's loader.
    return { url: pathToFileURL(found.path).href, format: 'module-typescript', shortCircuit: true }
  }
  registerHooks({ resolve })
  fenceReads([fences.tenant, fences.base].filter(root => root !== undefined))
}

/** Which fence stands around a real path. */
const fenceOf = (path: string, { tenant, base }: Fences) =>
  [tenant, base].find(root => root !== undefined && path.startsWith(root))

export type FencedImport =
  | { readonly path: string }
  | { readonly path: undefined; readonly wrong: string; readonly missing: boolean }

/**
 * Where an import leads: the real path of a file that the importer's fence allows. `from`: the real
 * path of the importer; '' for an entry, whose `specifier` is its path.
 */
export function fencedImport(specifier: string, from: string, fences: Fences): FencedImport {
  const path = from === '' ? specifier : pathOf(specifier, from, fences)
  const real = path === undefined ? undefined : realPath(path)
  const fence = fenceFor(specifier, from || (real ?? ''), fences)
  if (real !== undefined && fence !== undefined && real.startsWith(fence)) return { path: real }
  const within = fence !== undefined && path?.startsWith(fence) === true
  if (real === undefined && within) return { path: undefined, wrong: NOT_THERE, missing: true }
  return { path: undefined, wrong: FENCED, missing: false }
}

/** `#base` may lie elsewhere than the engine: each deployment holds its own. */
function fenceFor(specifier: string, from: string, fences: Fences): string | undefined {
  if (specifier.startsWith('#base')) return fences.base
  return specifier.startsWith('#') ? fences.engine : fenceOf(from, fences)
}

const FENCED = 'A mapping imports only #sdk, #base and .ts files of its own folder.'
const NOT_THERE = 'The file that it imports is not there.'

function pathOf(specifier: string, from: string, fences: Fences): string | undefined {
  if (specifier === '#sdk') return `${fences.engine}src/mapping_sdk.ts`
  if (specifier === '#base') return `${fences.base}index.ts`
  const named = /^#base\/([a-z0-9_]+(?:\/[a-z0-9_]+)*)$/.exec(specifier)
  if (named !== null) return `${fences.base}${named[1]}.ts`
  if (!/^\.\.?\/.*\.ts$/.test(specifier)) return undefined
  return fileURLToPath(new URL(specifier, pathToFileURL(from)))
}

/**
 * The language itself and a few pure helpers; whatever else stands on the global object goes.
 * WeakRef and FinalizationRegistry are not among them: they show when memory was collected, which
 * is chance.
 */
const kept = new Set([
  ...['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Math'],
  ...['JSON', 'Reflect', 'Proxy', 'RegExp', 'Date', 'Intl', 'Promise', 'Iterator', 'globalThis'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'ArrayBuffer'],
  ...['DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array'],
  ...['BigInt64Array', 'BigUint64Array', 'Error', 'AggregateError', 'EvalError', 'RangeError'],
  ...['ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'SuppressedError'],
  ...['DisposableStack', 'AsyncDisposableStack', 'undefined', 'NaN', 'Infinity', 'parseInt'],
  ...['parseFloat', 'isNaN', 'isFinite', 'decodeURI', 'decodeURIComponent', 'encodeURI'],
  ...['encodeURIComponent', 'escape', 'unescape', 'URL', 'URLSearchParams', 'TextEncoder'],
  ...['TextDecoder', 'atob', 'btoa', 'structuredClone'],
])

/**
 * Before the first module of a tenant is loaded, and after everything that the engine itself needs.
 */
export function removeGlobals(): void {
  for (const name of Reflect.ownKeys(globalThis)) {
    if (typeof name !== 'string' || kept.has(name)) continue
    if (!Reflect.deleteProperty(globalThis, name)) {
      Object.defineProperty(globalThis, name, { value: undefined })
    }
  }
  globalThis.Date = dateWithoutClock()
  emptyBuffers()
  Math.random = refuse('Math.random')
  // A format without a date formats the present moment, and knows the machine's zone.
  Reflect.deleteProperty(Intl, 'DateTimeFormat')
}

/**
 * Freezes the language, Buffer and what a mapping is handed or imports: `engine` are namespaces and
 * classes. After `removeGlobals`, before the first module of a tenant.
 */
export function freezeLanguage(engine: readonly object[]): void {
  const hidden = [
    async function* () {},
    function* () {},
    async () => {},
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ''[Symbol.iterator](),
    ''.matchAll(/x/g),
  ]
  freezeAll([globalThis, Buffer, ...hidden, ...engine])
}

/**
 * A message hands out Buffers. Memory that others used before is chance, and may be another
 * message.
 */
function emptyBuffers(): void {
  Buffer.poolSize = 0
  Buffer.allocUnsafe = size => Buffer.alloc(size)
  Buffer.allocUnsafeSlow = size => Buffer.alloc(size)
}

function refuse(what: string): () => never {
  return () => {
    throw new TypeError(`${what} is not there: a mapping is pure`)
  }
}

/** Dates can be computed with; the present one cannot be asked for. */
function dateWithoutClock(): DateConstructor {
  const whole = globalThis.Date
  const clockless = new Proxy(whole, {
    apply: refuse('Date()'),
    construct(target, args, newTarget) {
      if (args.length === 0) throw new TypeError('new Date() is not there: a mapping is pure')
      return Reflect.construct(target, args, newTarget)
    },
  })
  whole.now = refuse('Date.now')
  Object.defineProperty(whole.prototype, 'constructor', { value: clockless })
  return clockless
}
