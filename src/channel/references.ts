// Rules across the files of a project: names used twice, addresses taken twice, targets, time zones
// and modules that are referred to and must be there.
import { join } from 'node:path'
import type { Tables } from '../declare/room.ts'
import { isFile, listFolder } from '../kit/files.ts'
import { nearest } from '../kit/nearest.ts'
import type { ConfigFinding } from '../model/plan.ts'
import type { Checked } from './check.ts'
import { finding, type Remark } from './finding.ts'
import {
  type ChannelDocument,
  chosen,
  meantName,
  soundRoutes,
  type TenantDocument,
  tenantOf,
} from './rules.ts'

export interface Documents {
  readonly channels: readonly ChannelDocument[]
  readonly tenants: readonly TenantDocument[]
}

/** Where a mapping's module lies; `base` comes with the engine. */
export function modulePath(transform: string, roots: Roots): string {
  return transform === 'base'
    ? join(roots.engine, 'transforms/base/index.ts')
    : join(roots.project, 'transforms', `${transform}.ts`)
}

export interface Roots {
  /** Absolute: the folder with channels/. */
  readonly project: string
  /** Absolute: where this engine's own files lie. */
  readonly engine: string
}

export const tenantFileOf = (tenant: string | undefined, documents: Documents) =>
  documents.tenants.find(document => tenantOf(document) === tenant)

export async function referenceRules(
  documents: Documents,
  tables: Tables,
  roots: Roots,
): Promise<readonly ConfigFinding[]> {
  return [
    ...duplicateChannels(documents),
    ...duplicateTenants(documents),
    ...addressClashes(documents.channels, tables),
    ...documents.channels.flatMap(channel => targetReferences(channel, documents)),
    ...documents.channels.flatMap(channel => timeZoneNeeded(channel, documents)),
    ...(await Promise.all(documents.channels.map(one => moduleMissing(one, roots)))).flat(),
    ...clearSecrets(documents),
  ]
}

function duplicateChannels({ channels }: Documents): readonly ConfigFinding[] {
  return repeats(channels, one =>
    one.sound(['channel']) ? [tenantOf(one), one.value.channel] : [],
  ).map(([again, before]) => {
    const what = `The tenant has a channel of this name already, in ${before.file}.`
    const remark = { rule: 'duplicate_channel', what, remedy: 'Rename or remove one of them.' }
    return finding(again.locate(['channel']), remark)
  })
}

function duplicateTenants({ tenants }: Documents): readonly ConfigFinding[] {
  return repeats(tenants, one => [tenantOf(one)]).map(([again, before]) => {
    const what = `The tenant is described in ${before.file} already.`
    const remark = { rule: 'duplicate_tenant', what, remedy: 'Keep one of the two files.' }
    return finding(again.locate(['tenant']), remark)
  })
}

/**
 * Each document whose key an earlier one has too, with that one; without a key it is left alone.
 */
function repeats<D>(documents: readonly D[], keyOf: (document: D) => readonly unknown[]): [D, D][] {
  const seen = new Map<string, D>()
  return documents.flatMap(document => {
    const parts = keyOf(document)
    const key = JSON.stringify(parts)
    const before = seen.get(key)
    if (before !== undefined) return [[document, before]]
    if (parts.length > 0 && !parts.includes(undefined)) seen.set(key, document)
    return []
  })
}

interface Address {
  readonly host: string
  readonly port: number
}

function addressClashes(
  channels: readonly ChannelDocument[],
  { sources }: Tables,
): readonly ConfigFinding[] {
  const taken: { address: Address; file: string }[] = []
  const findings: ConfigFinding[] = []
  for (const channel of channels) {
    const [kind, config] =
      (channel.sound(['source']) && chosen(channel.value.source, sources)) || []
    if (kind === undefined || config === undefined) continue
    for (const address of sources[kind]?.addresses(config) ?? []) {
      const other = taken.find(one => overlap(one.address, address))
      taken.push({ address, file: channel.file })
      if (other === undefined) continue
      const what = `Port ${address.port} is taken by ${other.file} (${other.address.host}) already.`
      const remark = {
        rule: 'address_clash',
        what,
        remedy: 'Give each listener a port of its own.',
      }
      findings.push(finding(channel.locate(['source', kind, 'port']), remark))
    }
  }
  return findings
}

