// What stations 1 and 2 hand on: a message as it arrived, the few facts that were scanned beside
// it, and the headers under which its bytes stand in the raw topic.
import type { Code } from './errors.ts'
import type { Headers, Position } from './log.ts'

/** Who sent it, as far as the connection tells. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** Subject name of the client certificate, where mTLS is on. */
  readonly tls_name?: string
}

/**
 * MSH as scanned from the bytes (HL7 v2.5.1 chapter 2.15.9). Raw bytes in latin1, never decoded.
 */
export interface MshScan {
  /** MSH-1 and MSH-2, the sender's own delimiters; absent ones are undefined. */
  readonly delimiters: {
    readonly field: string
    readonly component: string | undefined
    readonly repetition: string | undefined
    readonly escape: string | undefined
    readonly subcomponent: string | undefined
    /** MSH-2 whole, as it stands. */
    readonly encoding_characters: string
  }
  /** MSH-n by n, latin1, as it stands; '' where absent. MSH-3 to MSH-18 are kept. */
  field(n: number): string
}

/** A frame, or one body of another source, as it came. */
export interface Arrival {
  readonly bytes: Buffer
  readonly peer: Peer
  /** Names the connection's end on our side, e.g. its port: the first part of the feed. */
  readonly door: string
  readonly received_at_ms: number
}

/** Station 1 took it: it can be stored. */
export interface Received extends Arrival {
  readonly kind: 'received'
  readonly raw_id: string
  readonly feed: string
  readonly msh: MshScan
  readonly control_id: string
  /** `ADT^A01`; '' where MSH-9 is empty. */
  readonly message_type: string
}

/** Station 1 refused it: it is never raw, only a dead letter (design: section 2). */
export interface Refused extends Arrival {
  readonly kind: 'refused'
  readonly code: Code
  /** Present when enough of MSH could be read to answer in the sender's words. */
  readonly msh: MshScan | undefined
}

export interface Stored {
  readonly position: Position
}

/** Headers of a raw record. Text only; bytes of MSH are carried as latin1. */
export interface RawHeaders extends Headers {
  readonly raw_id: string
  readonly tenant: string
  readonly channel: string
  readonly feed: string
  readonly received_at: string
  readonly sha256: string
  readonly control_id: string
  readonly message_type: string
  /** MSH-12 as it stands. */
  readonly hl7_version: string
  readonly charset: string
  readonly peer: string
  readonly traceparent: string
  readonly deployment: string
}

/** The raw record that began a chain of repairs: by it events and nameless resources are named. */
export const rootOf = ({ root_id, raw_id }: Headers): string => root_id ?? raw_id ?? ''

/**
 * Topic names (design: section 2). Tenants, channels and targets are snake_case, so dots are
 * levels.
 */
export const topicOf = {
  raw: (tenant: string, channel: string) => `raw.${tenant}.${channel}`,
  canonical: (tenant: string) => `canonical.${tenant}`,
  outbound: (tenant: string, target: string) => `outbound.${tenant}.${target}`,
  dead: (tenant: string) => `dead.${tenant}`,
  audit: (tenant: string) => `audit.${tenant}`,
} as const
