// Reading the log of a data folder without owning it: beside a running engine, without one, after a
// crash, and on a disk that cannot be written. For commands, which may wait for a disk.
import { join } from 'node:path'
import type { LogReader } from '../../model/log.ts'
import { unpack } from './codec.ts'
import { Reader } from './reader.ts'

/** Every method rejects with a Failure: `topic_unknown`, or `log_…` where the disk fails. */
export function openEmbeddedReader(data: string): LogReader {
  const reader = new Reader(join(data, 'log'))
  return {
    partitions: async () => reader.partitions(),
    async read(topic, partition, offset, options) {
      const { records_max, bytes_max } = options
      const blocks = reader.read({ topic, partition, offset, records_max, bytes_max })
      return unpack(blocks, { topic, partition }, { records_max, bytes_max, offset })
    },
    offsetOfTime: async (topic, partition, time_ms) =>
      reader.offsetOfTime({ topic, partition, time_ms }),
    groups: async () => reader.groups().map(({ position: _, ...info }) => info),
    close: async () => reader.close(),
  }
}

/** Under this name a thread finds it (`reader_module`). */
export const openReader = openEmbeddedReader
