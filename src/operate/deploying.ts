// Deploying as commands ask for it, at a running engine or on the files of one that stands still:
// one at a time, so that each is judged against what really runs.
import { ACTIVATIONS_SHOWN_MAX, type Activation } from '../model/activation.ts'
import { Failure } from '../model/errors.ts'
import {
  type DeployContext,
  type DeployReport,
  type DeployRequest,
  deploy,
  type RollbackRequest,
  rollback,
} from './deploy.ts'

export interface Deploying {
  deploy(request: DeployRequest): Promise<DeployReport>
  rollback(request: RollbackRequest): Promise<DeployReport>
  /** The newest first. */
  list(of: { readonly tenant?: string | undefined }): Promise<readonly Activation[]>
}

/** `done` is told of each report before it is answered. */
export function openDeploying(
  context: DeployContext,
  done: (report: DeployReport) => void = () => {},
): Deploying {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<DeployReport>): Promise<DeployReport> => {
    const report = last.then(async () => {
      const made = await work()
      done(made)
      return made
    })
    last = report.catch(() => {
      // Whoever asked for it is told; the next one does not depend on it.
    })
    return report
  }
  return {
    deploy: request => inTurn(() => deploy(request, context)),
    rollback: request => inTurn(() => rollback(request, context)),
    list: ({ tenant }) => context.desk.activations({ tenant, limit: ACTIVATIONS_SHOWN_MAX }),
  }
}

type Texts = Readonly<Record<string, string>>

/** A request as it crosses the control socket, where everything is text. */
export function askedOf(
  request: ({ do: 'deploy' } & Partial<DeployRequest>) | ({ do: 'rollback' } & RollbackRequest),
): Texts {
  const entries = Object.entries(request).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

/** The other way round. Rejects with `command_unknown` for what it does not know. */
export async function answerDeploying(deploying: Deploying, asked: Texts): Promise<unknown> {
  const { tenant, by = '', project = '', to } = asked
  const flag = (name: string) => asked[name] === 'true'
  switch (asked.do) {
    case 'list':
      return deploying.list({ tenant })
    case 'rollback':
      return deploying.rollback({ tenant, to, by })
    case 'deploy':
      return deploying.deploy({
        project,
        tenant,
        by,
        how: 'deploy',
        skip_tests: flag('skip_tests'),
        dry_run: flag('dry_run'),
        remove: flag('remove'),
      })
    default:
      throw new Failure('command_unknown', { command: `deploy ${asked.do ?? ''}` })
  }
}
