// What lies between channels and their tenant's targets: environments that must agree, policies
// that must be there, writes that could never go out, and names that nobody uses.
import { isKeyed, type Tables } from '../declare/room.ts'
import type { ChannelFile, TargetEntry } from '../declare/schema_documents.ts'
import type { Path } from '../declare/schema_path.ts'
import { usualEnvironment } from '../declare/schema_tenant.ts'
import { resourceTypes } from '../model/fhir_types.ts'
import type { Operation } from '../model/intent.ts'
import { approvals, type ConfigFinding, type Policy } from '../model/plan.ts'
import { approvalOf, riskOf } from '../model/risk.ts'
import { producedKinds } from './conditions.ts'
import { finding, type Remark } from './finding.ts'
import { type Documents, tenantFileOf } from './references.ts'
import {
  type ChannelDocument,
  chosen,
  meantName,
  soundRoutes,
  type TenantDocument,
  tenantOf,
} from './rules.ts'

/** `made`: resource types that the base mappings make; empty where that is not known. */
export function targetRules(
  documents: Documents,
  tables: Tables,
  made: readonly string[],
): readonly ConfigFinding[] {
  return [
    ...documents.channels.flatMap(channel =>
      linksOf(channel, documents).flatMap(one => linkRules(one, tables, made)),
    ),
    ...documents.tenants.flatMap(one => [...policyRules(one), ...unknownRules(one, tables)]),
  ]
}

/** A route with the target that it leads to. */
interface Link {
  readonly channel: ChannelDocument
  readonly tenant: TenantDocument
  readonly route: ChannelFile['routes'][number]
  /** Of the route. */
  readonly path: Path
  readonly target: TargetEntry
}

function linksOf(channel: ChannelDocument, documents: Documents): readonly Link[] {
  const tenant = tenantFileOf(tenantOf(channel), documents)
  if (tenant === undefined) return []
  return soundRoutes(channel).flatMap(({ route, path }) => {
    if (!tenant.sound(['targets', route.to])) return []
    const target = tenant.value.targets[route.to]
    return target === undefined ? [] : [{ channel, tenant, route, path, target }]
  })
}

function linkRules(link: Link, tables: Tables, made: readonly string[]): readonly ConfigFinding[] {
  const { channel, path } = link
  const told = (key: string, remark: Remark | undefined) =>
    remark === undefined ? [] : [finding(channel.locate([...path, ...key.split('.')]), remark)]
  return [
    ...told('to', environmentsDiffer(link)),
    ...told(
      'write.resource',
      notWhole(link, tables) ??
        noResource(link, tables) ??
        neverMade(link, tables, made) ??
        undeclared(link, tables),
    ),
    ...told('write.approval', tooFewApprovers(link, tables)),
    ...told('to', policyDenies(link, tables)),
  ]
}

function environmentsDiffer({ channel, tenant, route, target }: Link): Remark | undefined {
  const of = tenant.value.environment ?? usualEnvironment
  const here = channel.value.environment ?? of
  const there = target.environment ?? of
  if (here === there) return undefined
  return {
    rule: 'environment_differs',
    what: `The channel is for ${here} and the target ${route.to} for ${there}.`,
    remedy:
      'Name a target of the same environment; `environment` stands in the channel, the target, or tenant.yaml.',
  }
}

function noResource({ route, target }: Link, { adapters }: Tables): Remark | undefined {
  const type = route.write?.resource
  if (type === undefined || resourceTypes.has(type)) return undefined
  if (type === WHOLE && takesWhole(target, adapters)) return undefined
  const remedy = meantName(type, [...resourceTypes])
  return { rule: 'resource_unknown', what: `FHIR R4 has no resource ${type}.`, remedy }
}

