// The embedded log's declaration. One process on one machine, SQLite files under <data>/log,
// everything acknowledged is synced to the disk.
import { join } from 'node:path'
import { integer } from '../../declare/field.ts'
import { defineLog } from '../../declare/room.ts'
import { limits } from '../../model/limits.ts'
import { EmbeddedLog } from './embedded_log.ts'
import { openEmbeddedReader } from './offline.ts'
import { takeOwnership } from './owner.ts'
import type { ReaderMethods } from './reader_thread.ts'
import { Thread } from './thread.ts'
import type { WriterMethods } from './writer_thread.ts'

export const embedded = defineLog({
  kind: 'embedded',
  summary:
    'Keeps the log in SQLite files in the data folder. For one process on one machine; what is acknowledged has been synced to the disk.',
  fields: {
    segment_bytes_max: integer({
      doc: 'A new file begins when the newest holds this many bytes of records; retention removes whole files.',
      default: 268_435_456,
      minimum: 65_536,
      maximum: 17_179_869_184,
    }),
    segment_age_ms_max: integer({
      doc: 'A new file begins when the newest is this many milliseconds old.',
      default: 86_400_000,
      minimum: 1_000,
    }),
    waiting_bytes_max: integer({
      doc: 'Appends are refused while more bytes than this wait for the disk.',
      default: limits.log_waiting_bytes_max,
      // Less would refuse a record of the largest size for ever.
      minimum: 2 * limits.record_bytes_max,
      maximum: 536_870_912,
    }),
    tail_bytes_max: integer({
      doc: 'How many bytes of the newest records stay in memory, so that consumers that keep up need no disk.',
      default: 33_554_432,
      minimum: 0,
      maximum: 1_073_741_824,
    }),
  },
  example: {},
  async open(config, { data, signals }) {
    const owner = takeOwnership(data)
    const folder = join(data, 'log')
    const { waiting_bytes_max, tail_bytes_max, segment_bytes_max, segment_age_ms_max } = config
    const writer = new Thread<WriterMethods>(new URL('./writer_thread.ts', import.meta.url), {
      folder,
      segment_bytes_max,
      segment_age_ms_max,
    })
    try {
      const opened = await writer.call('open', undefined)
      for (const { level, what, facts } of opened.remarks) signals.say(level, what, facts)
      const file = new URL('./reader_thread.ts', import.meta.url)
      const reader = new Thread<ReaderMethods>(file, { folder })
      const limits = { waiting_bytes_max, tail_bytes_max }
      return new EmbeddedLog({ owner, writer, reader, opened, signals, folder, ...limits })
    } catch (cause) {
      await writer.end()
      owner.release()
      throw cause
    }
  },
  reader_module: new URL('./offline.ts', import.meta.url).href,
  openReader: async (_config, { data }) => openEmbeddedReader(data),
})
