// A deployment brought live: the record of who did it, when, from which raw positions on, and what
// it changed (design: section 5). The store keeps them all; the newest of a tenant is what runs.

export interface Activation {
  readonly tenant: string
  /** Hash of the deployment; '' where the tenant was taken off. */
  readonly deployment: string
  readonly at_ms: number
  /** The operating system's name of the user. */
  readonly by: string
  /** `start`: the first start of an engine on a folder that was never deployed. */
  readonly how: 'deploy' | 'rollback' | 'watch' | 'start' | 'remove'
  /** What the tests said before. */
  readonly tests: 'passed' | 'skipped' | 'none'
  /** Files that differ from the deployment before: `+new`, `-gone`, `~changed`. */
  readonly changes: readonly string[]
  /**
   * By channel, the offset of its raw topic at the moment of the step. Messages in hand at that
   * moment may stand behind it; each record's own header says which deployment took it in.
   */
  readonly positions: Readonly<Record<string, number>>
}

/** How many activations one look shows, unless it asks for less. */
export const ACTIVATIONS_SHOWN_MAX = 1_000

export interface ActivationStore {
  /** Durable when it resolves: from here on this deployment runs, also after a restart. */
  activate(activation: Activation): Promise<void>
  /** The newest of each tenant, by tenant. */
  active(): Promise<readonly Activation[]>
  /** The newest first. */
  activations(of: {
    readonly tenant?: string | undefined
    readonly limit: number
  }): Promise<readonly Activation[]>
}
