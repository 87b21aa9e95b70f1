// The thread that owns all writing of the log. Checkpoints run when the answers have left, so that
// nobody waits for them who need not.
import type { Group } from './active.ts'
import { serve, threadOptions } from './thread.ts'
import { Writer, type WriterOptions } from './writer.ts'

const writer = new Writer(threadOptions<WriterOptions>())

const methods = {
  open: () => writer.open(),
  /** The memory comes back with the answer: it is the tail that readers are served from. */
  append(group: Group) {
    const appended = writer.append(group)
    return { ...appended, memory: group.memory, moved: [group.memory] }
  },
  createTopic: writer.createTopic.bind(writer),
  assign: writer.assign.bind(writer),
  commit: writer.commit.bind(writer),
  removeGroup: writer.removeGroup.bind(writer),
  sealIfDue: () => writer.sealIfDue(),
  copyGroups: writer.copyGroups.bind(writer),
  linkSegments: writer.linkSegments.bind(writer),
  drop: writer.drop.bind(writer),
  close: () => writer.close(),
}

export type WriterMethods = typeof methods

serve(methods, () => writer.maintain())
