// The schema's rules as the writer of events reads them, against ajv on the same schema: what ajv
// refuses is refused, and what is refused for the schema's sake is refused by ajv too.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { ruleOf } from '../../src/declare/event_rules.ts'
import { type EventToWrite, eventText } from '../../src/declare/event_text.ts'
import { Bug } from '../../src/kit/assert.ts'
import { canonicalSchema } from '../../src/model/canonical_schema.ts'
import type { Resource } from '../../src/model/event.ts'
import { canonical, mapped } from '../transforms/base/mapped.ts'

const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(
  canonicalSchema,
)

const folder = join(import.meta.dirname, '../corpus/base')
const events: readonly EventToWrite[] = readdirSync(folder)
  .filter(name => name.endsWith('.hl7'))
  .flatMap(name => mapped(readFileSync(join(folder, name))).events)
  .map(event => JSON.parse(JSON.stringify({ ...canonical(event), resources: event.resources })))

const resourceUrl = ({ resourceType, id }: Resource) => `http://firth.invalid/${resourceType}/${id}`

const whole = (event: EventToWrite) => ({
  ...event,
  resources: {
    resourceType: 'Bundle',
    type: 'collection',
    entry: event.resources.map(resource => ({ fullUrl: resourceUrl(resource), resource })),
  },
})

/** Every place in an event that can be changed. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inner = Object.entries(value).flatMap(([name, one]) => places(one, [...path, name]))
  return path.length === 0 ? inner : [path, ...inner]
}

function put(event: EventToWrite, path: readonly string[], value: unknown): EventToWrite {
  const copy = structuredClone(event)
  let at = copy as unknown as Record<string, unknown>
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>
  const last = path.at(-1) ?? ''
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const values: readonly unknown[] = [
  ...[undefined, 'x', 'with space', '', 5, -1, 1.5, true, null, [], ['x'], [5], {}, { code: 'x' }],
  ...['2026-03-01', '2026-03-01T10:00:00Z', '2026-13-01', 'urn:x', 'final', 'male', 'Patient'],
]

/** Of what a schema cannot say. */
const BESIDE = /empty|has |refers|twice|nested|changes|nothing that JSON/

test('the rules refuse what ajv refuses, and for the schema nothing else', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: events.length - 1 }),
      fc.nat(),
      fc.constantFrom(...values),
      (which, number, value) => {
        const event = events[which] as EventToWrite
        const all = places(event)
        const path = all[number % all.length] as readonly string[]
        const changed = put(event, path, value)
        // A list of resources is what the writer is given; what else there may be is no case.
        if (!Array.isArray(changed.resources) || changed.resources.some(one => !isResource(one)))
          return
        const written = eventText(changed)
        const isSound = validate(whole(changed))
        const at = `${path.join('/')} = ${JSON.stringify(value)}`
        if (!isSound) assert(!('text' in written), at)
        if ('text' in written) assert.deepEqual(JSON.parse(written.text), whole(changed))
        else if (!BESIDE.test(written.what)) assert(!isSound, `${at}: ${written.what}`)
      },
    ),
    { numRuns: 3_000 },
  )
})

const isResource = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'id' in value && 'resourceType' in value

test('a keyword that the rules do not know is a bug of the schema', () => {
  assert.throws(() => ruleOf({ type: 'string', maxLength: 5 }), Bug)
})