/** A target of whole events is written nothing else: a route can only ask for people. */
function notWhole({ route, target }: Link, { adapters }: Tables): Remark | undefined {
  const type = route.write?.resource
  if (type === undefined || !resourceTypes.has(type) || !takesWhole(target, adapters)) {
    return undefined
  }
  return {
    rule: 'write_of_whole_event',
    what: `The target ${route.to} takes whole events, so a write of ${type} would never go out.`,
    remedy: 'Leave `write` out, or write `resource: Bundle` to ask for an approval.',
  }
}

const WHOLE = 'Bundle'

function takesWhole(target: TargetEntry, adapters: Tables['adapters']): boolean {
  const [kind = '', config = {}] = chosen(target, adapters) ?? []
  return (adapters[kind]?.takes?.(config) ?? 'resource') !== 'resource'
}

function neverMade(
  { route, channel, target }: Link,
  tables: Tables,
  made: readonly string[],
): Remark | undefined {
  const type = route.write?.resource
  if (type === WHOLE && takesWhole(target, tables.adapters)) return undefined
  const own = channel.value.transform !== 'base'
  if (type === undefined || made.length === 0 || made.includes(type)) return undefined
  return {
    rule: 'resource_never_made',
    ...(own ? { severity: 'warning' } : {}),
    what: `The base mappings make no ${type}, so the route ${route.name} would write nothing.`,
    remedy: `${meantName(type, made)} firth explain steps lists what they make.`,
  }
}

/** What the adapter's profile does not declare is denied before it is sent, every time. */
function undeclared({ route, target }: Link, { adapters }: Tables): Remark | undefined {
  const { write } = route
  const [kind = ''] = chosen(target, adapters) ?? []
  const profile = adapters[kind]?.profile
  if (write === undefined || profile === undefined) return undefined
  const rows = profile.filter(row => row.resource === write.resource)
  const may = rows.flatMap(row => row.operations)
  if (write.operation === undefined ? may.length > 0 : may.includes(write.operation))
    return undefined
  const what =
    may.length === 0
      ? `The adapter ${kind} does not write ${write.resource}, so each would be denied.`
      : `The adapter ${kind} does not ${write.operation} ${write.resource}, so each would be denied.`
  const known = may.length === 0 ? profile.map(row => row.resource) : may
  return { rule: 'write_undeclared', what, remedy: `It can: ${[...new Set(known)].join(', ')}.` }
}

/** What the policy asks, at least and at most, for what the route may write. */
function asked(
  { channel, route, tenant, target }: Link,
  { adapters }: Tables,
): readonly (number | undefined)[] {
  const policy = policyOf(tenant, target)
  const type = takesWhole(target, adapters) ? WHOLE : route.write?.resource
  if (policy === undefined || type === undefined) return []
  if (type !== WHOLE && !resourceTypes.has(type)) return []
  const wanted = route.write?.operation
  const tried: readonly Operation[] = wanted === undefined ? ['create', 'update'] : [wanted]
  const classes = producedKinds(channel).flatMap(event_kind =>
    tried.flatMap(operation =>
      [{}, { status: 'preliminary' }].map(status =>
        riskOf({
          operation,
          event_kind,
          resource_type: type,
          resource: { resourceType: type, id: 'x', ...status },
        }),
      ),
    ),
  )
  return [...new Set(classes)].map(risk => {
    const approval = risk === undefined ? undefined : approvalOf(policy, risk)
    return approval === undefined ? undefined : approvals.indexOf(approval)
  })
}

function policyOf(tenant: TenantDocument, target: TargetEntry): Policy | undefined {
  const { policy } = target
  return policy === undefined ? undefined : tenant.value.policies?.[policy]
}

function tooFewApprovers(link: Link, tables: Tables): Remark | undefined {
  const approval = link.route.write?.approval
  if (approval === undefined) return undefined
  const least = Math.min(...asked(link, tables).map(count => count ?? 0))
  if (!Number.isFinite(least) || approvals.indexOf(approval) >= least) return undefined
  return {
    rule: 'approval_below_policy',
    what: `The policy ${link.target.policy} asks for ${approvals[least]} here.`,
    remedy: 'A route may ask for more than the policy, never for less: raise it or leave it out.',
  }
}

