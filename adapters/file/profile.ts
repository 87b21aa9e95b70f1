// A folder takes whatever is written into it: whole events, or resources one by one.
import { type Capability, resourceTypes } from '#sdk'

export const profile: readonly Capability[] = ['Bundle', ...[...resourceTypes].sort()].map(
  resource => ({
    resource,
    operations: resource === 'Bundle' ? ['create'] : ['create', 'update'],
    source: 'POSIX.1-2017, link() and rename(), on ext4',
    date: '2026-11-21',
    proof: 'observed',
  }),
)
