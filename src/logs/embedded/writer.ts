// The owner of all writing, in a thread of its own (writer_thread.ts): appends, topics, segments,
// groups. After any failure a file is closed and opened again before the next write, so nothing is
// built on a connection that has failed; the next call is the probe. Every method throws a Failure
// (`log_…`) where the disk does not do its part.
import { join } from 'node:path'
import { systemClock } from '../../kit/clock.ts'
import { systemDisk } from '../../kit/disk.ts'
import { failpoint } from '../../kit/failpoint.ts'
import { type Facts, Failure } from '../../model/errors.ts'
import { ActiveSegment, type Appended, type Group } from './active.ts'
import { faultOf, withFaults } from './faults.ts'
import { type Assignment, type Commit, clampGroups, GROUPS_FILE, GroupTable } from './groups.ts'
import { type PartitionEnd, type Remark, tidy } from './recover.ts'
import { addSegment, replacedAmong, segmentsAmong, type TopicRow } from './segment.ts'

export interface WriterOptions {
  /** `<data>/log`. */
  readonly folder: string
  readonly segment_bytes_max: number
  readonly segment_age_ms_max: number
}

export interface Opened {
  readonly ends: readonly PartitionEnd[]
  readonly remarks: readonly Remark[]
}

export interface Assigning {
  readonly group: string
  readonly topics: readonly string[]
  readonly start: 'earliest' | 'latest'
}

export class Writer {
  #active: ActiveSegment | undefined
  #groups: GroupTable | undefined
  readonly #options: WriterOptions

  constructor(options: WriterOptions) {
    this.#options = options
  }

