// What a `when` may say and what it means, once: in the README of the files that people edit and in
// `firth explain when`.
import { eventFields } from '../model/condition.ts'

/** Paragraphs of Markdown that read well as plain text. */
export function whenParts(): readonly string[] {
  const fields = Object.entries(eventFields).map(([name, says]) => `- \`${name}\`: ${says}`)
  return [
    'A condition is compiled to plain data and never evaluated as code.',
    '`accept.when` asks for fields of the message by HL7 paths: `MSH-4`, `PID-3.4`, `OBX[1]-5`, `OBR[2]/OBX-3.1`. `when` of a route asks for the event:',
    fields.join('\n'),
    'or for elements of its FHIR resources: `Encounter.class.code`, `Patient.name.family`.',
    GRAMMAR.join('\n'),
    MEANING.join('\n'),
    'Examples:',
    EXAMPLES.map(text => `- \`${text}\``).join('\n'),
  ]
}

const GRAMMAR = [
  '- `NAME = VALUE`, also `!=`, `<`, `<=`, `>`, `>=`',
  '- `NAME in [VALUE, VALUE]`, `NAME not in [VALUE]`',
  '- `NAME matches "PATTERN"`: `*` is any text, `?` one character, the rest as it stands; the pattern is of the whole text',
  '- `NAME exists`',
  '- joined with `and`, `or`, `not` and brackets; `not` binds closest, then `and`, then `or`',
  '- a VALUE is text in double quotes (`\\"` for a quote in it), a number, or one bare word such as `patient.admitted` or `ADT^A01`',
] as const

const MEANING = [
  '- **Several values.** A name stands for all that is there: every segment, repetition, list item and resource of the type. A question holds where it holds for any of them. `PID-3[1].4` asks the first repetition alone.',
  '- **A whole and its parts.** A field with components answers as a whole, `ADT^A01^ADT_A01`, and by its first part: `MSH-4 = "RIV"` holds for `RIV^1.2.3^ISO` too. `PID-3.4.2` names one part.',
  '- **Unequal** is the opposite of equal: `PID-3.4 != "RIV"` holds where none of them is RIV. So is `not in` of `in`.',
  '- **Nothing there** (absent, empty, or deleted by `""`): no question holds, so `!=`, `not in` and `not … exists` do.',
  '- **Text** is compared exactly, case included; `<` and `>` go by the order of characters, so `PV1-44 >= "20240101"` asks for a day.',
  '- **Numbers**: a VALUE without quotes that is a number is compared as one, `5` with `5.0` too; a text that is no number never answers. Digits that begin with 0, or more than 15 of them, are text.',
  '- **Time**: a pattern looks at no character more often than the pattern is long, whatever the text.',
] as const

export const EXAMPLES: readonly string[] = [
  'MSH-4 = "RIV" and not PV1-2 in [P, R]',
  'PV1-3.1 matches "4*" or PV1-3.1 in [ICU, CCU]',
  'OBX-5 > 5.5',
  'event in [patient.admitted, patient.discharged]',
  'event = result.final and Observation.interpretation.coding.code in [HH, LL]',
  'Encounter.class.code = IMP and patient.system = "urn:oid:2.16.840.1.113883.19.5"',
]
