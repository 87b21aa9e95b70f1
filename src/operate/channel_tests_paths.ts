// Paths into an event as test files write them: `kind`, `patient.value`, `Patient.name.family`,
// `Observation[1].valueQuantity.value`. Positions count from 0; one that is left out means any.
import type { CanonicalEvent, Resource } from '../model/event.ts'

export type Leaf = string | number | boolean

/** An event as its paths see it: lineage and deployment are no business of a test. */
export type EventView = Readonly<Record<string, unknown>>

export function viewOf(event: CanonicalEvent): EventView {
  const resources = event.resources.entry.map(entry => entry.resource)
  const byType = Map.groupBy(resources, ({ resourceType }) => resourceType)
  const { kind, occurred_at, patient, visit } = event
  return {
    kind,
    occurred_at,
    ...(patient === null ? {} : { patient }),
    ...(visit === null ? {} : { visit }),
    ...Object.fromEntries([...byType].map(([type, all]) => [type, all.map(withoutType)])),
  }
}

const withoutType = ({ resourceType: _, ...elements }: Resource) => elements

/** What stands at a path; where it names no position, at any. */
export function nodesAt(view: EventView, path: string): readonly unknown[] {
  let nodes: readonly unknown[] = [view]
  for (const step of path.split('.')) {
    const [, name = '', position] = /^(\w+)(?:\[(\d+)\])?$/.exec(step) ?? []
    nodes = nodes.flatMap(node => below(node, name, position))
  }
  return nodes
}

function below(node: unknown, name: string, position: string | undefined): readonly unknown[] {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return []
  const held = (node as Record<string, unknown>)[name]
  if (position === undefined) return Array.isArray(held) ? held : [held]
  const chosen = Array.isArray(held) ? held[Number(position)] : undefined
  return chosen === undefined ? [] : [chosen]
}

export const isLeaf = (value: unknown): value is Leaf =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Every value of an event under its path, with positions wherever there are several. */
export function leavesOf(view: EventView): readonly (readonly [string, Leaf])[] {
  const leaves: (readonly [string, Leaf])[] = []
  const walk = (node: unknown, path: string): void => {
    if (isLeaf(node)) leaves.push([path, node])
    else if (Array.isArray(node)) {
      const alone = node.length === 1 && !path.includes('.')
      for (const [i, item] of node.entries()) walk(item, alone ? path : `${path}[${i}]`)
    } else if (typeof node === 'object' && node !== null) {
      for (const [name, held] of Object.entries(node)) {
        walk(held, path === '' ? name : `${path}.${name}`)
      }
    }
  }
  walk(view, '')
  return leaves
}