function policyDenies(link: Link, tables: Tables): Remark | undefined {
  const counts = asked(link, tables)
  if (counts.length === 0 || counts.some(count => count !== undefined)) return undefined
  const { policy } = link.target
  return {
    rule: 'policy_denies',
    what: `The policy ${policy} does not name the class of ${link.route.write?.resource ?? 'whole events'}, so each would be denied.`,
    remedy: `Name the class, or \`other\`, in the policy ${policy}. firth explain policies lists the classes.`,
  }
}

function policyRules(tenant: TenantDocument): readonly ConfigFinding[] {
  const names = Object.keys(tenant.value.policies ?? {})
  return targetsOf(tenant).flatMap(([name, { policy }]) => {
    const path = ['targets', name, 'policy']
    if (policy === undefined || names.includes(policy) || !tenant.sound(path)) return []
    const what = `There is no policy ${policy}.`
    const remedy = `${meantName(policy, names)} Policies are declared under \`policies\`.`.trim()
    return [finding(tenant.locate(path), { rule: 'unknown_policy', what, remedy })]
  })
}

/** Sending the same again is safe only where the far end knows the id again. */
function unknownRules(tenant: TenantDocument, { adapters }: Tables): readonly ConfigFinding[] {
  return targetsOf(tenant).flatMap(([name, entry]) => {
    const path = ['targets', name, 'on_unknown']
    const remark = tenant.sound(path) ? unknownRemark(entry, adapters) : undefined
    return remark === undefined ? [] : [finding(tenant.locate(path), remark)]
  })
}

function unknownRemark(entry: TargetEntry, adapters: Tables['adapters']): Remark | undefined {
  const [kind = '', config = {}] = chosen(entry, adapters) ?? []
  const room = adapters[kind]
  if (room === undefined) return undefined
  if (entry.on_unknown === 'resend_same_id' && !isKeyed(room, config)) {
    const what = `The adapter ${kind} gives the far end no id by which it knows a call again.`
    const remedy = 'Write `on_unknown: verify`, or `hold` to let a person decide.'
    return { rule: 'resend_unsafe', what, remedy }
  }
  if (entry.on_unknown !== 'verify' || room.proof?.(config) !== 'answer') return undefined
  const what = `What the adapter ${kind} has sent cannot be read back as it is configured here.`
  const remedy = 'Write `on_unknown: resend_same_id`, or `hold` to let a person decide.'
  return { rule: 'verify_impossible', what, remedy }
}

/** Told only of a project without errors: what cannot be read may well use it. */
export function unusedNames(documents: Documents): readonly ConfigFinding[] {
  return documents.tenants.flatMap(tenant => unused(tenant, documents))
}

function unused(tenant: TenantDocument, documents: Documents): readonly ConfigFinding[] {
  const own = documents.channels.filter(one => tenantOf(one) === tenantOf(tenant))
  const to = new Set(own.flatMap(one => soundRoutes(one).map(({ route }) => route.to)))
  const policies = new Set(targetsOf(tenant).map(([, { policy }]) => policy))
  const told = (path: Path, what: string) =>
    finding(tenant.locate(path, 'key'), {
      rule: 'unused',
      severity: 'warning',
      what,
      remedy: 'Remove it, or name it where it is wanted.',
    })
  return [
    ...Object.keys(tenant.value.targets ?? {})
      .filter(name => !to.has(name))
      .map(name => told(['targets', name], `No route leads to the target ${name}.`)),
    ...Object.keys(tenant.value.policies ?? {})
      .filter(name => !policies.has(name))
      .map(name => told(['policies', name], `No target names the policy ${name}.`)),
  ]
}

function targetsOf(tenant: TenantDocument): readonly (readonly [string, TargetEntry])[] {
  if (!tenant.readable || typeof tenant.value.targets !== 'object') return []
  return Object.entries(tenant.value.targets ?? {}).filter(([name]) =>
    tenant.sound(['targets', name]),
  )
}
