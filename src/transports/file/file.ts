// Puts files into a folder, whole or not at all and never over another file, and compares what
// stands there with what was written (kit/place_file.ts). It judges nothing.
import { fileFields } from '../../declare/file_fields.ts'
import { defineTransport } from '../../declare/room.ts'
import { assert } from '../../kit/assert.ts'
import { compareFile, isPlaced, type Placed, placeFile } from '../../kit/place_file.ts'
import { systemRandom } from '../../kit/random.ts'
import type { Code } from '../../model/errors.ts'
import type { Answer, FileCall } from '../../model/intent.ts'

export const file = defineTransport({
  kind: 'file',
  summary:
    'Puts files into a folder, durable before it says so, whole or not at all, and never over ' +
    'another file.',
  fields: fileFields,
  example: { folder: '/var/spool/registry' },
  open: async ({ folder, mode }) => ({
    async call(call, signal) {
      assert(call.kind === 'file', 'a folder holds files')
      if (signal.aborted) return notSent('target_transient', 'aborted')
      if (!isPlainName(call.name)) return notSent('target_misconfigured', 'name')
      return inTime(carry(call, { folder, mode: Number.parseInt(mode, 8) }), signal)
    },
    // Nothing stays open between two calls.
    close: async () => undefined,
  }),
})

async function carry(
  call: FileCall,
  at: { readonly folder: string; readonly mode: number },
): Promise<Answer> {
  const placed: Placed = { folder: at.folder, name: call.name, bytes: call.bytes }
  try {
    if (!call.changes) return { kind: 'file', found: await compareFile(placed) }
    const unique = `firth_${systemRandom.bytes(12).toString('hex')}`
    return { kind: 'file', found: await placeFile(placed, { mode: at.mode, unique }) }
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    const error = String(cause.code)
    if (isPlaced(cause)) return noAnswer(error)
    return notSent(SETTINGS.has(error) ? 'target_misconfigured' : 'target_down', error)
  }
}

/** What a person has to mend in the settings or the rights; all else is the disk's trouble. */
const SETTINGS = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'])

/** A disk that hangs is not waited for longer than the caller does; what it then does is open. */
async function inTime(work: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const abort = () => resolve(noAnswer('timeout'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** No name leads out of the folder, nor to a hidden file. */
const isPlainName = (name: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not hold them.
  /^[^./\\\0-\x1f][^/\\\0-\x1f]*$/.test(name) && Buffer.byteLength(name) <= 255

const notSent = (code: Code, error: string): Answer => ({
  kind: 'not_sent',
  code,
  facts: { error },
})

const noAnswer = (error: string): Answer => ({
  kind: 'no_answer',
  code: 'target_answer_unknown',
  facts: { error },
})
