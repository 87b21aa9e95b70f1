// What a person does about dead letters: try again, mend, give up. Each letter is decided once: its
// state, the move of its write and the records to be appended become durable together, and then
// the records are brought into the log (dead_outbox.ts). Every act leaves a line in the audit.
import { failpoint } from '../kit/failpoint.ts'
import { derivedId } from '../kit/ids.ts'
import type { LetterAct, LetterWord, Outgoing } from '../model/dead_store.ts'
import type { Code } from '../model/errors.ts'
import type { Log, NewRecord } from '../model/log.ts'
import { topicOf } from '../model/message.ts'
import type { TenantPlan } from '../model/plan.ts'
import type { Store } from '../model/store.ts'
import type { FoundLetter } from './dead_letters.ts'
import { type MendContext, mended, originalOf, ownPart } from './dead_mend.ts'
import type { Outbox } from './dead_outbox.ts'

export interface DeadRooms extends MendContext {
  readonly log: Log
  readonly store: Store
  readonly outbox: Outbox
  /** What runs now; undefined where it is not known, without a running engine. */
  planOf(tenant: string): TenantPlan | undefined
  /** Something may be deliverable again. */
  acted(): void
}

export type DeadWord = 'retry' | 'edit' | 'drop'

export interface Saying {
  readonly word: DeadWord
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
  /** Of an edit: the message as it is to be. */
  readonly bytes?: Buffer
}

export interface Acted {
  readonly id: string
  readonly code: string
  /** `not_open`: it was decided already. `not_dead`: its write has gone on. */
  readonly outcome: LetterWord | 'not_open' | 'not_dead' | 'refused'
  /** Why it was refused. */
  readonly why_not: Code | undefined
  readonly raw_id: string | undefined
  readonly intent_id: string | undefined
}

const WORDS = { retry: 'retried', edit: 'edited', drop: 'dropped' } as const

/** Takes or refuses each letter alone; resolves when what came of them stands in the log. */
export async function actOn(
  letters: readonly FoundLetter[],
  saying: Saying,
  rooms: DeadRooms,
): Promise<readonly Acted[]> {
  const ends = new Map((await rooms.log.partitions()).map(info => [info.topic, info.next_offset]))
  const deployments = new Map((await rooms.store.active()).map(one => [one.tenant, one.deployment]))
  const context = { ...rooms, ends, deployments, saying }
  const prepared: (LetterAct | Code)[] = []
  for (const found of letters) prepared.push(await actOf(found, context))
  const acts = prepared.filter(one => typeof one !== 'string')
  const closed = [...(await rooms.store.closeLetters(acts))]
  failpoint('dead.closed')
  await rooms.outbox.flush()
  rooms.acted()
  return prepared.map((one, i): Acted => {
    const { letter } = letters[i] as FoundLetter
    const plain = { id: letter.id, code: letter.code, why_not: undefined }
    const none = { raw_id: undefined, intent_id: undefined }
    if (typeof one === 'string') return { ...plain, ...none, outcome: 'refused', why_not: one }
    const outcome = closed.shift() ?? 'not_open'
    if (outcome !== 'closed') return { ...plain, ...none, outcome }
    return { ...plain, outcome: one.state, raw_id: one.raw_id, intent_id: one.intent_id }
  })
}

interface ActContext extends DeadRooms {
  readonly saying: Saying
  /** Next offsets by topic, before the act. */
  readonly ends: ReadonlyMap<string, number>
  readonly deployments: ReadonlyMap<string, string>
}

