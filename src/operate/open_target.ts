// One target opened: its transport, and stations 6 to 9 on it. Opening has two steps, because a
// deployment that cannot be opened whole must not have called anybody: what may fail comes first,
// and starts nothing.

import type { AnyAdapter, Tables } from '../declare/room.ts'
import { present } from '../kit/assert.ts'
import { openRate } from '../kit/rate.ts'
import { limits } from '../model/limits.ts'
import type { TargetPlan } from '../model/plan.ts'
import { openReconciling } from '../path/9_reconcile.ts'
import { type Delivery, openDelivery } from '../path/delivery.ts'
import { openGovernUnit, type PathContext } from '../path/path.ts'
import { openSurvey } from '../path/survey.ts'
import type { Unit } from '../path/unit.ts'
import type { Pauses } from './pauses.ts'

export interface TargetContext extends PathContext {
  readonly tables: Tables
  readonly pauses: Pauses
}

/** Its transport is open; nothing is governed or delivered yet. */
export interface ReadyTarget {
  start(): OpenTarget
  close(): Promise<void>
}

export interface OpenTarget {
  readonly plan: TargetPlan
  readonly delivery: Delivery
  /** Station 6. Closed first where another one of the same target takes its place. */
  readonly unit: Unit
  /** What a person should know of the far end, as it says itself. */
  readonly remarks: readonly string[]
  /** Lets calls under way come to their end. */
  close(): Promise<void>
}

const RECONCILE = { every_ms: 60_000, age_ms_min: 60_000, rows_max: limits.batch_records_max }

export async function readyTarget(
  plan: TargetPlan,
  tenant: string,
  context: TargetContext,
): Promise<ReadyTarget> {
  const { tables, signals, clock } = context
  const adapter: AnyAdapter = present(
    tables.adapters[plan.adapter],
    'a planned adapter is in the table',
  )
  const room = present(
    tables.transports[adapter.transport],
    "an adapter's transport is in the table",
  )
  const transport = await room.open(adapter.transportConfig(plan.config), { signals })
  const start = (): OpenTarget => {
    const names = { tenant, target: plan.name }
    const governance = { profile: adapter.profile, policy: plan.policy }
    const survey = openSurvey(adapter.survey?.(plan.config), { ...context, ...names, transport })
    const deliver = {
      ...context,
      ...names,
      steps: adapter.steps(plan.config),
      transport: survey.transport,
      settle_ms: adapter.settle_ms,
      visible_ms: adapter.visible_ms,
      in_flight_max: plan.in_flight_max,
      on_unknown: plan.on_unknown,
      governance,
      paused: () => context.pauses.of({ tenant, kind: 'target', name: plan.name }),
      rate: plan.rate_per_second === undefined ? undefined : openRate(plan.rate_per_second, clock),
    }
    const delivery = openDelivery(deliver)
    const halted = () => delivery.paused !== undefined || delivery.breaker.state !== 'closed'
    const reconciling = openReconciling({ ...deliver, halted }, RECONCILE)
    const unit = openGovernUnit(
      { tenant, name: plan.name, ...governance },
      { ...context, admitted: () => delivery.wake() },
    )
    const close = async () => {
      for (const room of [survey, unit, delivery, reconciling, transport]) await room.close()
    }
    return {
      ...{ plan, delivery, unit, close },
      get remarks() {
        return survey.remarks
      },
    }
  }
  return { start, close: () => transport.close() }
}
