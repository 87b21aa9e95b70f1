// A `when` as plain data: what a channel's file asks of a message or an event. Parsed once by
// codecs/when/, frozen in the plan, and never evaluated as code.

export type Comparison = '=' | '<' | '>' | '<=' | '>='

/** `name` is an HL7 path (`MSH-4`) or a field of the event (`patient.system`). */
export type Condition =
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'exists'; readonly name: string }
  | {
      readonly is: 'compare'
      readonly name: string
      readonly by: Comparison
      readonly value: Literal
    }
  | { readonly is: 'in'; readonly name: string; readonly values: readonly Literal[] }
  | { readonly is: 'matches'; readonly name: string; readonly pattern: string }

/** A number is compared as a number, text as text: the one who writes decides. */
export type Literal = string | number

/**
 * The texts that stand at a name, none where there are none. A condition of a name holds where it
 * holds for any of them.
 */
export type ConditionReader = (name: string) => readonly string[]

/** Fields of an event that hold one value, each with what it is. */
export const eventFields = {
  event: 'The kind of the event, such as patient.admitted.',
  channel: 'Name of the channel that the message came through.',
  message_type: 'MSH-9 of the message, such as ADT^A01.',
  hl7_version: 'MSH-12 of the message, such as 2.5.1.',
  'patient.system': 'URI of the authority that gave the patient this identifier.',
  'patient.value': 'The identifier of the patient.',
  'visit.system': 'URI of the authority that numbers the visits.',
  'visit.value': 'The number of the visit.',
} as const

export type EventField = keyof typeof eventFields
