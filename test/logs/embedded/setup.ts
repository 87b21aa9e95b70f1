// A data folder of its own for each test of the embedded log, and the log's configuration as the
// room declares it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Config } from '../../../src/declare/field.ts'
import { embedded } from '../../../src/logs/embedded/embedded.ts'
import type { Facts } from '../../../src/model/errors.ts'
import type { Log } from '../../../src/model/log.ts'
import type { Signals } from '../../../src/model/signals.ts'

export type EmbeddedConfig = Config<typeof embedded.fields>

/** The declared defaults. */
export function config(change: Partial<EmbeddedConfig> = {}): EmbeddedConfig {
  const defaults = Object.entries(embedded.fields).map(([name, field]) => [
    name,
    field.schema.default,
  ])
  return { ...Object.fromEntries(defaults), ...change }
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'firth_test_log_'))
}

const opened = new Map<string, Log[]>()

/**
 * A folder that goes with the test, after the logs in it were closed; `release` is what goes last.
 */
export function folderOf(t: TestContext, release = (_data: string): void => {}): string {
  const data = folder()
  opened.set(data, [])
  t.after(async () => {
    for (const log of opened.get(data) ?? []) await log.close()
    release(data)
    rmSync(data, { recursive: true, force: true })
  })
  return data
}

export interface Said {
  readonly level: string
  readonly what: string
  readonly facts: Facts
}

/** Signals that are kept. */
export function listening(): Signals & { readonly said: Said[] } {
  const said: Said[] = []
  return {
    said,
    say: (level, what, facts = {}) => void said.push({ level, what, facts }),
    count() {},
  }
}

export function openLog(
  data: string,
  change: Partial<EmbeddedConfig> = {},
  signals: Signals = listening(),
): Promise<Log> {
  return embedded.open(config(change), { data, signals })
}

/** A log in a test's own folder: closed at the end of the test, also where that fails. */
export async function logOf(
  data: string,
  change: Partial<EmbeddedConfig> = {},
  signals: Signals = listening(),
): Promise<Log> {
  const log = await openLog(data, change, signals)
  opened.get(data)?.push(log)
  return log
}
