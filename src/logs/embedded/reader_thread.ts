// The thread that reads segments, so that no disk holds up the main loop. Blocks are handed over,
// not copied; they are unpacked where they are used.
import { Reader, type ReadRequest } from './reader.ts'
import { serve, threadOptions } from './thread.ts'

const reader = new Reader(threadOptions<{ readonly folder: string }>().folder)

const methods = {
  read(request: ReadRequest) {
    const blocks = reader.read(request)
    return { blocks, moved: blocks.map(block => block.bytes.buffer as ArrayBuffer) }
  },
  partitions: () => reader.partitions(),
  offsetOfTime: reader.offsetOfTime.bind(reader),
  offsetOfBytes: reader.offsetOfBytes.bind(reader),
  weigh: reader.weigh.bind(reader),
  groups: () => reader.groups(),
  refresh: () => reader.refresh(),
  close: () => reader.close(),
}

export type ReaderMethods = typeof methods

serve(methods)
