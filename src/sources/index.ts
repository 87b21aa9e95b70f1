// The table of sources: every way in. Adding one is adding its folder and its line here.
import { mllp } from './mllp/mllp.ts'

export const sources = { mllp } as const
