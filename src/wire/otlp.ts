// Spans to a collector by OTLP over HTTP (OpenTelemetry). The one file that knows the library: the
// path tells of passages in its own words. Authentication comes from the library's variables
// (OTEL_EXPORTER_OTLP_HEADERS).
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'

export interface Span {
  /** 32 hexadecimal digits. */
  readonly trace_id: string
  /** 16 of them. */
  readonly span_id: string
  /** Undefined: it is the first of its trace. */
  readonly parent_id: string | undefined
  readonly name: string
  readonly kind: 'consumer' | 'internal' | 'client'
  /** Milliseconds since 1970. */
  readonly began_ms: number
  readonly ended_ms: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** A span of another trace that the same work was done in. */
  readonly link: { readonly trace_id: string; readonly span_id: string } | undefined
}

export interface Otlp {
  /** Whether the collector has taken them; never rejects. */
  send(spans: readonly Span[]): Promise<boolean>
  close(): Promise<void>
}

const KINDS = {
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
} as const

export function openOtlp(url: string, { version }: { readonly version: string }): Otlp {
  const exporter = new OTLPTraceExporter({ url, concurrencyLimit: 1, timeoutMillis: 5_000 })
  const common = {
    resource: resourceFromAttributes({ 'service.name': 'firth', 'service.version': version }),
    instrumentationScope: { name: 'firth', version },
  }
  return {
    send: spans =>
      new Promise(resolve => {
        const readable = spans.map(span => ({ ...readableOf(span), ...common }))
        exporter.export(readable, ({ code }) => resolve(code === 0))
      }),
    close: () => exporter.shutdown(),
  }
}

const timeOf = (ms: number): [number, number] => [
  Math.floor(ms / 1_000),
  Math.round((ms % 1_000) * 1e6),
]

const contextOf = ({ trace_id, span_id }: Pick<Span, 'trace_id' | 'span_id'>) => ({
  traceId: trace_id,
  spanId: span_id,
  traceFlags: TraceFlags.SAMPLED,
})

function readableOf(span: Span): Omit<ReadableSpan, 'resource' | 'instrumentationScope'> {
  const { trace_id, parent_id, link } = span
  const context = contextOf(span)
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(parent_id === undefined
      ? {}
      : { parentSpanContext: contextOf({ trace_id, span_id: parent_id }) }),
    startTime: timeOf(span.began_ms),
    endTime: timeOf(span.ended_ms),
    duration: timeOf(Math.max(0, span.ended_ms - span.began_ms)),
    status: { code: SpanStatusCode.UNSET },
    attributes: { ...span.attributes },
    links: link === undefined ? [] : [{ context: contextOf(link) }],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
