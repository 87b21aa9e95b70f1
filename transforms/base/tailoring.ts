// What tenants put over the base: functions at steps, code tables in slots. Compiled once when a
// module is loaded, in the order in which `extend` was called, and checked there: an unknown name
// or a target outside a required value set is refused with its place.
import {
  type CodeRow,
  type CodeTable,
  Failure,
  type Message,
  nearest,
  type Resource,
  refuseTable,
  type Segment,
} from '#sdk'
import { At } from './at.ts'
import { type Coding, type Slot, type SlotName, slots } from './codes.ts'
import { pruned } from './json.ts'
import type { Scope } from './scope.ts'
import {
  type AnyStep,
  draftOf,
  type EventDraft,
  type StepName,
  type Steps,
  stepNames,
} from './steps.ts'

/** What `extend` takes. */
export type Extension = Steps & {
  readonly codes?: { readonly [Name in SlotName]?: CodeTable }
}

export interface Tailoring {
  readonly steps: ReadonlyMap<string, readonly AnyStep[]>
  /** By slot: what each code of the tenant means, with the row that says so. */
  readonly codes: ReadonlyMap<string, ReadonlyMap<string, Meaning>>
}

export interface Meaning {
  /** Undefined: nothing. */
  readonly target: string | Coding | undefined
  readonly row: CodeRow
}

export const untailored: Tailoring = { steps: new Map(), codes: new Map() }

/** Throws Failure('extension_invalid' or 'code_table_invalid'). */
export function tailored(before: Tailoring, extension: Extension): Tailoring {
  const steps = new Map(before.steps)
  const tables = new Map(before.codes)
  const { codes = {}, ...functions } = extension
  for (const [name, step] of Object.entries(functions)) {
    if (step === undefined) continue
    known(name, stepNames, 'step')
    if (typeof step !== 'function') {
      throw new Failure('extension_invalid', { name, what: 'a step is a function' })
    }
    steps.set(name, [...(steps.get(name) ?? []), step as AnyStep])
  }
  for (const [name, table] of Object.entries(codes)) {
    known(name, Object.keys(slots), 'code slot')
    if (!(table?.rows instanceof Map)) {
      throw new Failure('extension_invalid', { name, what: "a code slot takes codes('./x.csv')" })
    }
    const meanings = new Map(tables.get(name))
    for (const row of table.rows.values()) {
      const target = meaning(row, slots[name as SlotName], table.file)
      meanings.set(row.code, { target, row })
    }
    tables.set(name, meanings)
  }
  return { steps, codes: tables }
}

function known(name: string, names: readonly string[], sort: string): void {
  if (names.includes(name)) return
  const meant = nearest(name, names)
  const what = `no ${sort} of the base`
  throw new Failure('extension_invalid', {
    name,
    what: meant === undefined ? what : `${what}; did you mean ${meant}?`,
  })
}

function meaning(row: CodeRow, slot: Slot, file: string): string | Coding | undefined {
  const { target, system, display, line, column } = row
  if (target === '') return undefined
  if (slot.values !== undefined && !slot.values.has(target)) {
    const meant = nearest(target, [...slot.values])
    const hint = meant === undefined ? [...slot.values].join(', ') : `did you mean ${meant}?`
    refuseTable({ file, line, column, what: `no code that ${slot.name} may take; ${hint}` })
  }
  return slot.target({
    target,
    ...(system === undefined ? {} : { system }),
    ...(display === undefined ? {} : { display }),
  })
}

interface Making {
  readonly from: readonly Segment[]
  readonly scope: Scope
}

/** Runs the tenant's functions of one step over a resource. */
export function tailor(
  functions: readonly AnyStep[],
  { step, made }: { step: StepName; made: Resource },
  { from, scope }: Making,
): Resource {
  const draft = draftOf(step, made)
  const at = new At(from, scope)
  for (const change of functions) run(change, { step, draft, message: scope.message, at })
  return { ...(pruned(draft) as object), resourceType: made.resourceType, id: made.id } as Resource
}

export function tailorEvent(
  functions: readonly AnyStep[],
  event: EventDraft,
  { from, scope }: Making,
): EventDraft {
  const at = new At(from, scope)
  for (const change of functions) {
    run(change, { step: 'event', draft: event, message: scope.message, at })
  }
  return event
}

/** What a tenant's function throws is told by its step and its place, never by its text. */
function run(
  change: AnyStep,
  call: { step: string; draft: unknown; message: Message; at: At },
): void {
  const { step, draft, message, at } = call
  let answer: unknown
  try {
    answer = change(draft as never, message, at)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    throw new Failure('mapping_failed', { step, ...traceOf(thrown) }, thrown)
  }
  // A promise would go on changing the draft after the event went out.
  if (answer instanceof Promise) {
    throw new Failure('mapping_failed', { step, error: 'AsyncStep' })
  }
}

/** Its class and its innermost place, `adt.ts:12`; a hostile error may refuse both. */
function traceOf(thrown: unknown): { readonly error: string; readonly at?: string } {
  try {
    const { name, stack } = thrown as { name?: unknown; stack?: unknown }
    const error = /^[A-Za-z_$][\w$]{0,63}$/.test(String(name)) ? String(name) : 'unknown'
    const at = /\/([\w.-]{1,100}:\d{1,7}):\d+\)?(?:\n|$)/.exec(String(stack))?.[1]
    return at === undefined ? { error } : { error, at }
  } catch {
    // A getter of the error threw in its turn: nothing can be said of it.
    return { error: 'unknown' }
  }
}
