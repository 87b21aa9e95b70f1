// A target or a channel that a person has stopped for a while. A paused target is not called and
// nothing that waits for it expires; a paused channel takes in, stores and acknowledges, and its
// mapping stands still. It outlives restarts and ends by a person's word alone.

export const pausable = ['target', 'channel'] as const
export type Pausable = (typeof pausable)[number]

/** What is paused. */
export interface PauseOf {
  readonly tenant: string
  readonly kind: Pausable
  readonly name: string
}

export interface Pause extends PauseOf {
  readonly by: string
  /** '' where nothing was said. */
  readonly why: string
  /** Milliseconds since 1970. */
  readonly at_ms: number
}

export interface PauseStore {
  /** Durable when it resolves. False where it is paused already: what was said first stays. */
  pause(pause: Pause): Promise<boolean>
  /** False where it is not paused. Who ended it and why is kept too. */
  resume(word: Pause): Promise<boolean>
  /** What is paused now, the oldest first. */
  paused(): Promise<readonly Pause[]>
}
