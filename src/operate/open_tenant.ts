// One tenant as it runs: its doors, its units, its targets, and the step from one deployment to the
// next. Only what differs is touched: a listener whose source is unchanged keeps its connections, a
// target that is unchanged its calls. What can fail is done before the step, and undone where it
// does; from the step on the new deployment runs, whole.
import type { Tables } from '../declare/room.ts'
import { failpoint } from '../kit/failpoint.ts'
import { failureOf } from '../model/errors.ts'
import { topicOf } from '../model/message.ts'
import type { ChannelPlan, EnginePlan, TargetPlan, TenantPlan } from '../model/plan.ts'
import { type Editions, OpenEditions } from '../path/editions.ts'
import { createTopics, openRouteUnit, openTransformUnit, type PathContext } from '../path/path.ts'
import type { Unit } from '../path/unit.ts'
import { Door, type OpenChannel, sameSource, shareAddress } from './open_channel.ts'
import { type OpenTarget, type ReadyTarget, readyTarget } from './open_target.ts'
import type { Pauses } from './pauses.ts'

export interface TenantContext extends PathContext {
  readonly tables: Tables
  readonly limits: EnginePlan['limits']
  readonly pauses: Pauses
  find(tenant: string, deployment: string): Promise<TenantPlan | undefined>
}

/** What a step has opened so far, undone in reverse where it fails. */
type Undo = (() => Promise<void>)[]

export class OpenTenant {
  readonly #context: TenantContext
  readonly #editions: OpenEditions
  readonly #doors = new Map<string, Door>()
  readonly #targets = new Map<string, OpenTarget>()
  /** By channel. One stays open to the end: what its channel has stored is still to be mapped. */
  readonly #transforms = new Map<string, Unit>()
  readonly #route: Unit
  /** Closing of what a step has replaced. */
  readonly #leaving = new Set<Promise<void>>()

  private constructor(plan: TenantPlan, context: TenantContext) {
    const { clock, signals, find, limits } = context
    const { mapping_ms_max } = limits
    this.#context = context
    this.#editions = new OpenEditions(plan, { clock, signals, find, mapping_ms_max })
    this.#route = openRouteUnit(plan.tenant, { ...context, editions: this.#editions })
  }

  /** Opens all of it but the doors, which open with the first `become`. */
  static async open(plan: TenantPlan, context: TenantContext): Promise<OpenTenant> {
    await createTopics(plan, context)
    const tenant = new OpenTenant(plan, context)
    for (const channel of await waitingChannels(plan.tenant, context)) tenant.#transform(channel)
    return tenant
  }

  get editions(): Editions {
    return this.#editions
  }

  get plan(): TenantPlan {
    return this.#editions.current
  }

