// What a replayed message no longer comes to: whole events, and resources of events that are still
// made. What they wrote at the targets of the replay becomes a proposal to retract (design: G3).
import type { CanonicalEvent } from '../model/event.ts'
import type { WriteIntent } from '../model/intent.ts'
import type { Again } from './replay_make.ts'
import { type NoLongerMade, proposeRetractions, type RetractContext, toRetract } from './retract.ts'

/** Undefined where the message comes to all that it came to before. */
export function noLongerMade(one: Again, replay: string): NoLongerMade | undefined {
  const { first, lost, output, record } = one
  const gone = new Set(lost.map(({ event_id }) => event_id))
  const changed = output.filter(({ headers, value }) => {
    const before = first?.events.get(headers.event_id ?? '')
    return before !== undefined && !before.value.equals(value)
  })
  if (gone.size === 0 && changed.length === 0) return undefined
  const made = new Map(changed.map(({ headers, value }) => [headers.event_id, namesIn(value)]))
  const lacks = ({ event, event_id, resource_type, resource_id }: WriteIntent) => {
    // A message that is forwarded goes once, whichever of its events it still comes to.
    if (event?.message !== undefined && output.length > 0) return false
    const names = resource_type === WHOLE ? undefined : made.get(event_id)
    return gone.has(event_id) || names?.has(`${resource_type}/${resource_id}`) === false
  }
  return { raw_id: record.headers.raw_id ?? '', replay, lacks }
}

/** A target that takes whole events has one write of them, whatever is in it. */
const WHOLE = 'Bundle'

function namesIn(value: Uint8Array): ReadonlySet<string> {
  const { resources } = JSON.parse(Buffer.from(value).toString()) as CanonicalEvent
  return new Set(resources.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`))
}

/** How many writes people are asked to take back. A second time changes nothing. */
export async function proposeLost(
  again: readonly Again[],
  replay: string,
  context: RetractContext,
): Promise<number> {
  let proposed = 0
  for (const one of again) {
    const gone = noLongerMade(one, replay)
    if (gone === undefined) continue
    const found = await proposeRetractions(gone, context)
    proposed += found.filter(({ proposal }) => proposal === 'proposed').length
  }
  return proposed
}

/** The targets at which a write would be proposed to be taken back, one entry for each write. */
export async function wouldRetract(
  one: Again,
  replay: string,
  context: RetractContext,
): Promise<readonly string[]> {
  const gone = noLongerMade(one, replay)
  const found = gone === undefined ? [] : await toRetract(gone, context)
  return found.filter(({ proposal }) => proposal === 'proposed').map(({ target }) => target)
}
