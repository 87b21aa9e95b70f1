// The door of one channel: its source, and stations 1 and 2 behind it. A door of a deployment that
// is not live yet holds its messages back, unacknowledged, until it is; every message is stamped
// with the deployment that is current at its append.
import type { Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { Failure } from '../model/errors.ts'
import { limits } from '../model/limits.ts'
import type { ChannelPlan } from '../model/plan.ts'
import type { OpenSource } from '../model/rooms.ts'
import { openIntake } from '../path/intake.ts'
import type { PathContext } from '../path/path.ts'

export interface OpenChannel {
  /** As the current deployment has it. */
  readonly plan: ChannelPlan
  readonly source: OpenSource
}

export interface ChannelContext extends PathContext {
  readonly tables: Tables
  /** Hash of the tenant's current deployment. */
  current(): string
}

export class Door implements OpenChannel {
  plan: ChannelPlan
  readonly source: OpenSource
  readonly #gate: Gate

  private constructor(plan: ChannelPlan, source: OpenSource, gate: Gate) {
    this.plan = plan
    this.source = source
    this.#gate = gate
  }

  /** Rejects with a Failure where its source cannot be opened. Takes in nothing before `live`. */
  static async open(plan: ChannelPlan, context: ChannelContext): Promise<Door> {
    const { tables, signals, current } = context
    const room = present(tables.sources[plan.source.kind], 'a planned source is in the table')
    const gate = new Gate()
    const { tenant, channel } = plan
    const intake = openIntake({
      ...context,
      tenant,
      channel,
      record_bytes_max: limits.record_bytes_max,
      get deployment() {
        return gate.last ?? current()
      },
    })
    const append: typeof intake.append = async received => {
      await gate.passed
      return intake.append(received)
    }
    const source = await room.open(plan.source.config, {
      tenant,
      channel,
      intake: { ...intake, append },
      signals,
    })
    return new Door(plan, source, gate)
  }

  /** The deployment that it belongs to is current. */
  live(plan: ChannelPlan): void {
    this.plan = plan
    this.#gate.open()
  }

  /**
   * Takes nothing new and answers what is in hand, which still belongs to `deployment`: the channel
   * may be another one in the next.
   */
  async close(deployment: string): Promise<void> {
    this.#gate.last = deployment
    this.#gate.shut()
    await this.source.drain()
  }
}

class Gate {
  /** Set when the door closes: what it still takes in belongs to this deployment. */
  last: string | undefined
  readonly #state = Promise.withResolvers<void>()
  readonly passed = this.#state.promise

  constructor() {
    // Shut with nobody waiting, it is no unhandled rejection.
    this.passed.catch(() => {})
  }

  open(): void {
    this.#state.resolve()
  }

  /** What waits is refused, and its sender sends it again. Without effect once it is open. */
  shut(): void {
    this.#state.reject(new Failure('deployment_not_live'))
  }
}

/** Whether the same listener serves both: its connections need not be broken. */
export const sameSource = (a: ChannelPlan, b: ChannelPlan) =>
  JSON.stringify(a.source) === JSON.stringify(b.source)

/** Whether both want an address that only one can have. */
export function shareAddress(a: ChannelPlan, b: ChannelPlan, { sources }: Tables): boolean {
  const addressesOf = ({ source }: ChannelPlan) =>
    present(sources[source.kind], 'a planned source is in the table').addresses(source.config)
  const taken = new Set(addressesOf(a).map(({ port }) => port))
  return addressesOf(b).some(({ port }) => taken.has(port))
}
