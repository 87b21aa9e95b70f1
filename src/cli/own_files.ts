// For commands that ask a running engine, and do without where none runs: the log and the store of
// the data folder, owned for as long as the question takes.
import { objectSchema } from '../declare/field.ts'
import type { Room } from '../declare/room.ts'
import { compile } from '../declare/schema.ts'
import { present } from '../kit/assert.ts'
import type { Log } from '../model/log.ts'
import type { Store } from '../model/store.ts'
import { openSignals } from '../operate/signals.ts'
import type { Args, World } from './command.ts'
import { foldersOf, readerOf } from './folders.ts'

/**
 * Undefined where there is no log yet: nothing is looked for, and no folder is made by asking.
 * Failure `data_in_use` where an engine has come to own it meanwhile.
 */
export async function withOwnFiles<T>(
  args: Args,
  world: World,
  run: (rooms: { readonly log: Log; readonly store: Store }) => Promise<T>,
): Promise<T | undefined> {
  if (!(await holdsTopics(args, world))) return undefined
  const { data } = foldersOf(args, world)
  const context = { data, signals: openSignals({ level: 'error', format: 'text' }) }
  const { logs, stores } = world.tables
  const log = await openDefault(present(logs.embedded, 'embedded is in the table'), context)
  try {
    const store = await openDefault(present(stores.sqlite, 'sqlite is in the table'), context)
    try {
      return await run({ log, store })
    } finally {
      await store.close()
    }
  } finally {
    await log.close()
  }
}

async function holdsTopics(args: Args, world: World): Promise<boolean> {
  const reader = await readerOf(args, world)
  try {
    return (await reader.partitions()).length > 0
  } finally {
    await reader.close()
  }
}

/** With every setting as it is where nobody sets it. */
function openDefault<C, R>(
  room: Room & { open(config: unknown, context: C): Promise<R> },
  context: C,
): Promise<R> {
  const config = {}
  compile(objectSchema(room.fields)).check(config)
  return room.open(config, context)
}