  open(): Opened {
    const { folder } = this.#options
    return withFaults({ folder }, () => {
      systemDisk.makeFolder(folder)
      const remarks = [...tidy(folder)]
      const ends = this.#onLog(active => {
        remarks.push(...active.damage())
        return [...active.ends.values()]
      })
      remarks.push(...this.#onGroups(groups => clampGroups(groups, ends)))
      systemDisk.syncFolder(folder)
      return { ends, remarks }
    })
  }

  append(group: Group): Appended {
    return this.#onLog(active => active.append(group, systemClock.now()))
  }

  /** Makes the topic where it is missing; answers its partitions. */
  createTopic(wanted: {
    readonly topic: string
    readonly partitions: number
  }): readonly PartitionEnd[] {
    return this.#onLog(active => {
      const { topic, partitions } = wanted
      const of = () => [...active.ends.values()].filter(end => end.topic === topic)
      if (of().length > 0) return of()
      const first = 1 + Math.max(0, ...active.ends.keys())
      const numbers = Array.from({ length: partitions }, (_, partition) => partition)
      active.addTopics(
        numbers.map(partition => ({ id: first + partition, topic, partition, first_offset: 0 })),
      )
      return of()
    })
  }

  assign({ group, topics, start }: Assigning): readonly Assignment[] {
    const ends = this.#onLog(active => [...active.ends.values()])
    const wanted = ends
      .filter(end => topics.includes(end.topic))
      .map(end => ({ ...end, start_offset: start === 'latest' ? end.next_offset : 0 }))
    return this.#onGroups(groups => groups.assign(group, wanted))
  }

  commit(commits: readonly Commit[]): readonly boolean[] {
    return this.#onGroups(groups => groups.commit(commits))
  }

  removeGroup(group: string): void {
    this.#onGroups(groups => groups.remove(group))
  }

  /** Ends the newest segment where it is due, so that an idle log can let go of old records too. */
  sealIfDue(): boolean {
    if (this.#active === undefined || !this.#isDue(this.#active)) return false
    const before = this.#active
    return this.#onLog(active => active !== before)
  }

  /**
   * Removes sealed segments by name, and whatever a rewrite has replaced; readers that have them
   * open read on.
   */
  drop(names: readonly string[]): void {
    const { folder } = this.#options
    withFaults({ folder }, () => {
      const list = systemDisk.list(folder)
      const sealed = segmentsAmong(list).slice(0, -1)
      // The replaced ones first: where only they were left, what they held would be back.
      const gone = sealed.filter(({ name }) => names.includes(name))
      for (const { name } of [...replacedAmong(list), ...gone]) {
        for (const suffix of ['', '-wal', '-shm']) systemDisk.remove(join(folder, name + suffix))
        failpoint('log.dropped')
      }
      systemDisk.syncFolder(folder)
    })
  }

  /** Where every group stands, as a file of the folder. */
  copyGroups(folder: string): void {
    this.#onGroups(groups => groups.copyTo(join(folder, GROUPS_FILE)))
  }

  /**
   * Ends the newest segment and gives every other one a second name in the folder: nobody writes to
   * them any more, and what retention removes lives on there. Answers where each partition ends.
   */
  linkSegments(folder: string): readonly PartitionEnd[] {
    return this.#onLog(active => {
      const ends = [...active.ends.values()]
      const empty = active.next_seq === active.first_seq
      if (!empty) this.#succeed(active)
      const own = this.#options.folder
      const segments = segmentsAmong(systemDisk.list(own))
      for (const { name } of empty ? segments : segments.slice(0, -1)) {
        // A segment without a record is still written to, and small.
        const put = name === active.name && empty ? systemDisk.copy : systemDisk.link
        if (put === systemDisk.copy) active.checkpoint('TRUNCATE')
        // A write-ahead log without a byte is only somebody's who reads.
        const rest = (systemDisk.size(join(own, `${name}-wal`)) ?? 0) > 0 ? [`${name}-wal`] : []
        for (const file of [name, ...rest]) put(join(own, file), { path: join(folder, file) })
      }
      return ends
    })
  }

  /** Work between calls, when their answers are on the way. */
  maintain(): void {
    if (!this.#active?.wantsCheckpoint) return
    try {
      this.#active.checkpoint('PASSIVE')
    } catch (cause) {
      // What was answered is durable in the write-ahead log. The next append opens the file again,
      // must complete this checkpoint first, and rejects with the reason where it cannot.
      this.#active.close()
      this.#active = undefined
      if (faultOf(cause) === undefined) throw cause
    }
  }

  close(): void {
    this.#active?.close()
    this.#groups?.close()
    this.#active = undefined
    this.#groups = undefined
  }

  #onLog<T>(work: (active: ActiveSegment) => T): T {
    try {
      return work(this.#ready())
    } catch (cause) {
      const failed = this.#active
      this.#active = undefined
      failed?.close()
      throw this.#faultOf(cause, failed && { segment: failed.name })
    }
  }

  #onGroups<T>(work: (groups: GroupTable) => T): T {
    try {
      this.#groups ??= new GroupTable(join(this.#options.folder, GROUPS_FILE))
      return work(this.#groups)
    } catch (cause) {
      const failed = this.#groups
      this.#groups = undefined
      failed?.close()
      throw this.#faultOf(cause, { file: GROUPS_FILE })
    }
  }

  /**
   * SQLite calls a file system that has become read-only an I/O error; people look for other
   * remedies.
   */
  #faultOf(cause: unknown, facts: Facts = {}): unknown {
    const failure = faultOf(cause, facts)
    if (failure?.code !== 'log_io_error' || systemDisk.isWritable(this.#options.folder))
      return failure ?? cause
    return new Failure('log_read_only', failure.facts, cause)
  }

  /** The segment to write to: the newest one, or a new one where that is full or old. */
  #ready(): ActiveSegment {
    this.#active ??= this.#openNewest()
    return this.#isDue(this.#active) ? this.#succeed(this.#active) : this.#active
  }

  /** A new segment after one that holds something. */
  #succeed(full: ActiveSegment): ActiveSegment {
    // Where a foreign reader is in the way the rest stays in its write-ahead log: it is read from
    // there, and moved at the next opening.
    full.checkpoint('TRUNCATE')
    this.#begin(full.next_seq, full.topics)
    this.#active = undefined
    full.close()
    failpoint('log.sealed')
    this.#active = this.#openNewest()
    return this.#active
  }

  #isDue({ bytes, created_ms }: ActiveSegment): boolean {
    const { segment_bytes_max, segment_age_ms_max } = this.#options
    if (bytes === 0) return false
    return bytes >= segment_bytes_max || systemClock.now() - created_ms >= segment_age_ms_max
  }

  #openNewest(): ActiveSegment {
    const { folder } = this.#options
    const newest = segmentsAmong(systemDisk.list(folder)).at(-1)
    if (newest !== undefined)
      return withFaults({ segment: newest.name }, () => new ActiveSegment(folder, newest))
    this.#begin(1, [])
    return this.#openNewest()
  }

  #begin(first_seq: number, topics: readonly TopicRow[]): void {
    addSegment(this.#options.folder, { first_seq, topics, created_ms: systemClock.now() })
  }
}
