// The engine in numbers, as Prometheus reads them. Labels are names from configuration: tenants,
// channels, targets, routes, codes. Nothing that a sender wrote becomes one, so the number of
// series is bounded by what a project declares.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../kit/clock.ts'
import type { Disk } from '../kit/disk.ts'
import { failureOf } from '../model/errors.ts'
import type { Passage } from '../model/signals.ts'
import { openLetters } from './dead_count.ts'
import type { Engine } from './engine.ts'
import { groupLines } from './group_lines.ts'
import { COUNTERS, GAUGES, type GaugeName } from './metrics_names.ts'
import type { Counter as Counted } from './signals.ts'

export interface Metrics {
  /** In Prometheus' text format. */
  text(): Promise<string>
  readonly type: string
}

export interface MetricsContext {
  readonly clock: Clock
  readonly disk: Pick<Disk, 'freeBytes'>
  readonly data: string
}

/** Whoever asks more often is told the same again, so that asking costs the path little. */
const ANSWER_MS_MIN = 1_000
/** Counting dead letters reads some of them. */
const LETTERS_MS_MIN = 30_000

/** From a millisecond in a quiet engine to the day that an approval takes. */
const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200,
  86_400,
]

const STATION_LABELS = ['station', 'tenant', 'channel', 'target', 'outcome'] as const

export function openMetrics(engine: Engine, context: MetricsContext): Metrics {
  const { clock } = context
  const lasting = new Registry()
  collectDefaultMetrics({ register: lasting })
  const waited = histogram(lasting, {
    name: 'firth_station_seconds',
    help: 'From when a message stood before a station until it was through. Of append: from its last byte to durable, before the acknowledgement. Of deliver: from its admission to the outcome.',
  })
  const worked = histogram(lasting, {
    name: 'firth_station_work_seconds',
    help: 'How long a station worked on what it took together.',
  })
  engine.signals.listen(passage => {
    const labels = stationLabels(passage)
    const seen = waited.labels(labels)
    for (const { since_ms } of passage.messages) {
      seen.observe(Math.max(0, passage.ended_ms - since_ms) / 1_000)
    }
    worked.labels(labels).observe(Math.max(0, passage.ended_ms - passage.began_ms) / 1_000)
  })
  const letters = kept(LETTERS_MS_MIN, clock, () => openLetters(engine))
  const text = kept(ANSWER_MS_MIN, clock, async () => {
    const now = new Registry()
    addCounters(now, engine.signals.counters())
    await addGauges(now, { ...context, engine, letters })
    return Registry.merge([lasting, now]).metrics()
  })
  return { text, type: lasting.contentType }
}

function histogram(registry: Registry, { name, help }: { name: string; help: string }) {
  const labelNames = STATION_LABELS
  return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [registry] })
}

const stationLabels = ({ station, labels }: Passage) => ({
  station,
  tenant: labels.tenant ?? '',
  channel: labels.channel ?? '',
  target: labels.target ?? '',
  outcome: labels.outcome ?? '',
})

/** One answer for all who ask at about the same time; a failure is nobody's but the asker's. */
function kept<T>(age_ms_max: number, clock: Clock, make: () => Promise<T>): () => Promise<T> {
  let made: { readonly at_ms: number; readonly value: Promise<T> } | undefined
  return () => {
    const now_ms = clock.elapsed()
    if (made === undefined || now_ms - made.at_ms > age_ms_max) {
      const value = make()
      made = { at_ms: now_ms, value }
      value.catch(() => {
        // The asker is told; whoever comes next asks anew.
        made = undefined
      })
    }
    return made.value
  }
}

function addCounters(registry: Registry, counted: readonly Counted[]): void {
  const byName = Map.groupBy(counted, ({ name }) => name)
  for (const [name, rows] of byName) {
    const labelNames = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))]
    const help = COUNTERS[name] ?? `Counted since the start: ${name}.`
    const counter = new Counter({
      ...{ name: `firth_${name}_total`, help, labelNames, registers: [registry] },
    })
    for (const { labels, value } of rows) counter.inc({ ...labels }, value)
  }
}

