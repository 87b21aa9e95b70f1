// One trace a message, across the stations: its first span is its way into the log, every later
// station adds one below it. Spans wait in a bounded queue and are sent beside the path; what does
// not fit is dropped and counted. Attributes are names from configuration, never the message's.
import type { Clock } from '../kit/clock.ts'
import type { Random } from '../kit/random.ts'
import type { Passage, Passenger } from '../model/signals.ts'
import type { Otlp, Span } from '../wire/otlp.ts'
import type { KeptSignals } from './signals.ts'

export interface Traces {
  /** Sends what waits, once, and ends. */
  close(): Promise<void>
}

export interface TracesContext {
  readonly signals: KeptSignals
  readonly clock: Clock
  readonly random: Random
}

const LIMITS = { spans_max: 8_192, send_max: 512, every_ms: 1_000 } as const

export function openTraces(otlp: Otlp, context: TracesContext): Traces {
  const sender = new Sender(otlp, context)
  context.signals.listen(passage => sender.take(spansOf(passage, context.random)))
  const stop = new AbortController()
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await context.clock.sleep(LIMITS.every_ms, stop.signal)
      await sender.send()
    }
  })()
  return {
    async close() {
      stop.abort()
      await ended
      await otlp.close()
    },
  }
}

class Sender {
  readonly #waiting: Span[] = []
  #refused = false
  readonly #otlp: Otlp
  readonly #context: TracesContext

  constructor(otlp: Otlp, context: TracesContext) {
    this.#otlp = otlp
    this.#context = context
  }

  take(spans: readonly Span[]): void {
    const room = LIMITS.spans_max - this.#waiting.length
    this.#waiting.push(...spans.slice(0, room))
    this.#drop(Math.max(0, spans.length - room))
  }

  /** All that waits at this moment; where the collector takes nothing, the rest waits on. */
  async send(): Promise<void> {
    for (let left = this.#waiting.length; left > 0; left -= LIMITS.send_max) {
      const spans = this.#waiting.splice(0, Math.min(left, LIMITS.send_max))
      const taken = await this.#otlp.send(spans)
      if (!taken) this.#drop(spans.length)
      this.#tell(taken)
      if (!taken) return
    }
  }

  #drop(count: number): void {
    this.#context.signals.count('trace_spans_dropped', {}, count)
  }

  /** Once as it begins, and once as it is over. */
  #tell(taken: boolean): void {
    if (this.#refused === !taken) return
    this.#refused = !taken
    const { signals } = this.#context
    if (taken) signals.say('info', 'the collector takes traces again')
    else signals.say('warn', 'the collector takes no traces; they are dropped')
  }
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

const KINDS = {
  append: 'consumer',
  transform: 'internal',
  route: 'internal',
  govern: 'internal',
  deliver: 'client',
  verify: 'client',
} as const

/** One for each traced message; those of one batch are linked to the first of it. */
export function spansOf(passage: Passage, random: Random): readonly Span[] {
  const { station, labels, began_ms, ended_ms, messages } = passage
  const spans: Span[] = []
  for (const message of messages) {
    const trace = tracedOf(message)
    if (trace === undefined) continue
    const isFirst = station === 'append'
    const { trace_id } = trace
    const [first] = spans
    spans.push({
      trace_id,
      span_id: isFirst ? trace.span_id : random.bytes(8).toString('hex'),
      parent_id: isFirst ? undefined : trace.span_id,
      name: `firth ${station}`,
      kind: KINDS[station],
      ...{ began_ms, ended_ms },
      attributes: {
        ...prefixed(labels),
        'firth.station': station,
        'firth.batch_messages': messages.length,
        'firth.waited_ms': Math.max(0, began_ms - message.since_ms),
      },
      link: first && { trace_id: first.trace_id, span_id: first.span_id },
    })
  }
  return spans
}

function tracedOf({ traceparent }: Passenger) {
  const [, trace_id = '', span_id = '', flags = ''] = TRACEPARENT.exec(traceparent) ?? []
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return sampled ? { trace_id, span_id } : undefined
}

const prefixed = (labels: Passage['labels']) =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`firth.${name}`, value]))
