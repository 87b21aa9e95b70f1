// Stations 1 and 2 in memory: the real station 1, and an append that a test may delay or fail.
import { systemClock } from '../../src/kit/clock.ts'
import { systemRandom } from '../../src/kit/random.ts'
import { limits } from '../../src/model/limits.ts'
import type { Arrival, Received, Refused, Stored } from '../../src/model/message.ts'
import type { Intake } from '../../src/model/rooms.ts'
import { receive } from '../../src/path/1_receive.ts'

export class MemoryIntake implements Intake {
  readonly stored: Received[] = []
  readonly refused: Refused[] = []
  /** Runs in the place of the disk: may wait, may throw. */
  disk: (received: Received) => Promise<void> | void = () => {}
  /** The same for dead letters. */
  dead: (refused: Refused) => Promise<void> | void = () => {}

  receive(arrival: Arrival): Received | Refused {
    const record_bytes_max = limits.record_bytes_max
    return receive(arrival, { clock: systemClock, random: systemRandom, record_bytes_max })
  }

  async append(received: Received): Promise<Stored> {
    await this.disk(received)
    this.stored.push(received)
    return { position: { topic: 'raw.test.memory', partition: 0, offset: this.stored.length - 1 } }
  }

  async refuse(refused: Refused): Promise<void> {
    await this.dead(refused)
    this.refused.push(refused)
  }

  get bytes(): Buffer[] {
    return this.stored.map(received => received.bytes)
  }

  get ids(): string[] {
    return this.stored.map(received => received.control_id)
  }

  get codes(): string[] {
    return this.refused.map(refused => refused.code)
  }
}
