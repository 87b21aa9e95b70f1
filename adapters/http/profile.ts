// What an HTTP target takes is said by its settings alone; which requests it has decides, write by
// write, whether there is one for the operation.
import { type Capability, resourceTypes } from '#sdk'

export const profile: readonly Capability[] = ['Bundle', ...[...resourceTypes].sort()].map(
  resource => ({
    resource,
    operations: ['create', 'update', 'retract'],
    source: 'RFC 9110, and the requests of the target in tenant.yaml',
    date: '2026-11-21',
    proof: 'documented',
  }),
)
