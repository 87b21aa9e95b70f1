// A question that crossed the control socket as JSON. Whoever asks may be of another version, or no
// Firth at all, and must not end the engine by what it sends: it is told `command_unknown`.
import { Failure } from '../model/errors.ts'

/** The object in a text, every group of it that is named being an object too. */
export function askedObject(text: string, command: string, ...groups: readonly string[]): object {
  const value = parsed(text, command)
  const held = value as Readonly<Record<string, unknown>>
  if (!isObject(value) || groups.some(name => !isObject(held[name])))
    throw new Failure('command_unknown', { command })
  return value
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(text: string, command: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without its cause, whose message quotes the text: a person may have asked for a patient.
    throw new Failure('command_unknown', { command })
  }
}
