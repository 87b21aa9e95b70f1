// An engine over toys with something in it, and what tests of backup and restore ask of folders.
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/kit/clock.ts'
import type { BackupRequest } from '../../src/model/backup.ts'
import type { BackupRooms } from '../../src/operate/backup.ts'
import { adt } from '../harness/messages.ts'
import { folder, until } from '../path/rooms.ts'
import { type Running, settled, startToy } from './world.ts'

export const message = (n: number) =>
  adt('A01', { control_id: `C${n}`, patient: n, visit: n, at: '20260105080000+0000', revision: 1 })

export interface Filled extends Running {
  readonly rooms: BackupRooms
  /** A folder for a backup that does not exist yet. */
  place(name: string): string
  request(name: string, change?: Partial<BackupRequest>): BackupRequest
}

/** Messages that have gone the whole way. */
export async function filled(t: TestContext, count = 4): Promise<Filled> {
  const running = await startToy(t)
  const { engine, send, data } = running
  for (let n = 1; n <= count; n++) await send(message(n))
  await until('it is through', () => settled(engine))
  const outside = await folder(t)
  const place = (name: string) => `${outside}/${name}`
  const { log, store } = engine
  return {
    ...running,
    rooms: { log, store, clock: systemClock, data, version: '1.2.3' },
    place,
    request: (name, change = {}) => {
      return { folder: place(name), since: '', by: 'R. Moss', why: 'a test', ...change }
    },
  }
}
