// The table of state stores (STYLE.md 8).
import { sqlite } from './sqlite/sqlite.ts'

export const stores = { sqlite } as const
