// All base mappings as one: `transform: base` in a channel. A tenant extends one of them, or all.
import { adt } from './adt.ts'
import { type Extensible, eitherOf } from './extensible.ts'
import { oru } from './oru.ts'

export { adt, oru }

const base: Extensible = eitherOf(adt, oru)
export default base
