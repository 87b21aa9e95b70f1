// The deployments of one tenant that its records name: each raw record is mapped, and each event
// routed, by the deployment under which it was taken in, also when another one runs by now (design:
// section 5). Plans are looked up once; each has a mapping process of its own, started with its
// first work.
import { assert } from '../kit/assert.ts'
import type { Clock } from '../kit/clock.ts'
import type { Mapper } from '../model/event.ts'
import { limits } from '../model/limits.ts'
import type { TenantPlan } from '../model/plan.ts'
import type { Signals } from '../model/signals.ts'
import { openMapper } from './mapping/mapper.ts'

export interface Edition {
  readonly plan: TenantPlan
  readonly mapper: Mapper
}

/** What units see of it. `deployment` is the hash that stands in a record's header. */
export interface Editions {
  /**
   * Works by the deployment of this hash; by the current one, said once as a signal, where that
   * deployment is not there any more. Its mapper stays open until the work has ended.
   */
  use<T>(deployment: string, work: (edition: Edition) => Promise<T>): Promise<T>
  planOf(deployment: string): Promise<TenantPlan>
}

export interface EditionsContext {
  readonly clock: Clock
  readonly signals: Signals
  readonly mapping_ms_max: number
  /** An earlier deployment of the tenant; undefined where it is not there any more. */
  find(tenant: string, deployment: string): Promise<TenantPlan | undefined>
}

/** Editions kept open. An idle one costs its plan, and no process. */
const KEPT_MAX = 32
/** Hashes of which was said that they are not there. */
const SAID_MAX = 1_000

interface Kept extends Edition {
  /** Works under way. */
  users: number
}

export class OpenEditions implements Editions {
  readonly #context: EditionsContext
  /** By hash, the least recently used first. */
  readonly #kept = new Map<string, Kept>()
  readonly #finding = new Map<string, Promise<TenantPlan | undefined>>()
  readonly #said = new Set<string>()
  #current: TenantPlan

  constructor(current: TenantPlan, context: EditionsContext) {
    this.#context = context
    this.#current = current
  }

  get current(): TenantPlan {
    return this.#current
  }

  /** From here on this one is current. What works by another goes on with that. */
  become(plan: TenantPlan): void {
    assert(plan.tenant === this.#current.tenant, 'a tenant stays the same')
    this.#current = plan
  }

  async planOf(deployment: string): Promise<TenantPlan> {
    const current = this.#current
    if (deployment === current.deployment) return current
    const kept = this.#kept.get(deployment)
    return kept?.plan ?? (await this.#find(deployment)) ?? this.#missing(deployment)
  }

  async use<T>(deployment: string, work: (edition: Edition) => Promise<T>): Promise<T> {
    const edition = this.#keep(await this.planOf(deployment))
    edition.users += 1
    try {
      return await work(edition)
    } finally {
      edition.users -= 1
      await this.#letGo()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ mapper }) => mapper.close()))
  }

  #keep(plan: TenantPlan): Kept {
    const { clock, signals, mapping_ms_max } = this.#context
    const kept = this.#kept.get(plan.deployment) ?? {
      plan,
      mapper: openMapper({
        tenant: plan.tenant,
        transforms: plan.transforms,
        base: plan.base,
        mapping_ms_max,
        mapping_memory_mb_max: limits.mapping_memory_mb_max,
        clock,
        signals,
      }),
      users: 0,
    }
    this.#kept.delete(plan.deployment)
    this.#kept.set(plan.deployment, kept)
    return kept
  }

  /** One look for all that ask at the same time; a failure of the disk is asked again. */
  #find(deployment: string): Promise<TenantPlan | undefined> {
    const under_way = this.#finding.get(deployment)
    if (under_way !== undefined) return under_way
    const finding = this.#context
      .find(this.#current.tenant, deployment)
      .finally(() => this.#finding.delete(deployment))
    this.#finding.set(deployment, finding)
    return finding
  }

  #missing(deployment: string): TenantPlan {
    const { tenant, deployment: instead } = this.#current
    if (!this.#said.has(deployment)) {
      if (this.#said.size >= SAID_MAX) this.#said.clear()
      this.#said.add(deployment)
      const facts = { tenant, deployment, instead }
      this.#context.signals.say('warn', 'a deployment is not there any more', facts)
    }
    return this.#current
  }

  async #letGo(): Promise<void> {
    for (const [hash, { users, mapper, plan }] of this.#kept) {
      if (this.#kept.size <= KEPT_MAX) return
      if (users > 0 || plan === this.#current) continue
      this.#kept.delete(hash)
      await mapper.close()
    }
  }
}
