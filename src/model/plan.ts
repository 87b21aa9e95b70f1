// A Plan: a project's files, checked and resolved, as the path runs them. channel/ makes it; path/
// and operate/ read it. Frozen: a change of a file makes another plan with another hash.

export interface ChannelPlan {
  readonly tenant: string
  readonly channel: string
  readonly about: string
  /** Project-relative file. */
  readonly file: string
  readonly source: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  /**
   * Message types let in, `ADT^A01` or `ADT`; undefined: all. The others are recorded as filtered.
   */
  readonly accept: readonly string[] | undefined
  /** Undefined: the channel stores and acknowledges, nothing more. */
  readonly transform: TransformPlan | undefined
  readonly routes: readonly RoutePlan[]
}

export interface TransformPlan {
  /** As written: `base`, or `<tenant>/<name>`. */
  readonly name: string
  /** Absolute path of the module. */
  readonly module: string
}

export interface RoutePlan {
  readonly name: string
  /** Name of a target of the tenant. */
  readonly to: string
}

export interface TargetPlan {
  readonly name: string
  readonly adapter: string
  readonly config: Readonly<Record<string, unknown>>
  readonly in_flight_max: number
}

export interface TenantPlan {
  readonly tenant: string
  readonly name: string
  /** IANA; undefined where no channel transforms. */
  readonly time_zone: string | undefined
  readonly assigning_authorities: Readonly<Record<string, string>>
  readonly targets: readonly TargetPlan[]
  readonly channels: readonly ChannelPlan[]
  /** Hash over the tenant's files, the base mappings and the SDK; stands on every record. */
  readonly deployment: string
  /** Folder of the tenant's own modules, where there is one. */
  readonly transforms: string | undefined
}

export interface Plan {
  /** Absolute. */
  readonly project: string
  readonly tenants: readonly TenantPlan[]
  readonly engine: EnginePlan
}

/** firth.yaml with its defaults. */
export interface EnginePlan {
  readonly log: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  readonly store: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> }
  readonly limits: {
    readonly unanswered_bytes_max: number
    readonly mapping_ms_max: number
    /** How long records are kept once everyone has read them. */
    readonly keep_ms: number
    readonly duplicate_window_ms: number
  }
}

/** What is wrong with a file, and where. */
export interface ConfigFinding {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** Stable name of the rule, e.g. `unknown_key`. */
  readonly rule: string
  readonly what: string
  readonly remedy: string
}
