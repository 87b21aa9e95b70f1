// How far each reader of the log has come, and since when its next record waits.
import { limits } from '../model/limits.ts'
import type { LogReader } from '../model/log.ts'
import type { Unit } from '../path/unit.ts'
import { unreadFrom } from './retention.ts'

export interface GroupLine {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly waiting: number
  /** When the oldest waiting record was appended; undefined where none waits. */
  readonly since_ms: number | undefined
  readonly trouble: string | undefined
}

export async function groupLines(
  log: Pick<LogReader, 'partitions' | 'groups' | 'read'>,
  units: readonly Pick<Unit, 'group' | 'trouble'>[],
): Promise<readonly GroupLine[]> {
  const [partitions, groups] = await Promise.all([log.partitions(), log.groups()])
  const lines: GroupLine[] = []
  for (const group of groups) {
    const info = partitions.find(
      row => row.topic === group.topic && row.partition === group.partition,
    )
    if (info === undefined) continue
    const from = unreadFrom(info, [group])
    const waiting = info.next_offset - from
    const bounds = { records_max: 1, bytes_max: limits.batch_bytes_max }
    const [oldest] = waiting > 0 ? await log.read(info.topic, info.partition, from, bounds) : []
    lines.push({
      group: group.group,
      topic: info.topic,
      partition: info.partition,
      waiting,
      since_ms: oldest?.time_ms,
      trouble: units.find(unit => unit.group === group.group)?.trouble,
    })
  }
  return lines
}
