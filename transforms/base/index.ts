// All base mappings as one: `transform: base` in a channel.
import { anyOf } from '#sdk'
import { adt } from './adt.ts'
import { oru } from './oru.ts'

export { adt, oru }
export default anyOf(adt, oru)
