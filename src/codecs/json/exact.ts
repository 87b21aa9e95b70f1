// JSON whose numbers keep the digits that they were written with: 1.10 stays 1.10. What somebody
// else holds may be sent back to him, and there each digit is said on purpose (FHIR R4 decimal).

/** A number by its text, where a JavaScript number would write it in another way. */
export interface ExactNumber {
  readonly rawJSON: string
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** Of Node 24, which TypeScript does not know yet (tc39: JSON.parse source text access). */
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): ExactNumber
  isRawJSON(value: unknown): value is ExactNumber
}

/** `JSON.stringify` of it writes the same numbers. Throws a SyntaxError for what is no JSON. */
export function readExact(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? json.rawJSON(source)
      : value,
  )
}

export const isExact = (value: unknown): value is ExactNumber => json.isRawJSON(value)

/** Whether both are numbers, and the same one however it is written. */
export function sameNumber(a: unknown, b: unknown): boolean {
  if (isExact(a) && isExact(b) && a.rawJSON === b.rawJSON) return true
  const [left, right] = [numberOf(a), numberOf(b)]
  // Two long numbers may be one for JavaScript and two for their owner.
  const long = isExact(a) && isExact(b) && Number.isInteger(left) && !Number.isSafeInteger(left)
  return left !== undefined && left === right && !long
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isExact(value) ? Number(value.rawJSON) : undefined
}
