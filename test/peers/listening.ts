// The real listener on a real port before stations in memory, for tests of its behaviour.
import { after } from 'node:test'
import type { Signals } from '../../src/model/signals.ts'
import { ByteBudget, type MllpListenerLimits } from '../../src/wire/mllp_limits.ts'
import { listenMllp, type MllpServer, type MllpServerOptions } from '../../src/wire/mllp_server.ts'
import { MemoryIntake } from './memory_intake.ts'

export interface Listening extends MllpServer {
  readonly intake: MemoryIntake
  readonly said: string[]
}

const servers: MllpServer[] = []
after(() => Promise.all(servers.map(server => server.drain())))

/** Stopped by itself when the tests of the file are over. */
export async function listen(
  limits: Partial<MllpListenerLimits> = {},
  more: Partial<MllpServerOptions> = {},
): Promise<Listening> {
  const intake = new MemoryIntake()
  const said: string[] = []
  const signals: Signals = {
    say: (_level, what, facts) => void said.push(`${what} ${facts?.why ?? ''}`.trim()),
    count: () => {},
  }
  const options = { linger_ms_max: 200, ...limits }
  const server = await listenMllp({
    host: '127.0.0.1',
    port: 0,
    intake,
    signals,
    limits: options,
    unanswered: new ByteBudget(100_000_000),
    unfinished: new ByteBudget(100_000_000),
    ...more,
  })
  servers.push(server)
  return Object.assign(server, { intake, said })
}
