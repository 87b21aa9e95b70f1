// For commands that ask the search index: the engine that runs, else the files, with the index read
// up to the end of the log first.
import { systemClock } from '../kit/clock.ts'
import { Failure } from '../model/errors.ts'
import type { Log } from '../model/log.ts'
import type { Search } from '../model/search.ts'
import type { Store } from '../model/store.ts'
import { openSearchIn } from '../operate/search_open.ts'
import { openSignals } from '../operate/signals.ts'
import type { Args, World } from './command.ts'
import { foldersOf } from './folders.ts'
import { askEither } from './people.ts'

export interface SearchedRooms {
  readonly log: Log
  readonly store: Store
  readonly search: Search
}

export interface SearchedQuestion<T> {
  /** As the control socket knows it. */
  readonly command: string
  readonly asked: Readonly<Record<string, string>>
  fromFiles(rooms: SearchedRooms): Promise<T>
}

/** Undefined where there is no log yet. */
export function askSearched<T>(
  { command, asked, fromFiles }: SearchedQuestion<T>,
  args: Args,
  world: World,
): Promise<T | undefined> {
  const { data } = foldersOf(args, world)
  const signals = openSignals({ level: 'error', format: 'text' })
  const engine = { log: { kind: 'embedded', config: {} }, store: { kind: 'sqlite', config: {} } }
  return askEither(
    {
      command,
      asked,
      async fromFiles(rooms) {
        const search = openSearchIn({ tables: world.tables, engine, data, signals })
        try {
          await readOn(search, world)
          return await fromFiles({ ...rooms, search })
        } finally {
          await search.close()
        }
      },
    },
    args,
    world,
  )
}

const TELL_MS = 250

/** Waits until the index has read the log, and says how far it is. */
async function readOn(search: Search, world: World): Promise<void> {
  let done = false
  const caughtUp = search.caughtUp().finally(() => {
    done = true
  })
  const told = (async () => {
    while (!done && !world.signal.aborted) {
      await Promise.race([caughtUp, systemClock.sleep(TELL_MS)])
      const { behind } = await search.progress()
      if (behind > 0) world.progress(`indexing: ${behind} records to go`)
    }
    world.progress('')
  })()
  try {
    await Promise.race([caughtUp, untilAborted(world.signal)])
  } finally {
    done = true
    await told.catch(cause => {
      if (!(cause instanceof Failure)) throw cause
      // Whoever waits for the index is told the same.
    })
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new Failure('search_unavailable', { why: 'interrupted' }))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
