// What a tenant's new deployment no longer has of the one before: channels, their mappings, filters
// and routes. A file that was cut off while it was saved may still be valid, and loses just these.
import type { ChannelPlan, TenantPlan } from '../model/plan.ts'

/** Whole phrases, such as `adt_in: the route registry`; by channel. */
export function lostBetween(
  old: Pick<TenantPlan, 'channels'> | undefined,
  now: Pick<TenantPlan, 'channels'>,
): readonly string[] {
  return (old?.channels ?? []).flatMap(one => {
    const same = now.channels.find(({ channel }) => channel === one.channel)
    if (same === undefined) return [`the channel ${one.channel}`]
    return lostOf(one, same).map(what => `${one.channel}: ${what}`)
  })
}

function lostOf(old: ChannelPlan, now: ChannelPlan): readonly string[] {
  const routes = old.routes.filter(({ name }) => !now.routes.some(one => one.name === name))
  return [
    ...(old.transform !== undefined && now.transform === undefined ? ['its transform'] : []),
    ...(old.accept !== undefined && now.accept === undefined ? ['its accept'] : []),
    ...routes.map(({ name }) => `the route ${name}`),
  ]
}
