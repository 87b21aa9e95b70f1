// The doors for those who watch an engine, as firth.yaml names them: metrics and health over HTTP,
// traces to a collector. None of them is in the way of a message, and their trouble is told and
// ends nothing.
import type { Clock } from '../kit/clock.ts'
import { systemDisk } from '../kit/disk.ts'
import { systemRandom } from '../kit/random.ts'
import { type DoorAnswer, openHttpDoor } from '../wire/http_door.ts'
import type { Engine } from './engine.ts'
import { readinessOf } from './health.ts'
import { openTraces } from './traces.ts'

export interface Watching {
  /** Where it listens; undefined where it does not. */
  readonly address: string | undefined
  /** From here on it is not ready. */
  draining(): void
  close(): Promise<void>
}

export interface WatchingContext {
  readonly data: string
  readonly version: string
  readonly clock: Clock
}

/** Rejects with `listen_failed`. */
export async function openWatching(engine: Engine, context: WatchingContext): Promise<Watching> {
  const { http, traces } = engine.plan.engine.operate
  let draining = false
  const door = http && (await openDoor(engine, http, { ...context, draining: () => draining }))
  const sending = traces && (await openSending(traces.otlp_url, { ...context, engine }))
  return {
    address: door?.address,
    draining() {
      draining = true
    },
    async close() {
      await sending?.close()
      await door?.close()
    },
  }
}

// Both libraries are loaded where they are wanted: every command would pay for them otherwise.

async function openSending(url: string, of: WatchingContext & { readonly engine: Engine }) {
  const { engine, version, clock } = of
  const { openOtlp } = await import('../wire/otlp.ts')
  const context = { signals: engine.signals, clock, random: systemRandom }
  return openTraces(openOtlp(url, { version }), context)
}

async function openDoor(
  engine: Engine,
  at: { readonly host: string; readonly port: number },
  { data, clock, draining }: WatchingContext & { draining(): boolean },
) {
  const { openMetrics } = await import('./metrics.ts')
  const metrics = openMetrics(engine, { data, clock, disk: systemDisk })
  const answer = async (path: string): Promise<DoorAnswer | undefined> => {
    if (path === '/metrics') return { status: 200, type: metrics.type, body: await metrics.text() }
    if (path === '/healthz') return { status: 200, type: TEXT, body: 'alive\n' }
    if (path !== '/readyz') return undefined
    const health = { data, disk: systemDisk, draining: draining() }
    const { ready, parts } = readinessOf(engine, health)
    const lines = Object.entries(parts).map(([part, word]) => `${part}: ${word}`)
    return { status: ready ? 200 : 503, type: TEXT, body: `${lines.join('\n')}\n` }
  }
  return openHttpDoor(at, answer, cause => {
    const error = cause instanceof Error ? cause.name : typeof cause
    engine.signals.say('error', 'a question of who watches was not answered', { error })
  })
}

const TEXT = 'text/plain; charset=utf-8'
