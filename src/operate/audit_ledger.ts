// The ledger as an audit asks for it: of the engine that owns it, or of the files. An audit itself
// reads the log on its own, so that a running engine has no part in its own proof.
import { Failure } from '../model/errors.ts'
import type { LedgerCount, Store } from '../model/store.ts'
import type { AuditOptions } from './audit.ts'

type AuditedStore = Pick<Store, 'unknownIntents' | 'counts'>

export function answerAudit(
  store: AuditedStore,
  { ask, ids = '' }: Readonly<Record<string, string>>,
): Promise<readonly string[] | readonly LedgerCount[]> {
  if (ask === 'unknown') return store.unknownIntents(ids.split(' '))
  if (ask === 'counts') return store.counts()
  throw new Failure('command_unknown', { command: 'audit' })
}

/** The other end: `ask` reaches the engine. */
export function ledgerOver(
  ask: (args: Readonly<Record<string, string>>) => Promise<unknown>,
): AuditOptions['ledger'] {
  return {
    unknownIntents: async ids =>
      (await ask({ ask: 'unknown', ids: ids.join(' ') })) as readonly string[],
    counts: async () => (await ask({ ask: 'counts' })) as readonly LedgerCount[],
  }
}
