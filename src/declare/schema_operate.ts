// `operate` of firth.yaml: how an engine shows itself to those who watch it. Nothing listens and
// nothing is sent until it is named; the alerts are always judged, for `firth status`.
import { usualAlerts } from '../model/plan.ts'
import { group, integer, text } from './field.ts'

const alerts = group(
  {
    silent_feed_ms: integer({
      doc: 'A sender that sent before is silent for longer than this, in milliseconds.',
      default: usualAlerts.silent_feed_ms,
      minimum: 1_000,
    }),
    oldest_waiting_ms: integer({
      doc: 'A record waits to be read by the next station for longer than this, in milliseconds.',
      default: usualAlerts.oldest_waiting_ms,
      minimum: 1_000,
    }),
    target_down_ms: integer({
      doc: 'A target is not served because of its own fault for longer than this, in milliseconds.',
      default: usualAlerts.target_down_ms,
      minimum: 1_000,
    }),
    ledger_stuck_ms: integer({
      doc: 'Writes of a served target stand in one place for longer than this, in milliseconds.',
      default: usualAlerts.ledger_stuck_ms,
      minimum: 1_000,
    }),
    error_percent: integer({
      doc: 'More than this share of ten minutes is refused or dead, in percent of a channel.',
      default: usualAlerts.error_percent,
      minimum: 1,
      maximum: 100,
    }),
  },
  { doc: 'When an operator is told: once as it begins and once as it is over.' },
)

export const operateField = group(
  {
    http: group(
      {
        host: text({
          doc: 'Address to listen on. Whoever reaches it sees names of tenants and counts, no patient.',
          default: '127.0.0.1',
        }),
        port: integer({
          doc: 'TCP port to listen on.',
          default: 9090,
          minimum: 1,
          maximum: 65_535,
        }),
      },
      {
        doc: 'Serves /metrics (Prometheus), /healthz and /readyz. Left out: nothing listens.',
        optional: true,
      },
    ),
    traces: group(
      {
        otlp_url: text({
          doc: 'Where spans go, by OTLP over HTTP, with the path.',
          pattern: '^https?://',
          example: 'http://127.0.0.1:4318/v1/traces',
        }),
        sample_percent: integer({
          doc: 'How many of a hundred messages are traced, chosen at random as they come in.',
          default: 10,
          minimum: 1,
          maximum: 100,
        }),
      },
      {
        doc: 'Sends a trace of messages across the stations. Left out: none is sent.',
        optional: true,
      },
    ),
    alerts,
  },
  { doc: 'How the engine shows itself to those who watch it.' },
)
