// The canonical schema as the writer of events reads it: each keyword that it uses, compiled once.
// A keyword that is not known here is a bug of the schema, so that the two cannot drift apart.
// (ajv, with which Firth checks everything else, makes code from strings; the mapping process
// forbids that.)
import { Bug } from '../kit/assert.ts'

type Schema = { readonly [keyword: string]: unknown }

export interface Rule {
  /** Undefined: any. */
  readonly type: string | undefined
  readonly nullable: boolean
  readonly members: Map<string, Member>
  readonly required_count: number
  /** No other members than those. */
  readonly exact: boolean
  readonly items: Rule | undefined
  readonly items_min: number
  readonly length_min: number
  readonly minimum: number
  readonly pattern: RegExp | undefined
  /** `enum` and `const`. */
  readonly allowed: ReadonlySet<unknown> | undefined
  /** The rule to take in its place, by the value of `resourceType`. */
  readonly by_type: ReadonlyMap<string, Rule> | undefined
}

/** A name in an object, and how it is written there. */
export interface Member {
  readonly rule: Rule
  readonly isRequired: boolean
  readonly first: string
  readonly next: string
  /** FHIR R4 json.html: members are named like elements. */
  readonly isElement: boolean
  /** `valueString`, but not `values`: one of which an element has one. */
  readonly isChoice: boolean
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'minItems', 'minLength'],
  ...['minimum', 'pattern', 'enum', 'const', 'allOf', '$schema', '$id', 'title'],
])

export function ruleOf(schema: Schema): Rule {
  for (const keyword of Object.keys(schema)) {
    if (!KEYWORDS.has(keyword)) throw new Bug(`the canonical schema says ${keyword}`)
  }
  const { allOf, ...alone } = schema
  const { type, items, pattern, minItems, minLength, minimum } = schema
  const types = Array.isArray(type) ? type : [type]
  const required = new Set((schema.required ?? []) as readonly string[])
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const allowed = 'const' in schema ? [schema.const] : schema.enum
  return {
    type: types.find(one => one !== 'null') as string | undefined,
    nullable: types.includes('null'),
    members: new Map(
      properties.map(([name, one]) => [name, member(name, ruleOf(one), required.has(name))]),
    ),
    required_count: required.size,
    exact: schema.additionalProperties === false,
    items: items === undefined ? undefined : ruleOf(items as Schema),
    items_min: Number(minItems ?? 0),
    length_min: Number(minLength ?? 0),
    minimum: Number(minimum ?? Number.NEGATIVE_INFINITY),
    pattern: pattern === undefined ? undefined : new RegExp(String(pattern)),
    allowed: allowed === undefined ? undefined : new Set(allowed as readonly unknown[]),
    by_type: allOf === undefined ? undefined : branches(alone, allOf as readonly Schema[]),
  }
}

/** `allOf` of nothing but `if` this type `then` that schema, each with what holds for all. */
function branches(all: Schema, those: readonly Schema[]): ReadonlyMap<string, Rule> {
  return new Map(
    those.map(branch => {
      const condition = branch.if as { properties: { resourceType: { const: string } } }
      const own = branch.then as Schema
      const both = {
        ...all,
        properties: { ...(own.properties as object), ...(all.properties as object) },
        required: [
          ...((all.required ?? []) as readonly string[]),
          ...((own.required ?? []) as readonly string[]),
        ],
      }
      return [condition.properties.resourceType.const, ruleOf(both)]
    }),
  )
}

/** What says nothing, and remembers the names that it met. */
export const anything: Rule = ruleOf({})

/** So many; others are made each time. */
const REMEMBERED_MAX = 4_096

/** Of a name that the schema does not hold. */
export function otherMember(name: string): Member {
  const known = anything.members.get(name)
  if (known !== undefined) return known
  const made = member(name, anything, false)
  if (anything.members.size < REMEMBERED_MAX) anything.members.set(name, made)
  return made
}

function member(name: string, rule: Rule, isRequired: boolean): Member {
  const written = JSON.stringify(name)
  return {
    rule,
    isRequired,
    first: `{${written}:`,
    next: `,${written}:`,
    isElement: /^[A-Za-z_][A-Za-z0-9]{0,63}$/.test(name),
    isChoice: /^value[A-Z]/.test(name),
  }
}