interface GaugeContext extends MetricsContext {
  readonly engine: Engine
  letters(): Promise<Readonly<Record<string, number>>>
}

type Labels = Readonly<Record<string, string>>

/** What cannot be read at the moment is left out, and a gauge says so. */
async function addGauges(registry: Registry, context: GaugeContext): Promise<void> {
  const gauges = new Map<GaugeName, Gauge>()
  const set = (name: GaugeName, labels: Labels, value: number) => {
    let gauge = gauges.get(name)
    if (gauge === undefined) {
      const labelNames = Object.keys(labels)
      gauge = new Gauge({ ...GAUGES[name], labelNames, registers: [registry] })
      gauges.set(name, gauge)
    }
    gauge.set({ ...labels }, value)
  }
  for (const [part, add] of Object.entries({ standing, traffic, records, ledger, dead })) {
    try {
      await add(context, set)
      set('unreadable', { part }, 0)
    } catch (cause) {
      if (failureOf(cause) === undefined) throw cause
      set('unreadable', { part }, 1)
    }
  }
}

type SetGauge = (name: GaugeName, labels: Labels, value: number) => void

function standing({ engine, data, disk }: GaugeContext, set: SetGauge): void {
  const { log, store, alerts, started_at_ms } = engine
  set('started', {}, started_at_ms / 1_000)
  set('log_trouble', {}, log.trouble === undefined ? 0 : 1)
  set('store_trouble', {}, store.trouble === undefined ? 0 : 1)
  set('log_waiting', {}, log.waiting_bytes)
  set('disk_free', {}, disk.freeBytes(data))
  for (const { alert, tenant, name } of alerts.standing) set('alert', { alert, tenant, name }, 1)
}

function traffic({ engine, clock }: GaugeContext, set: SetGauge): void {
  for (const { plan, source } of engine.channels) {
    const labels = { tenant: plan.tenant, channel: plan.channel }
    const feeds = source.feeds()
    set(
      'connections',
      labels,
      feeds.reduce((sum, feed) => sum + feed.connections, 0),
    )
    const last_ms = Math.max(...feeds.flatMap(({ last_at_ms }) => last_at_ms ?? []))
    if (Number.isFinite(last_ms)) set('last_message', labels, last_ms / 1_000)
  }
  for (const [key, { breaker, paused }] of engine.deliveries) {
    const [tenant = '', target = ''] = key.split('.')
    const { state, since_ms } = breaker
    set('breaker', { tenant, target }, { closed: 0, half_open: 1, open: 2 }[state])
    set('paused', { tenant, target }, paused === undefined ? 0 : 1)
    const down_ms = since_ms === undefined ? 0 : clock.now() - since_ms
    set('target_down', { tenant, target }, Math.max(0, down_ms) / 1_000)
  }
}

async function records({ engine, clock }: GaugeContext, set: SetGauge): Promise<void> {
  for (const { topic, first_offset, next_offset, bytes } of await engine.log.partitions()) {
    set('topic_records', { topic }, next_offset - first_offset)
    set('topic_bytes', { topic }, bytes)
  }
  for (const { group, topic, waiting, since_ms } of await groupLines(engine.log, engine.units)) {
    set('waiting', { group, topic }, waiting)
    const waited_ms = since_ms === undefined ? 0 : clock.now() - since_ms
    set('waiting_seconds', { group, topic }, Math.max(0, waited_ms) / 1_000)
  }
  const { behind } = await engine.search.progress()
  set('search_behind', {}, behind)
}

async function ledger({ engine, clock }: GaugeContext, set: SetGauge): Promise<void> {
  for (const { tenant, target, state, count, since_ms } of await engine.store.counts()) {
    set('writes', { tenant, target, state }, count)
    set('writes_oldest', { tenant, target, state }, Math.max(0, clock.now() - since_ms) / 1_000)
  }
}

async function dead({ letters }: GaugeContext, set: SetGauge): Promise<void> {
  for (const [tenant, count] of Object.entries(await letters())) set('dead', { tenant }, count)
}
