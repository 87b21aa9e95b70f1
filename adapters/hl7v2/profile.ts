// What a receiver of HL7 v2 messages is taken to accept: whole events, each as a message of its
// own.
import type { Capability } from '#sdk'

export const profile: readonly Capability[] = [
  {
    resource: 'Bundle',
    operations: ['create'],
    source: 'HL7 v2.5.1 chapter 2, and HAPI HL7v2 2.6.0 as receiver',
    date: '2026-11-21',
    proof: 'observed',
  },
]