async function actOf(found: FoundLetter, context: ActContext): Promise<LetterAct | Code> {
  const { letter } = found
  const { saying, store, clock } = context
  const { word, by, why } = saying
  const row = letter.intent_id === undefined ? undefined : await store.row(letter.intent_id)
  const state = {
    letter_id: letter.id,
    tenant: letter.tenant,
    state: WORDS[word],
    by,
    why,
    at_ms: clock.now(),
  }
  if (word === 'drop' || (word === 'retry' && row !== undefined)) {
    const to = word === 'drop' ? ('withdrawn' as const) : ('accepted' as const)
    const facts = { by, word, ...(why === '' ? {} : { why }) }
    // What goes on already is not withdrawn; then only the letter is put away.
    const moves = row !== undefined && (word === 'retry' || row.state === 'dead')
    const move = moves ? { to, facts } : undefined
    const act = { ...state, raw_id: undefined, intent_id: letter.intent_id, move }
    return { ...act, outgoing: [auditLine(found, act, context)] }
  }
  if (letter.state !== 'open') return { ...state, ...NOTHING }
  if (word === 'retry' && letter.origin?.startsWith('outbound.'))
    return governAgain(found, state, context)
  return mendingAct(found, state, context)
}

/** The store refuses it, because somebody has decided. */
const NOTHING = { raw_id: undefined, intent_id: undefined, move: undefined, outgoing: [] }

/** An intent that never became a row of the ledger: station 6 reads it again. */
function governAgain(found: FoundLetter, state: State, context: ActContext): LetterAct {
  const { letter } = found
  const { key, headers, value } = ownPart(found.record)
  const topic = topicOf.outbound(letter.tenant, letter.target)
  const record = { key, headers: { ...headers, act_id: actId(letter.id) }, value }
  const act = { ...state, raw_id: undefined, intent_id: letter.intent_id, move: undefined }
  const again = { topic, from_offset: context.ends.get(topic) ?? 0, record }
  return { ...act, outgoing: [again, auditLine(found, act, context)] }
}

type State = Omit<LetterAct, 'raw_id' | 'intent_id' | 'move' | 'outgoing'>

async function mendingAct(
  found: FoundLetter,
  state: State,
  context: ActContext,
): Promise<LetterAct | Code> {
  const { letter } = found
  const { saying, deployments, ends, planOf } = context
  const plan = planOf(letter.tenant)
  const channel = plan?.channels.find(one => one.channel === letter.channel)
  if (plan !== undefined && channel?.transform === undefined) return 'letter_unmapped'
  const original = await originalOf(found, context)
  if ('code' in original) return original.code
  if (saying.bytes?.equals(original.value)) return 'letter_unchanged'
  const { deployment: own = '' } = original.headers
  const deployment = plan?.deployment ?? (deployments.get(letter.tenant) || own)
  const request = { ...context, letter_id: letter.id, act_id: actId(letter.id), deployment }
  const made = mended(found, original, { ...request, bytes: saying.bytes })
  if ('code' in made) return made.code
  const { topic, record } = made
  const act = { ...state, raw_id: record.headers.raw_id, intent_id: undefined, move: undefined }
  const repair = { topic, from_offset: ends.get(topic) ?? 0, record }
  return { ...act, outgoing: [repair, auditLine(found, act, context)] }
}

export const actId = (letter_id: string) => derivedId('dead_letter', letter_id)

/** Who did what about which letter and why; no content of it. */
function auditLine(
  { letter }: FoundLetter,
  act: State & Pick<LetterAct, 'raw_id' | 'intent_id'>,
  { saying, ends }: ActContext,
): Outgoing {
  const { tenant, channel, id, code, raw_id = '', intent_id, index } = letter
  const { by, why, at_ms } = act
  const record: NewRecord = {
    key: raw_id || id,
    headers: {
      act: `dead_${saying.word}`,
      act_id: actId(id),
      tenant,
      channel,
      letter: id,
      ...(raw_id === '' ? {} : { raw_id }),
      ...(index === undefined ? {} : { index: String(index) }),
      ...(intent_id === undefined ? {} : { intent_id }),
    },
    value: Buffer.from(
      JSON.stringify({
        act: `dead_${saying.word}`,
        letter: id,
        code,
        by,
        why,
        at: new Date(at_ms).toISOString(),
        made_raw_id: act.raw_id,
        moved_intent_id: act.intent_id,
      }),
    ),
  }
  const topic = topicOf.audit(tenant)
  return { topic, from_offset: ends.get(topic) ?? 0, record }
}
