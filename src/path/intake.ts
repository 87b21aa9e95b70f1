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
  const repeats = new Map<string, Repeats>()

  async function refuse(refused: Refused): Promise<void> {
    context.signals.count('refused', { ...labels, code: refused.code })
    const id = refusedId(refused, context)
    const { seen, kept } = repeats.get(id) ?? { seen: 0, kept: Promise.resolve() }
    const write = isTold(seen + 1) ? keep(refused, seen) : kept
    remember(repeats, id, { seen: seen + 1, kept: write })
    try {
      await write
    } catch (cause) {
      // It is not kept yet, so the next one of its kind must be written.
      repeats.delete(id)
      throw cause
    }
  }

  async function keep(refused: Refused, earlier: number): Promise<void> {
    const { code } = refused
    context.signals.say('warn', 'input refused', { ...labels, code, repeats: earlier })
    const record = refusedRecord(refused, { ...context, repeats: earlier })
    await context.log.append(topicOf.dead(context.tenant), 0, [record])
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

/** One refused input: how often it came, and the write that keeps it. */
interface Repeats {
  readonly seen: number
  readonly kept: Promise<void>
}

/** The first, then the tenth, the hundredth …: the count stays visible and the disk stays free. */
const isTold = (seen: number) => Number.isInteger(Math.log10(seen))

/** Least recently seen first out. */
function remember(repeats: Map<string, Repeats>, id: string, entry: Repeats): void {
  repeats.delete(id)
  repeats.set(id, entry)
  if (repeats.size > REFUSED_REMEMBERED_MAX) {
    const [oldest] = repeats.keys()
    if (oldest !== undefined) repeats.delete(oldest)
  }
}
