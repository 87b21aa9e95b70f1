// firth status --watch: the picture again and again in its place, on a screen of its own that
// leaves the terminal as it was. q ends it, s sorts by something else.
import { systemClock } from '../kit/clock.ts'
import { catalogue, Failure } from '../model/errors.ts'
import type { Status } from '../operate/status.ts'
import type { World } from './command.ts'
import { cut } from './fit.ts'
import { type Sort, sorts, statusInWords } from './status_text.ts'

/** The alternate screen without a cursor, and back (xterm's DECSET 1049 and 25). */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
/** To the upper left; then each line clears its own rest, and the last what is below. */
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

const REFRESH_MS = 1_000
/** Of a terminal that does not say how large it is. */
const SIZE = { columns: 80, rows: 24 }

/** The picture that was shown last; undefined where none was. */
export async function watch(ask: () => Promise<Status>, world: World): Promise<Status | undefined> {
  let sort: Sort = 'name'
  let ended = false
  let rest = new AbortController()
  let last: Status | undefined
  const wake = () => rest.abort()
  const forget = world.keys?.(key => {
    if (key === 'q' || key === '\x03') ended = true
    if (key === 's') sort = sorts[(sorts.indexOf(sort) + 1) % sorts.length] ?? 'name'
    wake()
  })
  world.signal.addEventListener('abort', wake)
  world.out(ENTER)
  try {
    while (!ended && !world.signal.aborted) {
      const said = await pictureOf(ask)
      if (typeof said !== 'string') last = said
      world.out(screenOf(said, { sort, world }))
      // What a key asked for meanwhile is shown at once.
      await systemClock.sleep(REFRESH_MS, rest.signal)
      rest = new AbortController()
    }
    return last
  } finally {
    world.out(LEAVE)
    forget?.()
    world.signal.removeEventListener('abort', wake)
  }
}

/** The picture, or why there is none: an engine that is started again is shown again. */
async function pictureOf(ask: () => Promise<Status>): Promise<Status | string> {
  try {
    return await ask()
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    const { message, hint } = catalogue[cause.code]
    return `${message} ${hint}`
  }
}

export function screenOf(
  said: Status | string,
  { sort, world }: { readonly sort: Sort; readonly world: Pick<World, 'colours' | 'size'> },
): string {
  const { columns, rows } = world.size?.() ?? SIZE
  const text =
    typeof said === 'string' ? said : statusInWords(said, { colours: world.colours, columns, sort })
  const foot = cut(
    `q quit   s sort (${sort})   firth dead list, firth queue, firth search`,
    columns,
  )
  const room = Math.max(1, rows - 2)
  const lines = text.split('\n').map(line => cut(line, columns))
  const more = lines.length > room ? [`… ${lines.length - room + 1} more lines`] : []
  const shown = [...lines.slice(0, room - more.length), ...more]
  const filled = [...shown, ...Array.from({ length: room - shown.length }, () => ''), '', foot]
  return `${HOME}${filled.map(line => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`
}
