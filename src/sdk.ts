// The only door for adapters/: what they may use of the engine, beside all that mappings may
// (mapping_sdk.ts). Nothing here opens a connection or reads the clock.

export { elementAt, unknownElement } from './codecs/fhir/elements.ts'
export { controlIdOf, outboundMessage } from './codecs/hl7v2/outbound/message.ts'
export { lintMessage, messageFields } from './codecs/hl7v2/outbound/settings.ts'
// Both doors below have the name; an adapter means the one of messages, as a mapping does.
export type { Presence } from './codecs/hl7v2/read.ts'
export { isExact, readExact, sameNumber } from './codecs/json/exact.ts'
export { guardedPatch, type PatchOperation, testOf } from './codecs/json/patch.ts'
export {
  fillPath,
  fillShape,
  fillText,
  isWayward,
  type Shape,
  shapeOf,
  type TextPlace,
  wholeValue,
} from './codecs/template/fill.ts'
export {
  type Expression,
  expressionsOf,
  filters as templateFilters,
  parseTemplate,
  type Template,
} from './codecs/template/parse.ts'
export {
  fieldOf,
  plainFields,
  type Subject,
  templateFields,
  textOf,
  wholeFields,
} from './codecs/template/values.ts'
export { holds } from './codecs/when/holds.ts'
export { textsBelow } from './codecs/when/names.ts'
export { type NameRule, parseWhen } from './codecs/when/parse.ts'
export { WhenProblem } from './codecs/when/tokens.ts'
export * from './declare/field.ts'
export { fileFields } from './declare/file_fields.ts'
export { filesOfHttp, httpFields, lintHttp } from './declare/http_fields.ts'
export { filesOfMllp, lintMllp, mllpFields } from './declare/mllp_fields.ts'
export { type AdapterRoom, defineAdapter, type RoomFinding } from './declare/room.ts'
export * from './mapping_sdk.ts'
export type { Condition } from './model/condition.ts'
export { resourceTypes } from './model/fhir_types.ts'
export type {
  Answer,
  Call,
  FileCall,
  HttpAnswer,
  HttpCall,
  MllpCall,
  Operation,
  Step,
  StepInput,
  Verdict,
  WriteIntent,
} from './model/intent.ts'
export type { AdapterSteps, Capability, Survey, Surveyed } from './model/rooms.ts'
