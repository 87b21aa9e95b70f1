// Checked files → the Plan that runs. Called only when no finding is an error, so everything
// referred to is there; what it returns is frozen.
import { join } from 'node:path'
import { type AnyAdapter, isKeyed, type Table, type Tables } from '../declare/room.ts'
import type { ChannelFile, EngineFile } from '../declare/schema_documents.ts'
import { usualEnvironment } from '../declare/schema_tenant.ts'
import { present } from '../kit/assert.ts'
import { listFolder } from '../kit/files.ts'
import { parseDuration, parseRange, parseRate } from '../kit/written.ts'
import type {
  ChannelPlan,
  EnginePlan,
  Environment,
  OnFailure,
  Plan,
  RoutePlan,
  TargetPlan,
  TenantPlan,
} from '../model/plan.ts'
import { conditionOf } from './conditions.ts'
import {
  type Content,
  deploymentHash,
  engineContents,
  folderContents,
  isCase,
} from './deployment.ts'
import { type Documents, modulePath, type Roots, tenantFileOf } from './references.ts'
import { type ChannelDocument, chosen, type TenantDocument, tenantOf } from './rules.ts'

export interface PlanInput {
  readonly documents: Documents
  readonly settings: EngineFile
  /** Project-relative file → sha256, for the deployment's hash. */
  readonly contents: ReadonlyMap<string, string>
  readonly roots: Roots
}

export async function makePlan(input: PlanInput, tables: Tables): Promise<Plan> {
  const { documents, settings, roots } = input
  const names = new Set(
    documents.channels.map(one => present(tenantOf(one), 'tenant of a channel')),
  )
  const engine = await engineContents(roots.engine)
  const tenants = [...names].sort().map(name => tenantPlan(name, { ...input, engine }, tables))
  return freeze({
    project: roots.project,
    tenants: await Promise.all(tenants),
    engine: enginePlan(settings, tables),
  })
}

async function tenantPlan(
  tenant: string,
  input: PlanInput & { readonly engine: readonly Content[] },
  tables: Tables,
): Promise<TenantPlan> {
  const { documents, roots } = input
  const file = tenantFileOf(tenant, documents)
  const environment = file?.value.environment ?? usualEnvironment
  const channels = documents.channels.filter(one => tenantOf(one) === tenant)
  const folder = `transforms/${tenant}`
  const own = (await listFolder(join(roots.project, folder))) !== undefined
  const configured = [...channels, ...(file ? [file] : [])].map(
    one => [one.file, present(input.contents.get(one.file), 'content of a file')] as const,
  )
  const modules = own ? await folderContents(roots.project, folder) : []
  const contents = [...configured, ...modules.filter(([path]) => !isCase(path))]
  return {
    tenant,
    name: file?.value.name ?? tenant,
    environment,
    time_zone: file?.value.time_zone,
    assigning_authorities: file?.value.assigning_authorities ?? {},
    targets: file === undefined ? [] : targetPlans(file, environment, tables),
    channels: channels.map(one => channelPlan(one, { roots, environment }, tables)),
    deployment: deploymentHash(input.engine, contents),
    contents,
    transforms: own ? join(roots.project, folder) : undefined,
  }
}

function channelPlan(
  document: ChannelDocument,
  { roots, environment }: { roots: Roots; environment: Environment },
  tables: Tables,
): ChannelPlan {
  const { file, value } = document
  const { transform } = value
  return {
    tenant: value.tenant,
    channel: value.channel,
    about: value.about ?? '',
    file,
    source: chosenPlan(value.source, tables.sources),
    environment: value.environment ?? environment,
    charset: value.charset,
    accept: value.accept && {
      messages: value.accept.messages,
      when: conditionOf(value.accept.when, 'message'),
    },
    transform:
      transform === undefined
        ? undefined
        : { name: transform, module: modulePath(transform, roots) },
    match: value.match,
    routes: value.routes.map(route => routePlan(route, value.on_failure)),
    on_failure: failurePlan(value.on_failure),
  }
}

type Failing = ChannelFile['on_failure']
type RouteEntry = ChannelFile['routes'][number]

function routePlan(route: RouteEntry, usual: Failing): RoutePlan {
  const { name, to, when, write } = route
  const { retry, ...own } = route.on_failure ?? {}
  return {
    name,
    to,
    when: conditionOf(when, 'event'),
    write: write && {
      resource: write.resource,
      operation: write.operation,
      approval: write.approval,
    },
    on_failure: failurePlan({ ...usual, ...own, retry: { ...usual.retry, ...retry } }),
  }
}

function failurePlan({ retry, order, on_dead }: Failing): OnFailure {
  const { ms_min, ms_max } = present(parseRange(retry.backoff), 'a checked backoff')
  const for_ms = present(parseDuration(retry.for), 'a checked time')
  return { retry: { wait_ms_min: ms_min, wait_ms_max: ms_max, for_ms }, order, on_dead }
}

function targetPlans(
  { value }: TenantDocument,
  environment: Environment,
  tables: Tables,
): readonly TargetPlan[] {
  return Object.entries(value.targets).map(([name, entry]) => {
    const { kind, config } = chosenPlan(entry, tables.adapters)
    const { rate, in_flight } = entry.limits
    return {
      name,
      adapter: kind,
      config,
      environment: entry.environment ?? environment,
      takes: tables.adapters[kind]?.takes?.(config) ?? 'resource',
      in_flight_max: in_flight,
      rate_per_second: rate === undefined ? undefined : present(parseRate(rate), 'a checked rate'),
      on_unknown: entry.on_unknown ?? usualOnUnknown(tables.adapters[kind], config),
      policy:
        entry.policy === undefined
          ? undefined
          : present(value.policies[entry.policy], 'a checked policy'),
    }
  })
}

/** The surest of what its adapter can do. */
function usualOnUnknown(
  room: AnyAdapter | undefined,
  config: TargetPlan['config'],
): TargetPlan['on_unknown'] {
  if (room?.proof?.(config) !== 'answer') return 'verify'
  return isKeyed(room, config) ? 'resend_same_id' : 'hold'
}

export function enginePlan(file: EngineFile, tables: Tables): EnginePlan {
  const { log, store, limits, keep, operate } = file
  return {
    log: chosenPlan(log, tables.logs),
    store: chosenPlan(store, tables.stores),
    limits,
    keep,
    operate,
  }
}

function chosenPlan(entry: object, table: Table<unknown>) {
  const [kind, config] = present(chosen(entry, table), 'the kind of a checked file')
  return { kind, config }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}
