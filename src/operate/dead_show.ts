// One dead letter for a person: whole, with what became of it once it was decided; its message as
// it is to be mended; and what the running deployment would make of the mended one. Patient data,
// but for the last.
import type { LetterState } from '../model/dead_store.ts'
import { type Code, Failure } from '../model/errors.ts'
import type { Headers } from '../model/log.ts'
import { rootOf } from '../model/message.ts'
import type { IntentState } from '../model/state.ts'
import type { DeadDesk } from './dead_desk.ts'
import { type FoundLetter, findLetters, recordOf, type StandingLetter } from './dead_letters.ts'
import { originalOf } from './dead_mend.ts'
import { type DryResult, openDryRun } from './dry_run.ts'

/** What became of a letter that was decided. */
export interface CameTo {
  readonly said: LetterState
  /** The writes of the mended message, or the one that was sent again, by target and state. */
  readonly writes: readonly {
    readonly intent_id: string
    readonly target: string
    readonly resource: string
    readonly state: IntentState
  }[]
  /** The mended message died, too. */
  readonly letters: readonly { readonly id: string; readonly code: string }[]
}

export interface Shown {
  readonly letters: readonly StandingLetter[]
  /** Where it is one letter. Patient data. */
  readonly whole?:
    | {
        readonly headers: Headers
        readonly value: string
        readonly value_encoding?: 'base64'
        readonly came_to: CameTo | undefined
      }
    | undefined
}

export async function show(desk: DeadDesk, id: string): Promise<Shown> {
  const letters = await findLetters(desk, id)
  const [one, ...others] = letters
  const record = one && (await recordOf(desk.log, one))
  if (one === undefined || record === undefined || others.length > 0) return { letters }
  const { value, headers } = record
  const { said } = one
  const came_to = said === undefined ? undefined : await cameTo(desk, said)
  const content = { value: value.toString('base64'), value_encoding: 'base64' } as const
  return { letters, whole: { headers, ...content, came_to } }
}

async function cameTo(desk: DeadDesk, said: LetterState): Promise<CameTo> {
  const { raw_id, intent_id } = said
  const row = intent_id === undefined ? undefined : await desk.store.row(intent_id)
  const rows = raw_id === undefined ? [row] : await desk.store.rowsOfRaw(raw_id)
  const died = raw_id === undefined ? [] : await findLetters(desk, raw_id)
  return {
    said,
    writes: rows
      .filter(one => one !== undefined)
      .map(({ intent, state }) => ({
        intent_id: intent.intent_id,
        target: intent.target,
        resource: intent.resource_type,
        state,
      })),
    letters: died.filter(letter => letter.raw_id === raw_id).map(({ id, code }) => ({ id, code })),
  }
}

async function oneOf(desk: DeadDesk, id: string): Promise<FoundLetter> {
  const found = openOf(await findLetters(desk, id))
  if (found.length > 1) throw new Failure('letter_ambiguous', { letter: id })
  const [letter] = found
  const record = letter && (await recordOf(desk.log, letter))
  if (letter === undefined || record === undefined) {
    throw new Failure('letter_unknown', { letter: id })
  }
  return { letter, record }
}

/** The message that a letter is about, to be mended. Patient data. */
export interface LetterText {
  readonly letter: StandingLetter
  /** Base64. */
  readonly bytes: string
  /** The channel's own word on the character set. */
  readonly charset: string | undefined
}

export async function textOf(desk: DeadDesk, id: string): Promise<LetterText> {
  const found = await oneOf(desk, id)
  const original = await originalOf(found, desk)
  if ('code' in original) throw new Failure(original.code, { letter: found.letter.id })
  const { tenant, channel } = found.letter
  const plan = desk.planOf(tenant)?.channels.find(one => one.channel === channel)
  const bytes = original.value.toString('base64')
  return { letter: found.letter, bytes, charset: plan?.charset }
}

/** What the running deployment would make of a mended message; no content. */
export interface Tried {
  readonly fate: DryResult['fate']
  readonly dead:
    | { readonly code: Code; readonly facts: Readonly<Record<string, unknown>> }
    | undefined
  readonly events: readonly string[]
  readonly writes: readonly {
    readonly operation: string
    readonly resource: string
    readonly target: string
    readonly state: string
  }[]
  readonly findings: readonly { readonly code: string; readonly place: string }[]
}

export async function tryOf(desk: DeadDesk, id: string, bytes: Buffer): Promise<Tried> {
  const found = await oneOf(desk, id)
  const { tenant, channel } = found.letter
  const plan = desk.planOf(tenant)
  if (plan?.channels.find(one => one.channel === channel)?.transform === undefined) {
    throw new Failure('letter_unmapped', { tenant, channel })
  }
  const original = await originalOf(found, desk)
  const headers = 'code' in original ? {} : original.headers
  const root = rootOf(headers)
  const dry = openDryRun({ project: '', tenants: [plan], engine: desk.engine }, desk.tables)
  try {
    const { received_at } = headers
    const message = { bytes, received_at, raw_id: root === '' ? undefined : root }
    return tried(await dry.run({ ...message, tenant, channel }))
  } finally {
    await dry.close()
  }
}

function tried({ fate, dead, events, intents, findings }: DryResult): Tried {
  return {
    fate,
    dead,
    events: events.map(({ kind }) => kind),
    writes: intents.map(({ intent, state }) => ({
      operation: intent.operation,
      resource: intent.resource_type,
      target: intent.target,
      state,
    })),
    findings: findings.map(({ code, place }) => ({ code, place })),
  }
}

/** Where a raw_id or a control id names several, the open one is meant. */
export function openOf(found: readonly StandingLetter[]): readonly StandingLetter[] {
  const open = found.filter(({ state }) => state === 'open')
  return open.length === 0 ? found : open
}
