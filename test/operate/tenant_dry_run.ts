// A dry run of a tenant whose modules a test writes.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { basePlan } from '../../src/operate/base_plan.ts'
import { type DryRun, openDryRun } from '../../src/operate/dry_run.ts'
import { atEnd, folder } from '../path/rooms.ts'

const tables = { sources: {}, transports: {}, adapters: {}, logs: {}, stores: {} }

/** A tenant whose mapping carries two fields and nothing else. */
export const TWO_FIELDS = `
import { defineMapping } from '#sdk'
export default defineMapping({
  types: ['ADT^A01'],
  map(message) {
    const id = { system: 'urn:a', value: message.text('PID-3.1') ?? '' }
    const name = [{ family: message.text('PID-5.1') }]
    return [{ kind: 'patient.updated', occurred_at: undefined, patient: id, visit: null, subject: id,
      resources: [{ resourceType: 'Patient', id: 'p', name }] }]
  },
})
`

export async function tenantDryRun(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  explain = false,
): Promise<DryRun> {
  const transforms = join(await folder(t), 'transforms', 'harbor')
  await mkdir(transforms, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(transforms, name), text)
  const plan = await basePlan()
  const tenants = plan.tenants.map(tenant => ({
    ...tenant,
    transforms,
    channels: tenant.channels.map(channel => ({
      ...channel,
      transform: { name: 'harbor/adt', module: join(transforms, 'adt.ts') },
    })),
  }))
  const dry = openDryRun({ ...plan, tenants }, tables, { explain })
  atEnd(t, () => dry.close())
  return dry
}
