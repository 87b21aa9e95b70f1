// The door for mappings (transforms/): what they may use of the engine, and what `#sdk` is in their
// process. Nothing here opens a connection, reads the clock or comes from a package.

export { type CodeRow, type CodeTable, codes, refuse as refuseTable } from './codecs/code_table.ts'
export type { Contained, Draft, Elements, fhir, ListsOf, Loose } from './codecs/fhir/draft.ts'
export { readClock, readTime } from './codecs/hl7v2/datetime.ts'
export { type Editor, edit, newMessage, type SetValue } from './codecs/hl7v2/edit.ts'
export {
  anyOf,
  defineMapping,
  type Mapping,
  type MappingContext,
  messageType,
} from './codecs/hl7v2/mapping.ts'
export {
  type Message,
  type Presence,
  readMessage,
  type Segment,
  type Value,
} from './codecs/hl7v2/read.ts'
export { assert, present, unreachable } from './kit/assert.ts'
export { derivedId, sha256 } from './kit/ids.ts'
export { nearest } from './kit/nearest.ts'
export { own } from './kit/own.ts'
export { type Code, catalogue, type Facts, Failure, type Outcome } from './model/errors.ts'
export type {
  BusinessId,
  Finding,
  Kind,
  MappedEvent,
  MappingFacts,
  Resource,
} from './model/event.ts'
