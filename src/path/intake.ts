// Stations 1 and 2 of one channel as its source sees them, and the door for what is refused.
import type { Clock } from '../kit/clock.ts'
import { failpoint } from '../kit/failpoint.ts'
import type { Random } from '../kit/random.ts'
import type { Log } from '../model/log.ts'
import { type Refused, topicOf } from '../model/message.ts'
import type { Intake } from '../model/rooms.ts'
import type { Signals } from '../model/signals.ts'
import { receive } from './1_receive.ts'
import { append } from './2_append.ts'
import { refusedId, refusedRecord } from './dead_letter.ts'

export interface IntakeContext {
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  readonly signals: Signals
  readonly tenant: string
  readonly channel: string
  readonly deployment: string
  readonly record_bytes_max: number
}

/**
 * How many different refused inputs are remembered, to count their repeats instead of storing them.
 */
const REFUSED_REMEMBERED_MAX = 1000

export function openIntake(context: IntakeContext): Intake {
  const labels = { tenant: context.tenant, channel: context.channel }
  const repeats = new Map<string, number>()

  async function refuse(refused: Refused): Promise<void> {
    context.signals.count('refused', { ...labels, code: refused.code })
    const id = refusedId(refused, context)
    const seen = (repeats.get(id) ?? 0) + 1
    remember(repeats, id, seen)
    // The first, then the tenth, the hundredth …: the count stays visible and the disk stays free.
    if (!Number.isInteger(Math.log10(seen))) return
    context.signals.say('warn', 'input refused', {
      ...labels,
      code: refused.code,
      repeats: seen - 1,
    })
    const record = refusedRecord(refused, { ...context, repeats: seen - 1 })
    try {
      await context.log.append(topicOf.dead(context.tenant), 0, [record])
    } catch (cause) {
      // It is not kept yet, so the next one of its kind must be written.
      repeats.delete(id)
      throw cause
    }
  }

  return {
    receive: arrival => receive(arrival, context),
    async append(received) {
      failpoint('receive.done')
      const stored = await append(received, context)
      context.signals.count('stored', labels)
      return stored
    },
    refuse,
  }
}

/** Least recently seen first out. */
function remember(repeats: Map<string, number>, id: string, seen: number): void {
  repeats.delete(id)
  repeats.set(id, seen)
  if (repeats.size > REFUSED_REMEMBERED_MAX) {
    const [oldest] = repeats.keys()
    if (oldest !== undefined) repeats.delete(oldest)
  }
}