/** Port 0 is any free one. `::` takes IPv4 too, `0.0.0.0` takes every IPv4 address. */
function overlap(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false
  const hosts = [a.host, b.host].map(host => (host === 'localhost' ? '127.0.0.1' : host))
  if (hosts[0] === hosts[1] || hosts.includes('::') || hosts.includes('')) return true
  return hosts.includes('0.0.0.0') && !hosts.some(host => host.includes(':'))
}

function targetReferences(
  channel: ChannelDocument,
  documents: Documents,
): readonly ConfigFinding[] {
  const tenant = tenantOf(channel)
  const settings = tenantFileOf(tenant, documents)
  if (settings?.readable === false) return []
  const names = Object.keys(settings?.value.targets ?? {})
  const where = settings?.file ?? `channels/${tenant}/tenant.yaml`
  return soundRoutes(channel)
    .filter(({ route }) => !names.includes(route.to))
    .map(({ route, path }) => {
      const what = `There is no target ${route.to}.`
      const remedy = `${meantName(route.to, names)} Targets are declared in ${where}.`.trim()
      return finding(channel.locate([...path, 'to']), { rule: 'unknown_target', what, remedy })
    })
}

function timeZoneNeeded(channel: ChannelDocument, documents: Documents): readonly ConfigFinding[] {
  if (!channel.sound(['transform'])) return []
  const tenant = tenantOf(channel)
  const settings = tenantFileOf(tenant, documents)
  if (settings?.readable === false || settings?.value.time_zone !== undefined) return []
  const where = settings?.file ?? `channels/${tenant}/tenant.yaml`
  return [
    finding(channel.locate(['transform']), {
      rule: 'time_zone_missing',
      what: 'A channel that transforms needs the time zone of its tenant.',
      remedy: `Add time_zone to ${where}, for example: time_zone: America/Chicago`,
    }),
  ]
}

async function moduleMissing(
  channel: ChannelDocument,
  roots: Roots,
): Promise<readonly ConfigFinding[]> {
  const { transform } = channel.value
  if (transform === undefined || !channel.sound(['transform'])) return []
  if (await isFile(modulePath(transform, roots))) return []
  const place = channel.locate(['transform'])
  if (transform === 'base') return [finding(place, NO_BASE)]
  const [folder = ''] = transform.split('/')
  const files = (await listFolder(join(roots.project, 'transforms', folder))) ?? []
  const names = files.map(({ name }) => `${folder}/${name.replace(/\.ts$/, '')}`)
  const meant = nearest(transform, names)
  const what = `There is no mapping module transforms/${transform}.ts.`
  const remedy =
    meant === undefined ? 'Write it, or use `transform: base`.' : `Did you mean \`${meant}\`?`
  return [finding(place, { rule: 'module_missing', what, remedy })]
}

const NO_BASE: Remark = {
  rule: 'module_missing',
  what: 'The mappings that come with Firth are not where they should be.',
  remedy: 'Install Firth again: transforms/base/index.ts is missing beside it.',
}

function clearSecrets(documents: Documents): readonly ConfigFinding[] {
  const all: readonly (ChannelDocument | TenantDocument)[] = [
    ...documents.channels,
    ...documents.tenants,
  ]
  return all.flatMap(document => {
    const settings = tenantFileOf(tenantOf(document), documents)
    return secretsOf(document, settings?.value.environment === 'production')
  })
}

/** firth.yaml belongs to every tenant, so one in production makes it strict. */
export function engineSecrets(
  engine: Checked<unknown>,
  documents: Documents,
): readonly ConfigFinding[] {
  const strict = documents.tenants.some(one => one.value.environment === 'production')
  return secretsOf(engine, strict)
}

function secretsOf(document: Checked<unknown>, production: boolean): readonly ConfigFinding[] {
  return document.clear.map(path =>
    finding(document.locate(path), {
      rule: 'secret_in_the_clear',
      severity: production ? 'error' : 'warning',
      what: `\`${path.join('.')}\` is a secret and stands in the file.`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the analyst's text that is shown.
      remedy: 'Put it into the environment and write ${NAME} here.',
    }),
  )
}
