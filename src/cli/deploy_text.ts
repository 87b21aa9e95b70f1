// What became of a deployment, in words for people: shared by firth deploy and firth run.
import { formatFinding } from '../channel/finding.ts'
import type { Activation } from '../model/activation.ts'
import { catalogue } from '../model/errors.ts'
import type { DeployReport, TenantReport } from '../operate/deploy.ts'
import type { Difference } from '../operate/start.ts'
import { inkOf, plain, table } from './terminal.ts'

const CHANGES_SHOWN_MAX = 12

/** Findings and failed tests: why nothing was deployed. */
export function faultsText(
  { findings, failures }: Pick<DeployReport, 'findings' | 'failures'>,
  colours: boolean,
): string {
  const ink = inkOf(colours)
  const failed = failures.map(({ of, name, file, line, mismatches }) => {
    const rows = mismatches.map(one => {
      const { what, expected, actual } = one
      return `    ${file}:${one.line} ${what}: expected ${plain(expected)}, was ${plain(actual)}\n`
    })
    return `${ink.red('failed')} ${of}: ${name} (${file}:${line})\n${rows.join('')}`
  })
  return [...findings.map(one => formatFinding(one, colours)), ...failed].join('')
}

export function reportText(report: DeployReport, colours: boolean): string {
  const ink = inkOf(colours)
  const lines = report.tenants.map(one => `${tenantLine(one, colours)}\n`)
  if (!report.ok && report.tenants.length === 0)
    lines.push(`${ink.red('Nothing was deployed.')} What runs was not touched.\n`)
  for (const tenant of report.left) {
    lines.push(`${tenant} runs on, although the project no longer has it. Take it off: --remove\n`)
  }
  return faultsText(report, colours) + lines.join('')
}

const OUTCOMES: Readonly<Record<TenantReport['outcome'], string>> = {
  unchanged: 'runs this already',
  live: 'is live',
  next: 'runs from the next start on',
  ready: 'would go live (dry run, nothing was done)',
  refused: 'was refused; what ran runs on',
  held: 'waits a moment, for its files may still be being saved',
}

function tenantLine(one: TenantReport, colours: boolean): string {
  const ink = inkOf(colours)
  const { tenant, deployment, before, outcome, changes, lost, tests, code, facts } = one
  const paint = outcome === 'refused' ? ink.red : outcome === 'unchanged' ? ink.dim : ink.green
  const what = deployment === '' ? 'taken off' : deployment
  const parts = [
    before !== undefined && before !== '' && before !== deployment ? `before: ${before}` : '',
    tests === 'skipped' && outcome !== 'unchanged' ? 'tests skipped' : '',
    outcome === 'unchanged' ? '' : changesText(changes),
  ].filter(part => part !== '')
  const more = parts.length === 0 ? '' : ` (${parts.join('; ')})`
  const gone = lost.map(one => `\n  ${ink.yellow('no longer there:')} ${one}`).join('')
  const head = `${ink.bold(tenant)} ${what} ${paint(OUTCOMES[outcome])}${more}${gone}`
  if (code === undefined) return head
  const why = Object.entries(facts ?? {}).map(([name, fact]) => `${name}: ${String(fact)}`)
  const { message, hint } = catalogue[code]
  return `${head}\n  ${code}: ${message}${why.length === 0 ? '' : ` (${why.join(', ')})`}\n  ${hint}`
}

export function changesText(changes: readonly string[]): string {
  const shown = changes.slice(0, CHANGES_SHOWN_MAX).join(' ')
  const rest = changes.length - CHANGES_SHOWN_MAX
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

/** The newest first, as a table; a star stands where a tenant's current one is. */
export function activationsText(activations: readonly Activation[]): string {
  const seen = new Set<string>()
  const rows = activations.map(one => {
    const current = !seen.has(one.tenant)
    seen.add(one.tenant)
    return [
      current ? '*' : '',
      new Date(one.at_ms).toISOString(),
      one.tenant,
      one.deployment === '' ? 'taken off' : one.deployment,
      one.how,
      one.tests,
      one.by,
      changesText(one.changes),
    ]
  })
  return table(['', 'when', 'tenant', 'deployment', 'how', 'tests', 'by', 'what changed'], rows)
}

/** Said at a start where the folder is not what runs. */
export function differenceText({ tenant, runs, changes }: Difference): string {
  if (runs === undefined) return `${tenant} is not deployed: it did not pass, see above.\n`
  const since = new Date(runs.at_ms).toISOString()
  const what = runs.deployment === '' ? 'is taken off' : `runs deployment ${runs.deployment}`
  const how =
    changes === undefined
      ? 'the project no longer has it. Take it off: firth deploy --remove'
      : `the folder differs (${changesText(changes)}). Compare: firth diff. Bring it live: firth deploy`
  return `${tenant} ${what} of ${since}; ${how}\n`
}