  get channels(): readonly OpenChannel[] {
    return [...this.#doors.values()]
  }

  get units(): readonly Unit[] {
    const governing = [...this.#targets.values()].map(({ unit }) => unit)
    return [...governing, this.#route, ...this.#transforms.values()]
  }

  get targets(): readonly OpenTarget[] {
    return [...this.#targets.values()]
  }

  /**
   * Steps to a deployment. `record` makes the step durable; where it or anything before it rejects,
   * the deployment before runs on.
   */
  async become(next: TenantPlan, record: () => Promise<void>): Promise<void> {
    const undo: Undo = []
    try {
      await createTopics(next, this.#context)
      const targets = await this.#readyTargets(next, undo)
      for (const { channel, transform } of next.channels) {
        if (transform !== undefined) this.#transform(channel)
      }
      const doors = await this.#openDoors(next, undo)
      failpoint('activate.prepared')
      await record()
      failpoint('activate.recorded')
      await this.#step(next, { targets, doors })
    } catch (cause) {
      for (const back of undo.reverse()) await back()
      throw cause
    }
  }

  /** Takes nothing new and answers what is in hand. */
  async drain(): Promise<void> {
    const { deployment } = this.plan
    const doors = [...this.#doors.values()]
    this.#doors.clear()
    await closeAll(doors.map(door => () => door.close(deployment)))
  }

  /** After `drain`: everything else, from the near end to the far one. */
  async close(): Promise<void> {
    await closeAll([
      ...[...this.#transforms.values()].map(unit => () => unit.close()),
      () => this.#route.close(),
      () => this.#editions.close(),
      ...[...this.#targets.values()].map(target => () => target.close()),
      async () => void (await Promise.all(this.#leaving)),
    ])
  }

  #transform(channel: string): void {
    if (this.#transforms.has(channel)) return
    const of = { tenant: this.plan.tenant, channel }
    const gate = this.#context.pauses.gate({ tenant: of.tenant, kind: 'channel', name: channel })
    const context = { ...this.#context, editions: this.#editions, gate }
    this.#transforms.set(channel, openTransformUnit(of, context))
  }

  async #readyTargets(next: TenantPlan, undo: Undo): Promise<Map<string, ReadyTarget>> {
    const ready = new Map<string, ReadyTarget>()
    for (const plan of next.targets) {
      const open = this.#targets.get(plan.name)
      if (open !== undefined && same(open.plan, plan)) continue
      const target = await readyTarget(plan, next.tenant, this.#context)
      undo.push(() => target.close())
      ready.set(plan.name, target)
    }
    return ready
  }

  /**
   * New doors, which hold their messages back until the step. One that wants the address of another
   * that is going has to wait until that has closed; where the step then fails, it is opened again.
   */
  async #openDoors(next: TenantPlan, undo: Undo): Promise<Map<string, Door>> {
    const { tables } = this.#context
    const wanted = next.channels.filter(plan => !this.#keeps(plan))
    const going = [...this.#doors.values()].filter(door => !keptBy(door, next))
    const blocked = (plan: ChannelPlan) => going.some(door => shareAddress(door.plan, plan, tables))
    const doors = new Map<string, Door>()
    const open = async (plan: ChannelPlan) => {
      const door = await this.#open(plan)
      undo.push(() => door.close(this.plan.deployment))
      doors.set(plan.channel, door)
    }
    for (const plan of wanted.filter(one => !blocked(one))) await open(plan)
    for (const plan of wanted.filter(blocked)) {
      for (const door of going.filter(one => shareAddress(one.plan, plan, tables))) {
        if (this.#doors.get(door.plan.channel) !== door) continue
        undo.push(() => this.#reopen(door.plan))
        this.#doors.delete(door.plan.channel)
        await door.close(this.plan.deployment)
      }
      await open(plan)
    }
    return doors
  }

  #keeps(plan: ChannelPlan): boolean {
    const door = this.#doors.get(plan.channel)
    return door !== undefined && sameSource(door.plan, plan)
  }

  #open(plan: ChannelPlan): Promise<Door> {
    return Door.open(plan, { ...this.#context, current: () => this.plan.deployment })
  }

  async #reopen(plan: ChannelPlan): Promise<void> {
    const door = await this.#open(plan)
    door.live(plan)
    this.#doors.set(plan.channel, door)
  }

  /** The step itself. Nothing in it can fail, so that there is no half of it. */
  async #step(
    next: TenantPlan,
    made: { readonly targets: Map<string, ReadyTarget>; readonly doors: Map<string, Door> },
  ): Promise<void> {
    const before = this.plan.deployment
    this.#editions.become(next)
    for (const door of [...this.#doors.values()]) {
      if (keptBy(door, next)) continue
      this.#doors.delete(door.plan.channel)
      this.#leave(door.close(before))
    }
    for (const [channel, door] of made.doors) this.#doors.set(channel, door)
    for (const plan of next.channels) this.#doors.get(plan.channel)?.live(plan)
    const names = new Set(next.targets.map(({ name }) => name))
    for (const [name, target] of [...this.#targets]) {
      if (names.has(name) && !made.targets.has(name)) continue
      this.#targets.delete(name)
      // Two of one group would take the topic from each other; calls under way may take longer.
      await target.unit.close()
      this.#leave(target.close())
    }
    for (const [name, ready] of made.targets) this.#targets.set(name, ready.start())
  }

  #leave(closing: Promise<void>): void {
    const { signals, onBug } = this.#context
    const left = closing
      .catch(cause => {
        const failure = failureOf(cause)
        if (failure === undefined) onBug(cause)
        else signals.say('error', 'closing failed', { code: failure.code, ...failure.facts })
      })
      .finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
  }
}

const same = (a: TargetPlan, b: TargetPlan) => JSON.stringify(a) === JSON.stringify(b)

const keptBy = (door: OpenChannel, next: TenantPlan) =>
  next.channels.some(plan => plan.channel === door.plan.channel && sameSource(door.plan, plan))

/** Channels whose records wait to be mapped, be they in the deployment that starts or not. */
async function waitingChannels(tenant: string, { log }: TenantContext): Promise<string[]> {
  const ends = new Map((await log.partitions()).map(info => [info.topic, info.next_offset]))
  const prefix = `transform.${tenant}.`
  return (await log.groups())
    .filter(({ group }) => group.startsWith(prefix))
    .map(({ group, committed_offset }) => ({
      channel: group.slice(prefix.length),
      committed_offset,
    }))
    .filter(({ channel, committed_offset }) => {
      return (committed_offset ?? 0) < (ends.get(topicOf.raw(tenant, channel)) ?? 0)
    })
    .map(({ channel }) => channel)
}

/** One after the other, each whatever became of the one before; fails with the first cause. */
export async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) {
    try {
      await close()
    } catch (cause) {
      failures.push(cause)
    }
  }
  if (failures.length > 0) throw failures[0]
}
