// The table of logs. A new driver is a folder and a row here.
import type { AnyLog, Table } from '../declare/room.ts'
import { embedded } from './embedded/embedded.ts'

export const logs = { embedded } as const satisfies Table<AnyLog>
